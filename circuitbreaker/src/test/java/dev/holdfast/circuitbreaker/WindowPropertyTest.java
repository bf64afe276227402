// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static dev.holdfast.circuitbreaker.BreakerTest.admitted;
import static dev.holdfast.circuitbreaker.BreakerTest.window;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CountWindowTest.Model;
import dev.holdfast.circuitbreaker.Results.Counts;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.WithNull;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import net.jqwik.api.statistics.StatisticsReport.StatisticsReportMode;

/** Windows of any size beside plain lists of all results. */
class WindowPropertyTest {
    private static final Duration SLOW = Duration.ofMillis(100);
    private static final int IGNORED = Results.KINDS;
    /** What comes more often stands here more often. */
    private static final List<Integer> KINDS = List.of(
            Results.GOOD,
            Results.GOOD,
            Results.GOOD,
            Results.GOOD,
            Results.GOOD,
            Results.GOOD,
            Results.FAILURE,
            Results.FAILURE,
            Results.SLOW,
            Results.FAILURE | Results.SLOW,
            IGNORED,
            IGNORED);

    // ---- The last so many -----------------------------------------------------------------------------------------

    /** A rate as a fraction, whose decimal the breaker is given. */
    private record Rate(long part, long whole) {
        double value() {
            return (double) part / whole;
        }

        boolean isReached(long results, long all) {
            return results * whole >= part * all;
        }
    }

    /** Results of one kind in a row, as many as some thousandths of the window and one. */
    private record Run(int kind, int thousandths) {}

    @Provide
    Arbitrary<Rate> rates() {
        return Arbitraries.oneOf(
                Arbitraries.integers().between(1, 100).map(percent -> new Rate(percent, 100)),
                Combinators.combine(
                                Arbitraries.integers().between(1, 1_000),
                                Arbitraries.integers().between(1, 1_000))
                        .as((a, b) -> new Rate(Math.min(a, b), Math.max(a, b))));
    }

    @Provide
    Arbitrary<Integer> sizes() {
        return Arbitraries.oneOf(
                Arbitraries.integers().between(1, 20), Arbitraries.integers().between(1, 1_000));
    }

    @Provide
    Arbitrary<Run> runs() {
        return Arbitraries.randomValue(random -> new Run(KINDS.get(random.nextInt(KINDS.size())), random.nextInt(300)));
    }

    @Property(seed = "1")
    @Label("CB-7 opens exactly when f of the last n results make threshold * n <= f, and ignored ones count in neither")
    @StatisticsReport(StatisticsReportMode.OFF)
    void countWindow(
            @ForAll("sizes") int size,
            @ForAll @IntRange(min = 1, max = 1_000) int minimum,
            @ForAll("rates") Rate failures,
            @ForAll("rates") @WithNull(0.5) Rate slows,
            @ForAll @Size(max = 40) List<@From("runs") Run> runs) {
        VirtualTime time = VirtualTime.create();
        int enough = Math.min(minimum, size);
        CircuitBreakerBuilder settings = CircuitBreaker.builder("any")
                .environment(time)
                .over(Window.calls(size))
                .minimumCalls(enough)
                .failureRate(failures.value());
        CircuitBreaker breaker = (slows == null ? settings : settings.slowCalls(SLOW, slows.value())).build();
        Model model = new Model(size);
        boolean broken = false;
        for (Run run : runs) {
            for (int i = 0; i <= run.thousandths * size / 1_000 && !broken; i++) {
                call(breaker, run.kind, time);
                if (run.kind != IGNORED) {
                    model.record(run.kind);
                }
                long n = model.calls();
                long f = model.of(Results.FAILURE);
                long s = slows == null ? 0 : model.of(Results.SLOW);
                broken = n >= enough && (failures.isReached(f, n) || slows != null && slows.isReached(s, n));
                if ((breaker.state() == State.OPEN) != broken
                        || !window(breaker).equals(List.of(n, f, s))) {
                    throw new AssertionError(breaker.report() + ", expected " + (broken ? "OPEN " : "CLOSED ")
                            + List.of(n, f, s) + " after " + model.recorded + " results");
                }
            }
        }
        Statistics.label("opened, and by a window that has let results go")
                .collect(broken, broken && model.recorded > size)
                .coverage(checker -> {
                    checker.check(false, false).percentage(percent -> percent > 20);
                    checker.check(true, true).percentage(percent -> percent > 10);
                });
    }

