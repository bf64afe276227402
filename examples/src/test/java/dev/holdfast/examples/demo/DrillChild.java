// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A client in a process of its own: one that can be stopped as a whole, or whose wall clock can be moved. */
final class DrillChild {
    static final String RUNNING = "running";
    static final String PASSED = "passed";

    private DrillChild() {}

    /**
     * Runs a drill, and ends with a stack trace where something does not hold.
     *
     * @param args {@code calls} and the service's address, or {@code clock} and the file that moves the wall clock
     */
    public static void main(String[] args) throws Exception {
        if (args[0].equals("calls")) {
            calls(URI.create(args[1]));
        } else {
            clock(Path.of(args[1]));
        }
        System.out.println(PASSED);
    }

    /** For each line that comes in, tells when calls have been answered; until there is none. */
    private static void calls(URI server) throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
        try (DrillCallers callers = new DrillCallers(server)) {
            for (String order = orders.readLine(); order != null; order = orders.readLine()) {
                callers.awaitState(State.CLOSED);
                callers.awaitAnswers(30);
                System.out.println(RUNNING);
            }
            callers.stopAndCheck();
        }
    }

    private static void clock(Path file) throws Exception {
        for (long seconds : new long[] {3600, 0, -3600}) {
            staysOpenForItsWait(file, seconds);
            grantsNothingExtra(file, seconds - 1);
            endsWorkInTime(file, seconds + 1);
            waitsBetweenAttempts(file, seconds - 2);
        }
    }

    private static void staysOpenForItsWait(Path file, long seconds) throws IOException {
        Duration wait = Duration.ofSeconds(1);
        CircuitBreaker breaker = CircuitBreaker.builder("clock").openFor(wait).build();
        long start = System.nanoTime();
        breaker.transitionTo(State.OPEN);
        long opened = System.nanoTime();
        jump(file, seconds);
        boolean refused;
        try {
            breaker.run(() -> {});
            refused = false;
        } catch (CircuitOpenException open) {
            refused = true;
        }
        assertThat(refused || System.nanoTime() - start >= wait.toNanos())
                .as("CB-5: let in too early")
                .isTrue();
        DrillCallers.until("the wait is over", () -> System.nanoTime() - opened >= wait.toNanos());
        breaker.run(() -> {});
    }

    private static void grantsNothingExtra(Path file, long seconds) throws IOException {
        Duration period = Duration.ofSeconds(1);
        RateLimiter limiter =
                RateLimiter.builder("clock").limit(1, period).burst(1).build();
        long start = System.nanoTime();
        limiter.run(() -> {});
        long granted = System.nanoTime();
        jump(file, seconds);
        boolean again = limiter.available() > 0;
        assertThat(!again || System.nanoTime() - start >= period.toNanos())
                .as("RL-6: granted too early")
                .isTrue();
        DrillCallers.until("the next permit is there", () -> System.nanoTime() - granted >= period.toNanos());
        limiter.run(() -> {});
    }

    private static void endsWorkInTime(Path file, long seconds) {
        Duration limit = Duration.ofMillis(200);
        Timeout timeout = Timeout.of("clock", limit);
        long start = System.nanoTime();
        assertThatThrownBy(() -> timeout.callChecked(() -> {
                    jump(file, seconds);
                    return new CountDownLatch(1).await(60, TimeUnit.SECONDS);
                }))
                .isInstanceOf(TimeoutExceededException.class);
        assertThat(System.nanoTime() - start).as("TO-6").isBetween(limit.toNanos(), TimeUnit.SECONDS.toNanos(50));
        assertThat(Thread.interrupted()).as("TO-2").isFalse();
        Timeout shorterThanTheJump = Timeout.of("clock", Duration.ofMinutes(10));
        assertThatCode(() -> shorterThanTheJump.runChecked(() -> jump(file, -seconds)))
                .doesNotThrowAnyException();
    }

    private static void waitsBetweenAttempts(Path file, long seconds) throws IOException {
        Duration delay = Duration.ofMillis(200);
        Retry<Object> retry = Retry.builder("clock")
                .maxAttempts(2)
                .backoff(Backoff.fixed(delay))
                .build();
        AtomicInteger attempts = new AtomicInteger();
        long start = System.nanoTime();
        retry.runChecked(() -> {
            if (attempts.incrementAndGet() == 1) {
                jump(file, seconds);
                throw new IOException("on purpose");
            }
        });
        assertThat(System.nanoTime() - start).as("RT-2").isBetween(delay.toNanos(), TimeUnit.SECONDS.toNanos(50));
    }

    /** Moves the wall clock, and only that one, to so many seconds from where it really is. */
    private static void jump(Path file, long seconds) throws IOException {
        long wall = System.currentTimeMillis();
        long monotonic = System.nanoTime();
        long before = Long.parseLong(Files.readString(file).strip());
        Files.writeString(file, String.format("%+d%n", seconds));
        long moved = System.currentTimeMillis() - wall;
        assertThat(moved)
                .as("jump of the wall clock in ms")
                .isBetween((seconds - before) * 1000 - 1, (seconds - before) * 1000 + 60_000);
        assertThat(System.nanoTime() - monotonic).as("monotonic").isBetween(0L, TimeUnit.SECONDS.toNanos(60));
    }
}
