// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.Ending;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The breaker as a whole. It opens at two failures among the last two results, for ten nanoseconds, and then lets one trial
 * through. A thread ends calls that it was let in with; time is one clock for all, which {@code tick} moves. Starting from
 * the brink of a transition, few operations come to what matters.
 */
class BreakerModelTest {
    private static final int STEP = 10;
    private static final Set<String> LEGAL = Set.of(
            "CLOSED>OPEN",
            "OPEN>HALF_OPEN",
            "HALF_OPEN>CLOSED",
            "HALF_OPEN>OPEN",
            "CLOSED>FORCED_OPEN",
            "OPEN>FORCED_OPEN",
            "HALF_OPEN>FORCED_OPEN",
            "OPEN>CLOSED",
            "FORCED_OPEN>CLOSED");

    /** Closed, with a failure in the window: the next one opens. Each thread has a call under way. */
    public static class Closed extends Model {
        /** One failure. */
        public Closed() {
            admit(1);
            endNewest(1, Ending.FAILURE);
            admit(1);
            admit(2);
        }
    }

    /** Open, and the wait is over: the next call is a trial. Each thread has a call from the time before, which is late. */
    public static class Waiting extends Closed {
        /** Another failure. */
        public Waiting() {
            admit(1);
            endNewest(1, Ending.FAILURE);
            tick();
        }
    }

    /** All transitions. */
    public abstract static class Model {
        private final AtomicInteger clock = new AtomicInteger();
        private final List<Deque<Long>> stamps =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());
        private final AtomicIntegerArray left = new AtomicIntegerArray(State.values().length);
        private final AtomicInteger illegal = new AtomicInteger();
        private final CircuitBreaker breaker = CircuitBreaker.builder("model")
                .environment(new ManualTime())
                .over(Window.calls(2))
                .noFailureRate()
                .failureCount(2)
                .openFor(Duration.ofNanos(STEP))
                .trialTimeout(Duration.ofNanos(2 * STEP))
                .trials(1)
                .build();

        Model() {
            breaker.on(StateChanged.class, event -> {
                left.incrementAndGet(event.from().ordinal());
                left.decrementAndGet(event.to().ordinal());
                if (!LEGAL.contains(event.from() + ">" + event.to())) {
                    illegal.incrementAndGet();
                }
            });
        }

        @Operation
        public boolean admit(@Param(gen = ThreadIdGen.class) int thread) {
            long stamp = breaker.enter(clock.get());
            if (stamp < 0) {
                return false;
            }
            stamps.get(thread).add(stamp);
            return true;
        }

        @Operation
        public boolean endOldest(@Param(gen = ThreadIdGen.class) int thread, Ending ending) {
            return end(stamps.get(thread).pollFirst(), ending);
        }

        @Operation
        public boolean endNewest(@Param(gen = ThreadIdGen.class) int thread, Ending ending) {
            return end(stamps.get(thread).pollLast(), ending);
        }

        private boolean end(Long stamp, Ending ending) {
            return stamp != null && breaker.exit(stamp, ending, null, clock.get(), 0);
        }

        @Operation
        public void forceOpen() {
            breaker.transitionTo(State.FORCED_OPEN);
        }

        @Operation
        public void reset() {
            breaker.reset();
        }

        @Operation
        public State state() {
            return breaker.state();
        }

        @Operation
        public void tick() {
            clock.addAndGet(STEP);
        }

