// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.modelchecks.ManualTime;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Races of two threads at a breaker. */
public final class CircuitBreakerStress {
    private CircuitBreakerStress() {}

    private static CircuitBreaker breaker(ManualTime time) {
        return CircuitBreaker.builder("stress")
                .environment(time)
                .over(Window.calls(1))
                .openFor(Duration.ofNanos(10))
                .trials(1)
                .build();
    }

    /** CB-2: of two calls that come after the wait, one is the trial. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = Expect.ACCEPTABLE,
            desc = "one trial")
    @Outcome(expect = Expect.FORBIDDEN, desc = "none, or more than one")
    @org.openjdk.jcstress.annotations.State
    public static class OneTrial {
        private final ManualTime time = new ManualTime();
        private final CircuitBreaker breaker = breaker(time);

        /** The wait is over. */
        public OneTrial() {
            breaker.transitionTo(State.OPEN);
            time.now = 10;
        }

        /** A call. */
        @Actor
        public void first(ZZ_Result seen) {
            seen.r1 = breaker.enter(10) >= 0;
        }

        /** Another. */
        @Actor
        public void second(ZZ_Result seen) {
            seen.r2 = breaker.enter(10) >= 0;
        }
    }

    /** CB-2, negative control: looks whether the trial is free, then takes it. */
    @JCStressTest
    @Outcome(
            id = {"true, false", "false, true"},
            expect = Expect.ACCEPTABLE,
            desc = "one trial")
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: two trials")
    @Outcome(expect = Expect.FORBIDDEN, desc = "none")
    @org.openjdk.jcstress.annotations.State
    public static class OneTrialMutant {
        private volatile int started;

        private boolean start() {
            if (started != 0) {
                return false;
            }
            started = 1;
            return true;
        }

        /** A call. */
        @Actor
        public void first(ZZ_Result seen) {
            seen.r1 = start();
        }

        /** Another. */
        @Actor
        public void second(ZZ_Result seen) {
            seen.r2 = start();
        }
    }

    /** CB-6: who sees OPEN sees since when and for how long. */
    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "not open yet")
    @Outcome(id = "10, 7", expect = Expect.ACCEPTABLE, desc = "open, with its time")
    @Outcome(expect = Expect.FORBIDDEN, desc = "open without its time")
    @org.openjdk.jcstress.annotations.State
    public static class OpenedAt {
        private final ManualTime time = new ManualTime();
        private final CircuitBreaker breaker = breaker(time);

        /** Closed, and all of its past at time 0. */
        public OpenedAt() {
            time.now = 7;
        }

        /** Opens at 7, for 10. */
        @Actor
        public void open() {
            breaker.transitionTo(State.OPEN);
        }

        /** Reads at 7, so the rest is the whole wait. */
        @Actor
        public void read(JJ_Result seen) {
            CircuitBreaker.Report report = breaker.report();
            boolean open = report.state() == State.OPEN;
            seen.r1 = open ? report.untilNextTrial().toNanos() : -1;
            seen.r2 = open ? time.now : -1;
        }
    }

    /** CB-6, negative control: two fields, the state first. */
    @JCStressTest
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "not open yet")
    @Outcome(id = "10, 7", expect = Expect.ACCEPTABLE, desc = "open, with its time")
    @Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: open without its time")
    @org.openjdk.jcstress.annotations.State
    public static class OpenedAtMutant {
        private volatile boolean open;
        private volatile long since;

        /** Opens at 7, for 10. */
        @Actor
        public void open() {
            open = true;
            since = 7;
        }

        /** Reads at 7, so the rest is the whole wait. */
        @Actor
        public void read(JJ_Result seen) {
            boolean isOpen = open;
            seen.r1 = isOpen ? 10 - (7 - since) : -1;
            seen.r2 = isOpen ? 7 : -1;
        }
    }
}
