// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Detectors of any settings, and nodes that beat as they like. */
class HeartbeatsPropertyTest {
    private static final double Y = Normal.y(8);

    /** An interval of any order of magnitude, drawn from one number. */
    private static long interval(long drawn) {
        return Math.floorMod(drawn, 10) == 0 ? 0 : (drawn & Long.MAX_VALUE) >>> (8 + Math.floorMod(drawn, 54));
    }

    @Property(seed = "1")
    @Label("FD-1 phi has the mean and the deviation of the last intervals, whatever came before")
    void phi(
            @ForAll @Size(min = 1, max = 15) List<Long> drawn,
            @ForAll @IntRange(min = 2, max = 8) int window,
            @ForAll @LongRange(min = 1, max = 10_000_000_000L) long floor,
            @ForAll @LongRange(min = 1, max = 1_000_000_000_000L) long first) {
        Arrivals.Phi phi = new Arrivals.Phi(new Arrivals.Phi.Settings(8, Y, floor, 0, first, window));
        List<Long> all = new ArrayList<>(List.of(first - first / 4, first + first / 4));
        for (long each : drawn) {
            phi.learn(interval(each));
            all.add(interval(each));
        }
        check(phi);
        List<Long> last = all.subList(Math.max(0, all.size() - window), all.size());
        double mean = 0;
        for (long each : last) {
            mean += (double) each / last.size();
        }
        double variance = 0;
        for (long each : last) {
            variance += (each - mean) * (each - mean) / last.size();
        }
        assertThat(phi.mean()).isCloseTo(mean, within(1e-9 * mean + 1));
        double deviation = Math.max(floor, Math.sqrt(variance));
        assertThat(phi.deviation()).isCloseTo(deviation, within(1e-4 * deviation));
    }

    @Test
    @DisplayName("FD-1 phi is never NaN, never negative, and does not decrease, after random histories in nanoseconds")
    void histories() {
        SplittableRandom random = new SplittableRandom(20_261_201);
        int histories = Boolean.getBoolean("holdfast.long") ? 10_000_000 : 300_000;
        for (int i = 0; i < histories; i++) {
            long first = 1 + random.nextLong(2_000_000_000L);
            Arrivals.Phi phi = new Arrivals.Phi(new Arrivals.Phi.Settings(
                    8, Y, 1 + random.nextLong(1L << random.nextInt(40)), random.nextInt(1000), first, 5));
            int kind = random.nextInt(3);
            for (int k = random.nextInt(20); k > 0; k--) {
                phi.learn(
                        switch (kind) {
                            case 0 -> 1_000_000_000L + random.nextInt(4);
                            case 1 -> interval(random.nextLong());
                            default -> random.nextInt(3);
                        });
            }
            check(phi);
        }
    }

    private static void check(Arrivals.Phi phi) {
        long due = phi.due();
        double before = 0;
        long[] times = {0, due / 2, Math.max(0, due - 1), due, due == Long.MAX_VALUE ? due : due + 1, Long.MAX_VALUE};
        for (long at : times) {
            double now = phi.suspicion(at);
            // By hand, because there are millions.
            boolean isRight = due >= 0 && now >= 0 && now < Double.MAX_VALUE && now >= before * (1 - 1e-12);
            boolean isAtThreshold = at < due || now >= 8 * (1 - 1e-6);
            if (!isRight || !isAtThreshold) {
                throw new AssertionError(
                        "phi " + now + " at " + at + " of " + due + " (expected: at least " + before + ")");
            }
            before = now;
        }
    }

    @Property(seed = "2")
    @Label("FD-2 FD-5 FD-7 by each rule a node is suspected from its time on, down and up by turns, on any clock")
    void rules(
            @ForAll @Size(min = 1, max = 12) List<@LongRange(min = 0, max = 6_000) Long> silences,
            @ForAll @IntRange(max = 2) int rule,
            @ForAll boolean isNumbered,
            @ForAll long start) {
        ByHand time = new ByHand(start);
        HeartbeatsBuilder<String> builder = Heartbeats.<String>builder("nodes").environment(time);
        switch (rule) {
            case 0 ->
                builder.phi(3, Duration.ofMillis(50))
                        .pause(Duration.ofMillis(200))
                        .window(8);
            case 1 -> builder.deadline(Duration.ofMillis(1_500));
            default -> builder.expectedArrival(Duration.ofSeconds(1), Duration.ofMillis(300), 8);
        }
        Heartbeats<String> beats = builder.build();
        List<Boolean> heard = new ArrayList<>();
        beats.follow((node, isUp, why) -> heard.add(isUp));
        double threshold = rule == 0 ? 3 : 1;
        int number = 0;
        for (long silence : silences) {
            beats.beat("a", 1, isNumbered ? ++number : Long.MIN_VALUE);
            boolean wasUp = heard.isEmpty() || heard.get(heard.size() - 1);
            boolean isTrusted = wasUp && !beats.isSuspected("a");
            time.advance(silence * 1_000_000);
            boolean isDown = !heard.isEmpty() && !heard.get(heard.size() - 1);
            double suspicion = beats.suspicion("a");
            boolean isRight = suspicion >= 0 && (isDown ? suspicion >= threshold * (1 - 1e-9) : suspicion <= threshold);
            // By hand, because there are many.
            if (!isTrusted || !isRight || beats.isSuspected("a") != isDown) {
                throw new AssertionError("suspicion " + suspicion + " after " + silence + ", told " + heard);
            }
        }
        for (int i = 0; i < heard.size(); i++) {
            assertThat(heard.get(i)).isEqualTo(i % 2 == 1);
        }
        beats.close();
        assertThat(time.pendingTimers()).isZero();
    }
}
