// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.LONG;
import static dev.holdfast.bulkhead.Testing.assertIdle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What partitions get while all of them always have calls that wait. */
class FairnessTest {
    private static final double ROUNDING = 1e-6;

    /** A bulkhead in whose lines there are always calls that wait, and calls under way that end when they are told to. */
    private static final class Busy {
        final VirtualTime time = VirtualTime.create();
        final Bulkhead whole;
        final double[] shares;
        final int[] served;
        final int[] inFlight;
        final boolean[] idle;
        final List<Bulkhead> lines = new ArrayList<>();
        /** Calls under way, in the order in which they were let in. */
        final List<Running> running = new ArrayList<>();

        private record Running(int line, CompletableFuture<Object> stage) {}

        /** The last share is what is left for the bulkhead itself, if that is more than nothing. */
        Busy(int limit, double... shares) {
            BulkheadBuilder builder = Bulkhead.builder("b")
                    .environment(time)
                    .limit(limit)
                    .queue(limit + 2)
                    .waitUpTo(LONG.multipliedBy(10_000));
            for (int i = 0; i < shares.length; i++) {
                builder.partition("p" + i, shares[i]);
            }
            whole = builder.build();
            double rest = builder.restShare();
            for (int i = 0; i < shares.length; i++) {
                lines.add(whole.partition("p" + i));
            }
            if (rest > ROUNDING) {
                lines.add(whole);
                this.shares = Arrays.copyOf(shares, shares.length + 1);
                this.shares[shares.length] = rest;
            } else {
                this.shares = shares;
            }
            served = new int[lines.size()];
            inFlight = new int[lines.size()];
            idle = new boolean[lines.size()];
        }

        void fill() {
            for (int i = 0; i < lines.size(); i++) {
                while (!idle[i] && waiting(i) < 3) {
                    call(i);
                }
            }
            settle();
        }

        private int waiting(int line) {
            int all = lines.get(line).report().waiting();
            return lines.get(line) == whole
                    ? all
                            - lines.stream()
                                    .filter(each -> each != whole)
                                    .mapToInt(each -> each.report().waiting())
                                    .sum()
                    : all;
        }

        private void call(int line) {
            lines.get(line).callAsync(() -> {
                Running call = new Running(line, new CompletableFuture<>());
                synchronized (running) {
                    served[line]++;
                    inFlight[line]++;
                    running.add(call);
                }
                return call.stage();
            });
        }

        /** Waits until the work of all that were let in has begun, on whichever thread. */
        private void settle() {
            Testing.until("begun", () -> {
                time.advance(Duration.ZERO);
                synchronized (running) {
                    return running.size() == whole.report().inFlight();
                }
            });
        }

        void end(int which) {
            Running call = running.remove(which);
            inFlight[call.line()]--;
            call.stage().complete("done");
            settle();
            fill();
        }

        /** Goes on until all that was let in while others did not wait yet has ended. */
        void begin() {
            fill();
            List<Running> early = new ArrayList<>(running);
            while (running.stream().anyMatch(early::contains)) {
                end(0);
            }
            Arrays.fill(served, 0);
        }

        @Override
        public String toString() {
            return Arrays.toString(shares) + " of " + whole;
        }

        double owed(int line) {
            return shares[line] * whole.report().limit();
        }

        void assertInFlightToOnePermit() {
            for (int i = 0; i < shares.length; i++) {
                assertThat((double) inFlight[i])
                        .as("in flight of %s, with shares %s of %s", i, Arrays.toString(shares), whole)
                        .isBetween(Math.floor(owed(i) + ROUNDING), Math.ceil(owed(i) - ROUNDING));
            }
        }
    }

    /** How far a line is from its share of all calls since the beginning, in calls: the most and the least that was seen. */
    private static final class Deviation {
        private final Busy busy;
        private final double[] most;
        private final double[] least;