    private static void call(CircuitBreaker breaker, int kind, VirtualTime time) {
        Permit permit = admitted(breaker);
        if (kind == IGNORED) {
            permit.ignored();
            return;
        }
        if ((kind & Results.SLOW) != 0) {
            time.advance(SLOW.plusNanos(1));
        }
        if ((kind & Results.FAILURE) != 0) {
            permit.failed();
        } else {
            permit.succeeded();
        }
    }

    // ---- The last so long -----------------------------------------------------------------------------------------

    /** A result, what passes before it in thousandths of the window, and how late it comes in thousandths of a bucket. */
    private record Arrival(int kind, int pause, int late) {}

    /** A result and when it was measured. */
    private record Result(int kind, long at) {}

    @Provide
    Arbitrary<Arrival> arrivals() {
        return Arbitraries.randomValue(random -> new Arrival(
                random.nextInt(Results.KINDS),
                random.nextInt(random.nextInt(30) == 0 ? 3_000 : 60),
                random.nextInt(5) == 0 ? random.nextInt(1_000) : 0));
    }

    @Provide
    Arbitrary<Integer> buckets() {
        return Arbitraries.frequencyOf(
                Tuple.of(30, Arbitraries.integers().between(1, 12)), Tuple.of(1, Arbitraries.just(1_000)));
    }

    /** Anywhere, and where the clock is about to wrap around. */
    @Provide
    Arbitrary<Long> starts() {
        return Arbitraries.oneOf(Arbitraries.longs(), Arbitraries.longs().greaterOrEqual(Long.MAX_VALUE - 200));
    }

    @Property(seed = "1")
    @Label(
            "CB-8 holds the results of the last W, to one bucket, and nothing after W of silence, wherever the clock starts")
    void timeWindow(
            @ForAll("buckets") int buckets,
            @ForAll @IntRange(min = 1, max = 50) int width,
            @ForAll @IntRange(max = 999) int rest,
            @ForAll("starts") long start,
            @ForAll @Size(max = 60) List<@From("arrivals") Arrival> arrivals) {
        long length = (long) width * buckets + rest % buckets;
        TimeWindow window = new TimeWindow(length, buckets, start);
        List<Result> all = new ArrayList<>();
        long now = start;
        for (Arrival arrival : arrivals) {
            now += arrival.pause * length / 1_000;
            long at = now;
            Result result = new Result(arrival.kind, at - (long) arrival.late * width / 1_000);
            all.add(result);
            window.record(result.kind, result.at, (calls, failures, slow) -> {
                if (result.at == at) {
                    assertHolds(new Counts(calls, failures, slow), all, at, width, buckets);
                }
                return false;
            });
            assertHolds(window.counts(now), all, now, width, buckets);
        }
        assertThat(window.counts(now + length)).isEqualTo(new Counts(0, 0, 0));
    }

    /** At least what is sure to be in the window, and at most what may be: they differ by a bucket. */
    private static void assertHolds(Counts counts, List<Result> all, long now, long width, int buckets) {
        long[] actual = {counts.calls(), counts.failures(), counts.slow()};
        for (int i = 0; i < actual.length; i++) {
            long least = 0;
            long most = 0;
            for (Result result : all) {
                int part = i == 0 ? 1 : (result.kind >> (i - 1)) & 1;
                least += now - result.at <= (buckets - 1) * width ? part : 0;
                most += now - result.at < buckets * width ? part : 0;
            }
            if (actual[i] < least || actual[i] > most) {
                throw new AssertionError(counts + " at " + now + ", expected " + least + " to " + most + " of " + all);
            }
        }
    }
}
