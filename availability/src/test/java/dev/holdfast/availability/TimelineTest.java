// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TimelineTest {
    private static final long SECOND = 1_000_000_000L;

    private static Duration seconds(long value) {
        return Duration.ofSeconds(value);
    }

    private static void call(Timeline timeline, long at, boolean good) {
        slice(timeline, at * SECOND, at * SECOND, good ? 1 : 0, good ? 0 : 1, true);
    }

    private static @Nullable Outage slice(Timeline timeline, long from, long to, long good, long bad, boolean asked) {
        return timeline.slice(from, to, new Evidence(good, 0, bad, asked ? good + bad + 1 : 0), 0);
    }

    private static AvailabilityReport report(Timeline timeline, long good, long bad) {
        return new AvailabilityReport(timeline, new Evidence(good, 0, bad, good + bad), List.of());
    }

    @Test
    @DisplayName("AV-4 AV-7 the outages of a trace of 61 calls, and all that is made of them")
    void trace() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        Set<Long> failing = Set.of(110L, 120L, 130L, 140L, 160L, 300L, 410L, 420L, 430L);
        for (long at = 0; at <= 600; at += 10) {
            call(timeline, at, !failing.contains(at));
        }
        AvailabilityReport report = report(timeline, 52, 9);
        assertThat(report.lastOutages())
                .containsExactly(
                        new Outage(seconds(110), seconds(130), Optional.of(seconds(170)), Optional.of(seconds(180))),
                        new Outage(seconds(410), seconds(430), Optional.of(seconds(440)), Optional.of(seconds(450))));
        assertThat(report.lastOutages().get(0).length()).contains(seconds(60));
        assertThat(report.down()).isEqualTo(seconds(90));
        assertThat(report.up()).isEqualTo(seconds(510));
        assertThat(report.unobserved()).isZero();
        assertThat(report.meanTimeToRepair()).contains(seconds(45));
        assertThat(report.meanTimeToFail()).contains(seconds(255));
        assertThat(report.meanTimeBetweenFailures()).contains(seconds(300));
        assertThat(report.meanTimeToDetect()).contains(seconds(20));
        assertThat(report.byTime()).hasValue(0.85);
        assertThat(report.byCalls().orElseThrow()).isCloseTo(0.852459, within(1e-6));
        Interval bounds = report.meanTimeToFailBounds(0.9);
        assertThat(bounds.low()).isCloseTo(81.006, within(5e-4));
        assertThat(bounds.high()).isCloseTo(1435.158, within(5e-4));
        assertThat(report.isDown()).isFalse();
    }

    @Test
    @DisplayName("AV-7 time beyond the cutoff is unobserved, and in neither")
    void userUptime() {
        Timeline timeline = new Timeline(1, 1, 100 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        for (long at : new long[] {0, 10, 20, 30, 40, 50, 60, 1000}) {
            call(timeline, at, at < 20 || at > 40);
        }
        assertThat(timeline.up()).isEqualTo(130 * SECOND);
        assertThat(timeline.down()).isEqualTo(30 * SECOND);
        assertThat(timeline.unobserved()).isEqualTo(840 * SECOND);
        assertThat(report(timeline, 5, 3).byTime()).hasValue(0.8125);
        assertThat(report(timeline, 5, 3).byCalls()).hasValue(0.625);
    }

    @Test
    @DisplayName("AV-5 who asks an open breaker finds it down, as long as somebody asks, and for the cutoff after that")
    void silence() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        slice(timeline, 0, SECOND, 0, 3, true);
        for (long at = 1; at < 1_000; at++) {
            slice(timeline, at * SECOND, (at + 1) * SECOND, 0, 0, true);
        }
        assertThat(timeline.down()).isEqualTo(1_000 * SECOND);
        for (long at = 1_000; at < 2_000; at++) {
            slice(timeline, at * SECOND, (at + 1) * SECOND, 0, 0, false);
        }
        assertThat(timeline.down()).isEqualTo(1_300 * SECOND);
        assertThat(timeline.unobserved()).isEqualTo(700 * SECOND);
        assertThat(timeline.isDown()).isTrue();
        assertThat(report(timeline, 0, 3).meanTimeToRepair()).isEmpty();
        assertThat(report(timeline, 0, 3).meanTimeToFail()).contains(Duration.ZERO);
    }

    @Test
    @DisplayName("AV-4 of twenty calls and more, whatever slices they came in, half decide what it is")
    void many() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        assertThat(slice(timeline, 0, SECOND, 11, 10, true)).isNull();
        assertThat(slice(timeline, SECOND, 2 * SECOND, 9, 9, true)).isNull();
        Outage outage = slice(timeline, 2 * SECOND, 3 * SECOND, 10, 10, true);
        assertThat(outage).isEqualTo(new Outage(seconds(1), seconds(3), Optional.empty(), Optional.empty()));
        assertThat(slice(timeline, 3 * SECOND, 4 * SECOND, 10, 10, true)).isNull();
        assertThat(slice(timeline, 4 * SECOND, 5 * SECOND, 100, 5, true))
                .isEqualTo(new Outage(seconds(1), seconds(3), Optional.of(seconds(4)), Optional.of(seconds(5))));
        assertThat(slice(timeline, 5 * SECOND, 6 * SECOND, 100, 5, true)).isNull();
    }

    @Test
    @DisplayName("AV-4 an outage ends also where some calls always fail, at any number of calls")
    void someAlwaysFail() {
        for (int perSecond : new int[] {1, 10, 100, 1_000}) {
            for (double share : new double[] {0.005, 0.01, 0.05, 0.3}) {
                Random random = new Random(perSecond);
                Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
                for (int at = 0; at < 8 * 3600; at++) {
                    long bad = 0;
                    for (int i = 0; i < perSecond; i++) {
                        bad += (at >= 3600 && at < 3660) || random.nextDouble() < share ? 1 : 0;
                    }
                    slice(timeline, at * SECOND, (at + 1) * SECOND, perSecond - bad, bad, true);
                }
                AvailabilityReport report = report(timeline, 1, 0);
                assertThat(report.isDown())
                        .as("%s calls a second, %s fail", perSecond, share)
                        .isFalse();
                // Three of 30 % in a row are outages of their own.
                if (share < 0.3) {
                    assertThat(report.down())
                            .as("%s calls a second, %s fail", perSecond, share)
                            .isBetween(seconds(59), seconds(100));
                }
            }
        }
    }

    @Test
    @DisplayName("AV-4 whether half of the calls fail does not depend on whether 19 or 20 of them come in a slice")
    void noCliff() {
        for (int perSecond = 5; perSecond < 50; perSecond++) {
            Timeline timeline = new Timeline(30, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
            for (int at = 0; at < 600; at++) {
                long bad = Math.round(perSecond * 0.6);
                slice(timeline, at * SECOND, (at + 1) * SECOND, perSecond - bad, bad, true);
            }
            assertThat(report(timeline, 1, 1).byTime().orElseThrow())
                    .as("%s calls a second", perSecond)
                    .isLessThan(0.01);
        }
    }

    @Test
    @DisplayName("AV-4 of twenty calls half decide also where they come seldom, as long as some come before the cutoff")
    void seldom() {
        for (int period : new int[] {2, 16, 20, 60, 240, 400}) {
            Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
            for (long i = 0; i < 86_400 / period; i++) {
                call(timeline, i * period, i % 3 == 2);
            }
            assertThat(timeline.isDown()).as("one in %s s", period).isEqualTo(period <= 300);
            if (timeline.isDown()) {
                assertThat(report(timeline, 1, 2).byTime().orElseThrow()).isLessThan(0.01);
            }
        }
    }

    @Test
    @DisplayName("AV-13 down time for good grows at once while all calls fail, however seldom they come")
    void downForGood() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        for (long i = 0; i < 60; i++) {
            call(timeline, i * 60, false);
        }
        assertThat(timeline.downForGood()).isEqualTo(59 * 60 * SECOND);
    }

    @Test
    @DisplayName(
            "AV-5 while all are refused, as by a breaker that is open, nothing says that it is up: beyond the cutoff that is unobserved")
    void refused() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        slice(timeline, 0, SECOND, 1, 0, true);
        for (int at = 1; at < 3_600; at++) {
            timeline.slice(at * SECOND, (at + 1) * SECOND, new Evidence(0, 0, 0, 10), 0);
        }
        assertThat(timeline.up()).isEqualTo(301 * SECOND);
        assertThat(timeline.unobserved()).isEqualTo(3_299 * SECOND);
        assertThat(timeline.down()).isZero();
    }

    @Test
    @DisplayName("AV-7 mean times are made of observed time: those to fail and to repair give the availability by time")
    void seldomAsked() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        for (int hour = 0; hour < 240; hour++) {
            boolean good = hour % 24 > 2;
            slice(timeline, hour * 3600 * SECOND, (hour * 3600 + 1) * SECOND, good ? 1 : 0, good ? 0 : 1, true);
        }
        AvailabilityReport report = report(timeline, 1, 1);
        assertThat(report.outages()).isEqualTo(10);
        double fail = report.meanTimeToFail().orElseThrow().toNanos();
        double repair = report.meanTimeToRepair().orElseThrow().toNanos();
        assertThat(fail / (fail + repair)).isCloseTo(report.byTime().orElseThrow(), within(1e-6));
    }

    @Test
    @DisplayName("AV-12 a slice that is too long is time in which nobody looked")
    void lateSlice() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, 3 * SECOND, Long.MAX_VALUE);
        slice(timeline, 0, 3 * SECOND, 1, 0, true);
        slice(timeline, 3 * SECOND, 13 * SECOND, 1, 0, true);
        assertThat(timeline.up()).isEqualTo(6 * SECOND);
        assertThat(timeline.unobserved()).isEqualTo(7 * SECOND);
    }

    @Test
    @DisplayName("AV-16 only the last hundred outages are kept, and all are counted")
    void manyOutages() {
        Timeline timeline = new Timeline(1, 1, 300 * SECOND, Long.MAX_VALUE, Long.MAX_VALUE);
        for (int i = 0; i < 1_000; i++) {
            call(timeline, i, i % 2 == 0);
        }
        assertThat(timeline.outages()).hasSize(100);
        assertThat(timeline.begun()).isEqualTo(500);
        assertThat(timeline.up() + timeline.down()).isEqualTo(999 * SECOND);
    }

    @Property(tries = 500, seed = "1")
    @Label(
            "AV-1 AV-12 up, down and unobserved are the time that has passed, none of them negative, whatever comes when")
    void timeAddsUp(@ForAll long seed) {
        Random random = new Random(seed);
        Timeline timeline = new Timeline(
                1 + random.nextInt(4),
                1 + random.nextInt(4),
                1 + random.nextInt(100),
                1 + random.nextInt(50),
                1 + random.nextInt(60));
        long now = 0;
        long downForGood = 0;
        for (int i = 0; i < 200; i++) {
            long from = now;
            now += random.nextInt(4) == 0 ? 0 : random.nextInt(60);
            int kind = random.nextInt(5);
            long good = kind == 0 || kind == 1 ? random.nextInt(30) : 0;
            long bad = kind == 1 || kind == 2 ? random.nextInt(30) : 0;
            slice(timeline, from, now, good, bad, kind != 4);
            assertThat(List.of(timeline.up(), timeline.down(), timeline.unobserved()))
                    .allSatisfy(part -> assertThat(part).isNotNegative());
            assertThat(timeline.up() + timeline.down() + timeline.unobserved()).isEqualTo(now);
            assertThat(timeline.begun() - timeline.ended()).isEqualTo(timeline.isDown() ? 1 : 0);
            assertThat(timeline.downForGood()).isBetween(downForGood, timeline.down());
            downForGood = timeline.downForGood();
        }
    }

    @Test
    @DisplayName("AV-6 calls may hang for longer than the cutoff before they are taken to")
    void hangsForLong() {
        Timeline timeline = new Timeline(3, 2, 300 * SECOND, Long.MAX_VALUE, 600 * SECOND);
        slice(timeline, 0, SECOND, 1, 0, true);
        for (int at = 1; at < 700; at++) {
            long begun = at == 1 ? 2 : 0;
            timeline.slice(at * SECOND, (at + 1) * SECOND, new Evidence(0, 0, 0, begun, begun, 0, 0), 2);
        }
        assertThat(timeline.isDown()).isTrue();
        assertThat(timeline.down()).isEqualTo(699 * SECOND);
        assertThat(timeline.unobserved()).isZero();
    }
}
