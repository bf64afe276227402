// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Backoff;
import dev.holdfast.Ending;
import dev.holdfast.Permit;
import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TransitionsTest extends BreakerTest {
    /** What calls alone may bring about. */
    private static final Set<String> LEGAL =
            Set.of("CLOSED>OPEN", "OPEN>HALF_OPEN", "HALF_OPEN>CLOSED", "HALF_OPEN>OPEN");

    static Stream<Arguments> everyPair() {
        return Arrays.stream(State.values())
                .flatMap(from -> Arrays.stream(State.values()).map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest(name = "{0} to {1}")
    @MethodSource("everyPair")
    @DisplayName("CB-9 transitionTo reaches every state from every state, and tells it once")
    void everyStateFromEveryState(State from, State to) {
        CircuitBreaker breaker = tripping().build();
        breaker.transitionTo(from);
        List<String> edges = edges(breaker);
        breaker.transitionTo(to);
        assertThat(breaker.state()).isEqualTo(to);
        assertThat(edges).isEqualTo(from == to ? List.of() : List.of(from + ">" + to));
        assertBehavesLike(breaker, to);
    }

    private void assertBehavesLike(CircuitBreaker breaker, State state) {
        switch (state) {
            case CLOSED -> {
                assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
                fail(breaker);
                assertThat(breaker.state()).isEqualTo(State.OPEN);
            }
            case OPEN -> {
                assertThat(breaker.report().untilNextTrial()).isEqualTo(WAIT);
                assertRefuses(breaker);
                time.advance(WAIT);
                succeed(breaker);
                assertThat(breaker.state()).isEqualTo(State.CLOSED);
            }
            case HALF_OPEN -> {
                succeed(breaker);
                assertThat(breaker.state()).isEqualTo(State.CLOSED);
            }
            case FORCED_OPEN -> {
                time.advance(Duration.ofDays(365 * 10));
                assertRefuses(breaker);
                assertThat(breaker.state()).isEqualTo(State.FORCED_OPEN);
            }
            case DISABLED -> {
                List<Long> before = window(breaker);
                times(100, () -> fail(breaker));
                assertThat(breaker.state()).isEqualTo(State.DISABLED);
                assertThat(window(breaker)).isEqualTo(before);
            }
            default -> {
                assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
                times(10, () -> fail(breaker));
                times(10, () -> succeed(breaker));
                assertThat(breaker.state()).isEqualTo(State.METRICS_ONLY);
                assertThat(window(breaker)).containsExactly(20L, 10L, 0L);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-9 reset closes with an empty window from every state, and tells it if the state has changed")
    void resetFromEveryState(State from) {
        CircuitBreaker breaker = tripping().consecutiveFailures(2).build();
        fail(breaker);
        breaker.transitionTo(from);
        List<String> edges = edges(breaker);
        breaker.reset();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(window(breaker)).containsExactly(0L, 0L, 0L);
        assertThat(edges).isEqualTo(from == State.CLOSED ? List.of() : List.of(from + ">CLOSED"));
        fail(breaker);
        assertThat(breaker.state())
                .as("the failure before the reset is forgotten")
                .isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-9 a breaker that was healthy when it was told to try closes by its trials as any other")
    void healthyBreakerClosesByItsTrials() {
        CircuitBreaker breaker = CircuitBreaker.builder("healthy")
                .environment(time)
                .over(Window.calls(2))
                .trials(2)
                .build();
        times(10, () -> succeed(breaker));
        breaker.transitionTo(State.HALF_OPEN);
        times(2, () -> succeed(breaker));
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-9 metrics only never opens because of slow calls either, ended or running")
    void metricsOnlyNeverOpens() {
        CircuitBreaker breaker = CircuitBreaker.builder("metrics")
                .environment(time)
                .over(Window.calls(4))
                .slowCalls(Duration.ofMillis(1), 0.1)
                .failureCount(1)
                .build();
        breaker.transitionTo(State.METRICS_ONLY);
        for (int i = 0; i < 20; i++) {
            admitted(breaker);
            Permit permit = admitted(breaker);
            time.advance(Duration.ofMillis(2));
            permit.failed();
        }
        assertThat(breaker.state()).isEqualTo(State.METRICS_ONLY);
        assertThat(window(breaker)).containsExactly(24L, 4L, 24L);
    }

    @Test
    @DisplayName("CB-5 a manual opening waits as if a rule had been broken: as the next one of the backoff")
    void manualOpeningIsAnOpening() {
        List<Integer> asked = new ArrayList<>();
        CircuitBreaker breaker = tripping()
                .openFor(Backoff.custom(
                        opening -> {
                            asked.add(opening);
                            return Duration.ofSeconds(1);
                        },
                        WAIT))
                .build();
        breaker.transitionTo(State.OPEN);
        breaker.transitionTo(State.HALF_OPEN);
        breaker.transitionTo(State.OPEN);
        breaker.transitionTo(State.HALF_OPEN);
        fail(breaker);
        assertThat(asked).containsExactly(1, 2, 3);
    }

    /** Something else happens after a breaker has decided to open, and before it has. */
    private CircuitBreaker interruptedWhileOpening(Consumer<CircuitBreaker> meanwhile) {
        CircuitBreaker[] breaker = new CircuitBreaker[1];
        boolean[] first = {true};
        breaker[0] = tripping()
                .openFor(Backoff.custom(
                        opening -> {
                            if (first[0]) {
                                first[0] = false;
                                meanwhile.accept(breaker[0]);
                            }
                            return WAIT;
                        },
                        WAIT))
                .build();
        return breaker[0];
    }

    @ParameterizedTest
    @EnumSource(names = {"HALF_OPEN", "FORCED_OPEN", "DISABLED", "METRICS_ONLY"})
    @DisplayName("CB-1 CB-9 an opening that was decided before a transition by hand does not undo it")
    void openingDoesNotUndoATransition(State to) {
        CircuitBreaker breaker = interruptedWhileOpening(it -> it.transitionTo(to));
        List<String> edges = edges(breaker);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(to);
        assertThat(edges).containsExactly("CLOSED>" + to);
    }

    @Test
    @DisplayName("CB-1 CB-9 an opening that was decided before a reset does not undo it")
    void openingDoesNotUndoAReset() {
        CircuitBreaker breaker = interruptedWhileOpening(CircuitBreaker::reset);
        List<String> edges = edges(breaker);
        fail(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(edges).isEmpty();
    }

    @Test
    @DisplayName("CB-9 two failures that open a breaker at once open it once")
    void twoFailuresOpenOnce() {
        Permit[] second = new Permit[1];
        CircuitBreaker breaker = interruptedWhileOpening(it -> second[0].failed());
        List<String> edges = edges(breaker);
        second[0] = admitted(breaker);
        fail(breaker);
        assertThat(edges).containsExactly("CLOSED>OPEN");
        time.advance(WAIT);
        succeed(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("CB-9 the event carries what was known just before")
    void eventCarriesTheReportBefore() {
        CircuitBreaker breaker = tripping().consecutiveFailures(2).build();
        List<CircuitBreaker.StateChanged> events = new ArrayList<>();
        breaker.on(CircuitBreaker.StateChanged.class, events::add);
        succeed(breaker);
        fail(breaker);
        fail(breaker);
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.policy()).isEqualTo("tripping");
            assertThat(event.from()).isEqualTo(State.CLOSED);
            assertThat(event.to()).isEqualTo(State.OPEN);
            assertThat(event.before().state()).isEqualTo(State.CLOSED);
            assertThat(event.before().calls()).isEqualTo(3);
            assertThat(event.before().failures()).isEqualTo(2);
        });
    }

    @Test
    @DisplayName("CB-1 CB-2 CB-3 CB-9 3,000 random histories: the breaker does what a plain model of it does")
    void doesWhatAPlainModelDoes() {
        for (int seed = 0; seed < 3_000; seed++) {
            new History(seed).run();
        }
    }

    /** The breaker and, beside it, the simplest program that says what it must do. */
    private final class History {
        final int seed;
        final Random random;
        final int limit;
        final int k;
        final int needed;
        final CircuitBreaker breaker;
        final List<String> edges;
        final List<String> expectedEdges = new ArrayList<>();
        final List<Permit> permits = new ArrayList<>();
        final List<int[]> admissions = new ArrayList<>();
        State state = State.CLOSED;
        int stay;
        long now;
        long openedAt;
        int streak;
        int running;
        int batch;
        int forgiven;
        long lastResult;
        int successes;
        int failures;
        long lastStart;
        long late;

        History(int seed) {
            this.seed = seed;
            random = new Random(seed);
            limit = 1 + random.nextInt(3);
            k = 1 + random.nextInt(4);
            needed = 1 + random.nextInt(k);
            breaker = tripping()
                    .consecutiveFailures(limit)
                    .trials(k)
                    .trialSuccesses(needed)
                    .build();
            edges = edges(breaker);
        }

        void run() {
            for (int i = 0; i < 80; i++) {
                int dice = random.nextInt(100);
                if (dice < 40) {
                    admit();
                } else if (dice < 85) {
                    endOne();
                } else if (dice < 96) {
                    advance();
                } else {
                    State to = State.values()[random.nextInt(State.values().length)];
                    breaker.transitionTo(to);
                    if (to != state) {
                        enter(to);
                    }
                }
                Report report = breaker.report();
                int trials = state == State.HALF_OPEN ? running : 0;
                if (report.state() != state || report.late() != late || report.trialsRunning() != trials) {
                    throw new AssertionError("seed " + seed + ", step " + i + ": " + report + ", expected " + state
                            + ", " + late + " late, " + trials + " running");
                }
            }
            assertThat(edges).as("seed %s", seed).isEqualTo(expectedEdges);
        }

        void admit() {
            Permit permit = breaker.tryAcquire();
            if ((permit != null) != isAdmitted()) {
                throw new AssertionError("seed " + seed + " in " + state + ": " + permit);
            }
            if (permit != null) {
                permits.add(permit);
                admissions.add(new int[] {stay, batch});
            }
        }

        boolean isAdmitted() {
            if (state == State.OPEN && now - openedAt >= WAIT.toNanos()) {
                enter(State.HALF_OPEN);
            }
            if (state != State.HALF_OPEN) {
                return state != State.OPEN && state != State.FORCED_OPEN;
            }
            if (isFull() && failures > forgiven && now - lastResult >= TRIAL_TIMEOUT.toNanos()) {
                forgiven = failures;
            }
            if (isFull() && running > 0 && now - lastStart >= TRIAL_TIMEOUT.toNanos()) {
                batch++;
                running = 0;
            }
            if (isFull()) {
                return false;
            }
            running++;
            lastStart = now;
            return true;
        }

        boolean isFull() {
            return running + failures - forgiven >= k;
        }

        /** A permit, perhaps one that was ended before, or that an earlier stay gave. */
        void endOne() {
            if (permits.isEmpty()) {
                return;
            }
            int index = random.nextInt(permits.size());
            Ending ending = Ending.values()[random.nextInt(3)];
            end(permits.get(index), ending);
            int[] admission = admissions.get(index);
            int admittedIn = admission[0];
            admission[0] = Integer.MIN_VALUE;
            if (admittedIn == stay) {
                if (admission[1] == batch) {
                    running--;
                }
                count(ending);
            } else if (admittedIn != Integer.MIN_VALUE) {
                late++;
            }
        }

        void count(Ending ending) {
            if (state == State.CLOSED && ending == Ending.FAILURE && ++streak == limit) {
                enter(State.OPEN);
            } else if (state == State.CLOSED && ending == Ending.SUCCESS) {
                streak = 0;
            } else if (state == State.HALF_OPEN && ending != Ending.IGNORED) {
                lastResult = now;
                if (ending == Ending.FAILURE && ++failures > k - needed) {
                    enter(State.OPEN);
                } else if (ending == Ending.SUCCESS && ++successes == needed) {
                    enter(State.CLOSED);
                }
            }
        }

        void advance() {
            Duration[] steps = {nanos(1), TRIAL_TIMEOUT, TRIAL_TIMEOUT.minusNanos(1), WAIT, WAIT.minusNanos(1)};
            Duration step = steps[random.nextInt(steps.length)];
            time.advance(step);
            now += step.toNanos();
        }

        void enter(State to) {
            expectedEdges.add(state + ">" + to);
            state = to;
            stay++;
            openedAt = now;
            streak = 0;
            running = 0;
            batch = 0;
            forgiven = 0;
            successes = 0;
            failures = 0;
        }
    }

    @Test
    @DisplayName("CB-9 threads: calls bring about legal transitions only, each told once")
    void threadsBringAboutLegalTransitionsOnly() throws Exception {
        CircuitBreaker breaker = tripping()
                .trials(2)
                .trialSuccesses(1)
                .ramp(0.5)
                .openFor(nanos(100))
                .build();
        List<String> edges = edges(breaker);
        race(3, number -> {
            Random random = new Random(number);
            for (int i = 0; i < 5_000; i++) {
                Permit permit = breaker.tryAcquire();
                time.advance(nanos(random.nextInt(20)));
                if (permit != null) {
                    end(permit, Ending.values()[random.nextInt(3)]);
                }
            }
        });
        assertThat(edges).contains("HALF_OPEN>CLOSED", "HALF_OPEN>OPEN").isSubsetOf(LEGAL);
        assertFormAPath(edges, breaker.state());
    }

    @Test
    @DisplayName("CB-9 threads: manual transitions, resets and calls tell every transition exactly once")
    void threadsTellEveryTransitionOnce() throws Exception {
        CircuitBreaker breaker = tripping().openFor(nanos(5)).build();
        List<String> edges = edges(breaker);
        race(4, number -> {
            Random random = new Random(number);
            for (int i = 0; i < 2_000; i++) {
                if (random.nextInt(10) == 0) {
                    breaker.transitionTo(State.values()[random.nextInt(State.values().length)]);
                } else if (random.nextInt(20) == 0) {
                    breaker.reset();
                }
                Permit permit = breaker.tryAcquire();
                time.advance(nanos(1));
                if (permit != null) {
                    end(permit, Ending.values()[random.nextInt(3)]);
                }
            }
        });
        assertThat(edges).hasSizeGreaterThan(500);
        assertFormAPath(edges, breaker.state());
    }

    /** Told by several threads, so out of order; but whoever leaves a state must have come into it. */
    private static void assertFormAPath(List<String> edges, State end) {
        Map<State, Integer> balance = new EnumMap<>(State.class);
        for (State state : State.values()) {
            balance.put(state, 0);
        }
        balance.merge(State.CLOSED, 1, Integer::sum);
        for (String edge : edges) {
            String[] ends = edge.split(">");
            assertThat(ends[0]).isNotEqualTo(ends[1]);
            balance.merge(State.valueOf(ends[0]), -1, Integer::sum);
            balance.merge(State.valueOf(ends[1]), 1, Integer::sum);
        }
        balance.merge(end, -1, Integer::sum);
        assertThat(balance.values()).containsOnly(0);
    }
}
