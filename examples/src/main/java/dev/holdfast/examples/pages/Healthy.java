// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Readiness;
import dev.holdfast.Readiness.Condition;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.health.Health;
import dev.holdfast.health.HealthServer;
import dev.holdfast.health.LiveCheck;
import dev.holdfast.health.Progress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Every Java block of the page on health. */
final class Healthy {
    /** A disk. */
    interface Disk {
        /** In bytes. */
        long free();
    }

    private Healthy() {}

    static HealthServer served(CircuitBreaker inventory, CircuitBreaker prices, Readiness cache) {
        // tag: health-smallest
        Progress worker = Progress.within(Duration.ofMinutes(1)); // its loop calls mark(), and idle() to wait
        Health health = Health.builder("shop")
                .live("worker", worker)
                .live("deadlock", LiveCheck.noDeadlock())
                .started("cache", cache)
                .ready("inventory", inventory) // a breaker
                .readyOptional("prices", prices) // shown, and decides nothing
                .build();
        HealthServer server = HealthServer.start(health, 8081);
        // end
        return server;
    }

    static Health ofDisk(Disk disk) {
        // tag: health-own
        Readiness hasRoom = () -> disk.free() > 1_000_000_000
                ? Condition.UP
                : new Condition(Readiness.State.DOWN, disk.free() + " bytes free");
        Health health = Health.builder("shop").ready("disk", hasRoom).build();
        // end
        return health;
    }

    static HealthServer atPod(Health health, InetAddress podAddress) {
        // tag: health-pod
        HealthServer server = HealthServer.start(health, new InetSocketAddress(podAddress, 8081));
        // end
        return server;
    }
}