        Deviation(Busy busy) {
            this.busy = busy;
            this.most = new double[busy.shares.length];
            this.least = new double[busy.shares.length];
        }

        /** Of any stretch, for a stretch is the difference of two that begin at the beginning. */
        void look() {
            int all = Arrays.stream(busy.served).sum();
            for (int i = 0; i < most.length; i++) {
                double now = busy.served[i] - busy.shares[i] * all;
                most[i] = Math.max(most[i], now);
                least[i] = Math.min(least[i], now);
                assertThat(most[i] - least[i])
                        .as(
                                "line %s of %s, shares %s, %s",
                                i, Arrays.toString(busy.served), Arrays.toString(busy.shares), busy.whole)
                        .isLessThan(2 + (busy.whole.report().limit() == 1 ? 0 : busy.owed(i)));
            }
        }
    }

    private static double[] randomShares(SplittableRandom random) {
        double[] shares = new double[1 + random.nextInt(8)];
        double sum = 0;
        for (int i = 0; i < shares.length; i++) {
            shares[i] = Math.pow(random.nextDouble(), 3) + 0.002;
            sum += shares[i];
        }
        double all = random.nextBoolean() ? sum : sum * (1 + random.nextDouble());
        for (int i = 0; i < shares.length; i++) {
            shares[i] /= all * (1 + 1e-12);
        }
        return shares;
    }

    private static void equallyLong(Busy busy, int calls) {
        busy.begin();
        Deviation deviation = new Deviation(busy);
        for (int i = 0; i < calls; i++) {
            busy.end(0);
            busy.assertInFlightToOnePermit();
            deviation.look();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 12, 40})
    @DisplayName(
            "BH-9 while all wait for calls of equal length, each has its share to one permit, and over any stretch to one round")
    void equallyLong(int limit) {
        SplittableRandom random = new SplittableRandom(limit);
        for (int round = 0; round < 6; round++) {
            equallyLong(new Busy(limit, randomShares(random)), 200);
        }
    }

    static Stream<Busy> knownHard() {
        double[] oneAndTenSmall = new double[11];
        Arrays.fill(oneAndTenSmall, 0.01);
        oneAndTenSmall[10] = 0.9;
        return Stream.of(
                new Busy(1, 0.1, 0.9),
                new Busy(1, 0.7),
                new Busy(2, 1 / 3.0, 1 / 3.0, 1 / 3.0),
                new Busy(2, 0.2, 0.2, 0.2, 0.2, 0.2),
                new Busy(3, 0.25, 0.25, 0.25, 0.25),
                new Busy(4, 0.8, 0.15, 0.05),
                new Busy(10, 0.7, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05),
                new Busy(10, 0.7, 0.3),
                new Busy(12, oneAndTenSmall),
                new Busy(100, 0.29, 0.71));
    }