        /** Told once each, the transitions lead from CLOSED to where the breaker is. */
        @Validate
        public void toldOnce() {
            for (State state : State.values()) {
                int expected = (state == State.CLOSED ? 1 : 0) - (state == breaker.state() ? 1 : 0);
                if (left.get(state.ordinal()) != expected || illegal.get() != 0) {
                    throw new AssertionError(state + " left " + left.get(state.ordinal()) + " times more than entered"
                            + " (expected: " + expected + "), " + illegal + " illegal edges");
                }
            }
            long trials = breaker.report().trialsRunning();
            if (trials < 0 || trials > 1) {
                throw new AssertionError(trials + " trials");
            }
        }
    }

    /** {@link Closed} in plain words. */
    public static class ClosedSpec extends Spec {
        /** As there. */
        public ClosedSpec() {
            admit(1);
            endNewest(1, Ending.FAILURE);
            admit(1);
            admit(2);
        }
    }

    /** {@link Waiting} in plain words. */
    public static class WaitingSpec extends ClosedSpec {
        /** As there. */
        public WaitingSpec() {
            admit(1);
            endNewest(1, Ending.FAILURE);
            tick();
        }
    }

    /** All transitions in plain words. */
    public abstract static class Spec {
        private final List<Deque<Integer>> stays =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());
        private final Deque<Ending> window = new ArrayDeque<>();
        private State state = State.CLOSED;
        private int stay;
        private int clock;
        private int since;
        private boolean trying;
        private int tried;

        private void enter(State next) {
            state = next;
            since = clock;
            trying = false;
            stay++;
        }

        public boolean admit(int thread) {
            if (state == State.OPEN && clock - since >= STEP) {
                enter(State.HALF_OPEN);
            }
            if (state == State.HALF_OPEN && trying && clock - tried >= 2 * STEP) {
                enter(State.HALF_OPEN);
            }
            if (state == State.OPEN || state == State.FORCED_OPEN || state == State.HALF_OPEN && trying) {
                return false;
            }
            if (state == State.HALF_OPEN) {
                trying = true;
                tried = clock;
            }
            stays.get(thread).add(stay);
            return true;
        }

        public boolean endOldest(int thread, Ending ending) {
            return end(stays.get(thread).pollFirst(), ending);
        }

        public boolean endNewest(int thread, Ending ending) {
            return end(stays.get(thread).pollLast(), ending);
        }

        private boolean end(Integer of, Ending ending) {
            if (of == null) {
                return false;
            }
            if (of == stay && state == State.HALF_OPEN) {
                trying = false;
                if (ending == Ending.SUCCESS) {
                    reset();
                } else if (ending == Ending.FAILURE) {
                    enter(State.OPEN);
                }
            } else if (of == stay && state == State.CLOSED && ending != Ending.IGNORED) {
                window.add(ending);
                if (window.size() > 2) {
                    window.remove();
                }
                if (window.stream().filter(result -> result == Ending.FAILURE).count() == 2) {
                    enter(State.OPEN);
                }
            }
            return true;
        }

        public void forceOpen() {
            if (state != State.FORCED_OPEN) {
                enter(State.FORCED_OPEN);
            }
        }

        public void reset() {
            window.clear();
            enter(State.CLOSED);
        }

        public State state() {
            return state;
        }

        public void tick() {
            clock += STEP;
        }
    }

    /** The essential step without the generation: half-open, whatever success comes closes it. */
    public static class LateResults {
        private final AtomicReference<State> state = new AtomicReference<>(State.HALF_OPEN);
        private final AtomicIntegerArray own = new AtomicIntegerArray(4);

        @Operation
        public boolean admit(@Param(gen = ThreadIdGen.class) int thread) {
            if (state.get() == State.OPEN || own.get(thread) > 0) {
                return false;
            }
            own.incrementAndGet(thread);
            return true;
        }

        @Operation
        public State succeed(@Param(gen = ThreadIdGen.class) int thread) {
            if (own.getAndSet(thread, 0) > 0) {
                state.compareAndSet(State.HALF_OPEN, State.CLOSED);
            }
            return state.get();
        }

        @Operation
        public void open() {
            state.set(State.OPEN);
        }

        @Operation
        public void halfOpen() {
            state.set(State.HALF_OPEN);
        }
    }

    /** What {@link LateResults} should do: each stay has a number. */
    public static class LateResultsSpec {
        private final List<Integer> own = new ArrayList<>(List.of(-1, -1, -1, -1));
        private State state = State.HALF_OPEN;
        private int stay;

        public boolean admit(int thread) {
            if (state == State.OPEN || own.get(thread) >= 0) {
                return false;
            }
            own.set(thread, stay);
            return true;
        }

        public State succeed(int thread) {
            int of = own.set(thread, -1);
            if (of == stay && state == State.HALF_OPEN) {
                state = State.CLOSED;
                stay++;
            }
            return state;
        }

        public void open() {
            state = State.OPEN;
            stay++;
        }

        public void halfOpen() {
            state = State.HALF_OPEN;
            stay++;
        }
    }

    /** Looks at the state, then sets it and tells: two threads tell one transition. */
    public static class ToldTwice {
        private final AtomicReference<State> state = new AtomicReference<>(State.CLOSED);
        private final AtomicInteger told = new AtomicInteger();

        @Operation
        public void fail() {
            if (state.get() == State.CLOSED) {
                state.set(State.OPEN);
                told.incrementAndGet();
            }
        }

        @Validate
        public void toldOnce() {
            if (told.get() > 1) {
                throw new AssertionError("told " + told);
            }
        }
    }

    @Test
    @DisplayName("CB-1 CB-9 a closed breaker: calls, endings and explicit transitions at once have an order")
    void closed() {
        Models.lockFree()
                .actorsBefore(0)
                .sequentialSpecification(ClosedSpec.class)
                .check(Closed.class);
    }

    @Test
    @DisplayName(
            "CB-1 CB-2 CB-3 CB-5 CB-9 an open breaker that tries: trials, late results, explicit transitions and time")
    void waiting() {
        Models.lockFree()
                .actorsBefore(0)
                .sequentialSpecification(WaitingSpec.class)
                .check(Waiting.class);
    }

    @Test
    @DisplayName("CB-1 negative control: without the generation, a late success closes the breaker")
    void late() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree()
                        .sequentialSpecification(LateResultsSpec.class)
                        .check(LateResults.class));
    }

    @Test
    @DisplayName("CB-9 negative control: a state that is looked at and then set is told twice")
    void twice() {
        Models.caught("AssertionError", () -> Models.lockFree().actorsBefore(0).check(ToldTwice.class));
    }
}
