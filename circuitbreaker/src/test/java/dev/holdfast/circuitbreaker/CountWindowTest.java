// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.Results.Counts;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CountWindowTest extends BreakerTest {
    /** All results, in a list; the last of them are counted by looking at each. */
    static final class Model {
        final int size;
        int[] results = new int[16];
        int recorded;

        Model(int size) {
            this.size = size;
        }

        void record(int kind) {
            results = recorded == results.length ? Arrays.copyOf(results, 2 * recorded) : results;
            results[recorded++] = kind;
        }

        int calls() {
            return Math.min(recorded, size);
        }

        List<Integer> last() {
            return Arrays.stream(results, recorded - calls(), recorded).boxed().toList();
        }

        long of(int bit) {
            long count = 0;
            for (int i = recorded - calls(); i < recorded; i++) {
                count += (results[i] & bit) == 0 ? 0 : 1;
            }
            return count;
        }
    }

    @Test
    @DisplayName("CB-7 a rate of f / n opens at f failures of n and not at f - 1, for every f and n up to 100")
    void everyFractionIsExact() {
        List<String> wrong = new ArrayList<>();
        for (int n = 1; n <= 100; n++) {
            for (int f = 1; f <= n; f++) {
                CircuitBreakerBuilder settings =
                        counting().over(Window.calls(n)).minimumCalls(n).failureRate((double) f / n);
                if (!settings.isBroken(n, f, 0) || settings.isBroken(n, f - 1, 0)) {
                    wrong.add(f + "/" + n);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    @DisplayName("CB-7 results before the minimum of calls do not open, and a success may complete it")
    void aSuccessMayCompleteTheMinimum() {
        CircuitBreaker breaker = CircuitBreaker.builder("minimum")
                .environment(time)
                .over(Window.calls(10))
                .minimumCalls(4)
                .build();
        times(2, () -> fail(breaker));
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        times(5, () -> ignore(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-7 by default 10 calls are the minimum, or the window's size if that is less")
    void defaultMinimum() {
        CircuitBreaker hundred =
                CircuitBreaker.builder("hundred").environment(time).build();
        times(9, () -> fail(hundred));
        assertThat(hundred.state()).isEqualTo(State.CLOSED);
        fail(hundred);
        assertThat(hundred.state()).isEqualTo(State.OPEN);
        CircuitBreaker three = CircuitBreaker.builder("three")
                .environment(time)
                .over(Window.calls(3))
                .build();
        times(2, () -> fail(three));
        assertThat(three.state()).isEqualTo(State.CLOSED);
        fail(three);
        assertThat(three.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("CB-7 a further success writes nothing once the window is full of them, and not before")
    void saturatedWithSuccesses() throws ReflectiveOperationException {
        CountWindow window = new CountWindow(3);
        Field word = field("word");
        for (int bad : new int[] {Results.FAILURE, Results.SLOW, Results.FAILURE | Results.SLOW}) {
            for (int i = 0; i < 3; i++) {
                long before = word.getLong(window);
                window.record(Results.GOOD, 0, Results.Rules.NONE);
                assertThat(word.getLong(window)).isNotEqualTo(before);
            }
            long saturated = word.getLong(window);
            window.record(Results.GOOD, 0, Results.Rules.NONE);
            assertThat(word.getLong(window)).isEqualTo(saturated);
            window.record(bad, 0, Results.Rules.NONE);
            assertThat(word.getLong(window)).isNotEqualTo(saturated);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1_000, 100_000})
    @DisplayName("CB-7 the index wraps around without a trace")
    void indexWrapsAround(int size) throws ReflectiveOperationException {
        CountWindow window = new CountWindow(size);
        Model model = new Model(size);
        Random random = new Random(size);
        for (int i = 0; i < size; i++) {
            recordInBoth(window, model, random.nextInt(4));
        }
        skipToTheLastLap(window, size);
        for (int i = 0; i < (size > 1_000 ? size : 3 * size + 20); i++) {
            recordInBoth(window, model, random.nextInt(4));
            if (size <= 1_000 || i % 5_000 == 0 || i == size - 1) {
                assertThat(window.counts(0))
                        .as("result %s", i)
                        .isEqualTo(new Counts(model.calls(), model.of(Results.FAILURE), model.of(Results.SLOW)));
            }
        }
        assertThat(drain(window, size)).isEqualTo(model.last());
    }

    private static void recordInBoth(CountWindow window, Model model, int kind) {
        window.record(kind, 0, Results.Rules.NONE);
        model.record(kind);
    }

    /** As if the window had been used for so long: more than a hundred million results would take their time. */
    private static void skipToTheLastLap(CountWindow window, int size) throws ReflectiveOperationException {
        Field word = field("word");
        int lapsShift = 3 * (Integer.SIZE - Integer.numberOfLeadingZeros(size)) + 3;
        word.setLong(window, word.getLong(window) | (-2L << lapsShift));
    }

    private static Field field(String name) throws ReflectiveOperationException {
        Field field = CountWindow.class.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    @Test
    @DisplayName("CB-7 a thread that sleeps before its step for laps of the others decides on the counts at its step")
    void threadThatSleepsBeforeItsStep() {
        for (int others = 0; others < 40; others++) {
            CountWindow window = new CountWindow(5);
            Model model = new Model(5);
            Random random = new Random(others);
            for (int i = 0; i < 7; i++) {
                recordInBoth(window, model, random.nextInt(4));
            }
            int late = random.nextInt(4);
            int[] meanwhile = {others};
            Counts[] seen = {null};
            window.record(late, 0, (calls, failures, slow) -> {
                seen[0] = new Counts(calls, failures, slow);
                for (; meanwhile[0] > 0; meanwhile[0]--) {
                    recordInBoth(window, model, random.nextInt(4));
                }
                return false;
            });
            model.record(late);
            Counts right = new Counts(model.calls(), model.of(Results.FAILURE), model.of(Results.SLOW));
            assertThat(seen[0]).isEqualTo(right);
            assertThat(window.counts(0)).isEqualTo(right);
            assertThat(drain(window, 5)).as("%s others", others).isEqualTo(model.last());
        }
    }

    @Test
    @DisplayName("CB-7 a result that breaks a rule is not recorded before there is a clock reading, any other is")
    void needsTheTimeOnlyToOpen() {
        CountWindow window = new CountWindow(4);
        Results.Rules twoFailures = (calls, failures, slow) -> failures >= 2;
        assertThat(window.record(Results.FAILURE, StateMachine.NO_READING, twoFailures))
                .isEqualTo(Results.KEPT);
        assertThat(window.record(Results.GOOD, StateMachine.NO_READING, twoFailures))
                .isEqualTo(Results.KEPT);
        assertThat(window.record(Results.FAILURE, StateMachine.NO_READING, twoFailures))
                .isEqualTo(Results.NEEDS_TIME);
        assertThat(window.counts(0)).isEqualTo(new Counts(2, 1, 0));
        assertThat(window.record(Results.FAILURE, 0, twoFailures)).isEqualTo(Results.BROKEN);
        assertThat(window.counts(0)).isEqualTo(new Counts(3, 2, 0));
    }

    @Test
    @DisplayName("CB-7 threads: counts of a window with room equal what was recorded")
    void threadsFillAWindowWithRoom() throws Exception {
        CountWindow window = new CountWindow(100_000);
        AtomicIntegerArray recorded = new AtomicIntegerArray(Results.KINDS);
        race(4, number -> {
            Random random = new Random(number);
            for (int i = 0; i < 20_000; i++) {
                int kind = random.nextInt(4);
                recorded.incrementAndGet(kind);
                window.record(kind, 0, Results.Rules.NONE);
            }
        });
        int both = recorded.get(Results.FAILURE | Results.SLOW);
        assertThat(window.counts(0))
                .isEqualTo(new Counts(80_000, recorded.get(Results.FAILURE) + both, recorded.get(Results.SLOW) + both));
        List<Integer> results = drain(window, 100_000);
        assertThat(results).hasSize(80_000);
        for (int kind = 0; kind < Results.KINDS; kind++) {
            assertThat(Collections.frequency(results, kind)).isEqualTo(recorded.get(kind));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 64})
    @DisplayName("CB-7 threads: a full window holds exactly its size, and every decision was made on possible counts")
    void threadsOverrunASmallWindow(int size) throws Exception {
        CountWindow window = new CountWindow(size);
        AtomicInteger impossible = new AtomicInteger();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger left = new AtomicInteger(3);
        // Every failure is slow, so that any mixture of two moments would show.
        race(4, number -> {
            Random random = new Random(number);
            for (int i = 0; number < 3 && i < 100_000; i++) {
                int kind = random.nextBoolean() ? Results.FAILURE | Results.SLOW : Results.GOOD;
                Counts[] decided = {null};
                window.record(kind, 0, (calls, failures, slow) -> {
                    decided[0] = new Counts(calls, failures, slow);
                    return false;
                });
                // Those of the last look: it is asked again where another thread was faster.
                Counts counts = decided[0];
                if (counts != null
                        && (counts.failures() != counts.slow()
                                || counts.failures() < 0
                                || counts.failures() > counts.calls()
                                || counts.calls() > size)) {
                    impossible.incrementAndGet();
                }
            }
            running.set(number == 3 ? running.get() : left.decrementAndGet() > 0);
            while (number == 3 && running.get()) {
                Counts counts = window.counts(0);
                if (counts.failures() != counts.slow() || counts.failures() > counts.calls() || counts.calls() > size) {
                    impossible.incrementAndGet();
                }
            }
        });
        assertThat(impossible).hasValue(0);
        Counts last = window.counts(0);
        List<Integer> results = drain(window, size);
        assertThat(results).hasSize(size);
        long failures = size - Collections.frequency(results, Results.GOOD);
        assertThat(last).isEqualTo(new Counts(size, failures, failures));
    }

    @Test
    @DisplayName("CB-7 threads: the results that are left are the last of each thread, in its order")
    void lastResultsOfAThreadStay() throws Exception {
        CountWindow window = new CountWindow(1_000);
        ConcurrentLinkedQueue<Integer> last = new ConcurrentLinkedQueue<>();
        race(3, number -> {
            for (int i = 0; i < 50_000; i++) {
                window.record(Results.FAILURE, 0, Results.Rules.NONE);
            }
        });
        race(2, number -> {
            int kind = number == 0 ? Results.GOOD : Results.SLOW;
            for (int i = 0; i < 300; i++) {
                window.record(kind, 0, Results.Rules.NONE);
                last.add(kind);
            }
        });
        assertThat(window.counts(0)).isEqualTo(new Counts(1_000, 400, 300));
        List<Integer> results = drain(window, 1_000);
        assertThat(results.subList(0, 400)).containsOnly(Results.FAILURE);
        assertThat(results.subList(400, 1_000)).containsExactlyInAnyOrderElementsOf(last);
    }

    /** Pushes every result out, and sees by the counts what it was. */
    private static List<Integer> drain(CountWindow window, int size) {
        long calls = window.counts(0).calls();
        for (long i = calls; i < size; i++) {
            window.record(Results.GOOD, 0, Results.Rules.NONE);
        }
        List<Integer> results = new ArrayList<>();
        for (long i = 0; i < calls; i++) {
            Counts before = window.counts(0);
            window.record(Results.GOOD, 0, Results.Rules.NONE);
            Counts after = window.counts(0);
            results.add((int) (before.failures() - after.failures() + 2 * (before.slow() - after.slow())));
        }
        assertThat(window.counts(0)).isEqualTo(new Counts(size, 0, 0));
        return results;
    }
}