    @ParameterizedTest
    @MethodSource("knownHard")
    @DisplayName(
            "BH-9 shares of less than a permit, and more partitions than permits: nobody starves, whatever the order of declaration")
    void knownHard(Busy busy) {
        equallyLong(busy, 600);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 12, 40})
    @DisplayName("BH-9 while all wait, however long calls take, each has its share in flight to one permit")
    void differentlyLong(int limit) {
        SplittableRandom random = new SplittableRandom(limit);
        for (int round = 0; round < 6; round++) {
            Busy busy = new Busy(limit, randomShares(random));
            busy.begin();
            for (int i = 0; i < 200; i++) {
                int which = random.nextInt(busy.running.size());
                // Those of the first line take ten times as long.
                which = busy.running.get(which).line() == 0 && random.nextInt(10) > 0
                        ? random.nextInt(busy.running.size())
                        : which;
                busy.end(which);
                busy.assertInFlightToOnePermit();
            }
        }
    }

    @Test
    @DisplayName("BH-9 long calls of one partition are not held against it, or against others, for longer than a round")
    void longCallsAreForgotten() {
        Busy busy = new Busy(10, 0.5, 0.5);
        busy.begin();
        for (int i = 0; i < 500; i++) {
            int which = 0;
            while (busy.running.get(which).line() == 0) {
                which++;
            }
            busy.end(which);
        }
        busy.whole.reconfigure(settings -> settings.limit(1));
        while (busy.running.size() > 1) {
            busy.running.remove(0).stage().complete("done");
            busy.settle();
        }
        busy.fill();
        Arrays.fill(busy.served, 0);
        for (int i = 0; i < 30; i++) {
            busy.end(0);
        }
        assertThat(busy.served[0]).as("the long one's, of 30").isBetween(14, 23);
    }

    @Test
    @DisplayName("BH-9 a limit that has shrunk to 1 and grows again: what is owed follows it")
    void limitsThatMove() {
        Busy busy = new Busy(10, 0.1, 0.9);
        busy.begin();
        for (int limit : new int[] {1, 7, 1, 20, 2}) {
            busy.whole.reconfigure(settings -> settings.limit(limit).queue(limit + 2));
            busy.settle();
            while (busy.running.size() > limit) {
                busy.running.remove(0).stage().complete("done");
                busy.settle();
            }
            Arrays.fill(busy.inFlight, 0);
            busy.running.forEach(call -> busy.inFlight[call.line()]++);
            equallyLong(busy, 200);
        }
    }

    @Test
    @DisplayName(
            "BH-9 what a partition does not use is lent, in the proportion of the others' shares, and it saves nothing up")
    void lending() {
        Busy busy = new Busy(1, 0.5, 0.3, 0.2);
        busy.idle[0] = true;
        busy.begin();
        for (int i = 0; i < 1000; i++) {
            busy.end(0);
        }
        assertThat(busy.served[1]).isBetween(598, 602);
        busy.idle[0] = false;
        busy.fill();
        equallyLong(busy, 600);
    }

    @Test
    @DisplayName(
            "BH-9 who borrowed from those who were away pays nothing back to those who come: from then on each has its share")
    void alone() {
        Busy busy = new Busy(2, 0.1, 0.9);
        busy.idle[1] = true;
        busy.begin();
        for (int i = 0; i < 1000; i++) {
            busy.end(0);
        }
        busy.idle[1] = false;
        busy.fill();
        equallyLong(busy, 600);
    }

    @ParameterizedTest
    @CsvSource({"1, 0.2, 0.8", "10, 0.3, 0.7"})
    @DisplayName("BH-9 with real threads that always ask: nobody starves, and shares are about right")
    void realThreads(int limit, double small, double large) {
        Bulkhead bulkhead = Bulkhead.builder("threads")
                .limit(limit)
                .queue(100)
                .waitUpTo(LONG)
                .partition("small", small)
                .partition("large", large)
                .build();
        List<Bulkhead> partitions = List.of(bulkhead.partition("small"), bulkhead.partition("large"));
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger permitsOfSmall = new AtomicInteger();
        List<CompletableFuture<Object>> callers = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            Bulkhead through = partitions.get(i % 2);
            callers.add(Testing.inThread(() -> {
                while (ended.get() < 2000) {
                    through.run(() -> {
                        // However slow the machine: no call ends before there is somebody to choose from.
                        while (ended.get() < 2000
                                && partitions.stream()
                                        .anyMatch(each -> each.report().waiting() == 0)) {
                            Thread.yield();
                        }
                        permitsOfSmall.addAndGet(partitions.get(0).report().inFlight());
                        ended.incrementAndGet();
                    });
                }
                return null;
            }));
        }
        callers.forEach(CompletableFuture::join);
        // Of the permits, not of the calls: with several at once, whose calls are quicker is up to the machine.
        double ofSmall = permitsOfSmall.get() / (double) ended.get() / limit;
        assertThat(ofSmall).isBetween(small / 2, Math.min(0.5, small * 2));
        assertIdle(bulkhead);
    }
}
