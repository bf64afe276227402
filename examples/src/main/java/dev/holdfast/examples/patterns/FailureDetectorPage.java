// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Readiness;
import dev.holdfast.health.Healing;
import dev.holdfast.health.Heartbeats;
import dev.holdfast.health.Probes;
import java.time.Duration;
import java.util.List;

/** Every Java block of the page on failure detectors. */
final class FailureDetectorPage {
    private final Node berlin;
    private final Node paris;

    /** One of several that do the same. */
    interface Node {
        /** Answers, or throws. */
        void ping();
    }

    /** Restarts nodes. */
    interface Cluster {
        /** Restarts one. */
        void restart(Node node);
    }

    FailureDetectorPage(Node berlin, Node paris) {
        this.berlin = berlin;
        this.paris = paris;
    }

    boolean heartbeats() {
        // tag: failure-detector-heartbeats
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes").build();

        beats.beat("berlin"); // whenever one arrives
        boolean isDown = beats.isSuspected("berlin");
        // end
        beats.close();
        return isDown;
    }

    Probes<Node> probes() {
        // tag: failure-detector-probes
        Probes<Node> probes =
                Probes.<Node>builder("stock").check(Node::ping).start(List.of(berlin, paris)); // down if it throws

        Readiness.State state = probes.state(berlin); // UP, DOWN, or UNKNOWN before its first answer
        // end
        System.Logger.Level level =
                state == Readiness.State.DOWN ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG;
        System.getLogger("page").log(level, state);
        return probes;
    }

    static Healing<Node> healing(Probes<Node> probes, Cluster cluster) {
        // tag: failure-detector-healing
        Healing<Node> healing = Healing.<Node>builder("stock")
                .downFor(Duration.ofMinutes(1))
                .heal(node -> cluster.restart(node))
                .follow(probes);
        // end
        return healing;
    }
}
