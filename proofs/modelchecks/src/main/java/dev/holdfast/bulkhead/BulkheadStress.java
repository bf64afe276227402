// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Ending;
import dev.holdfast.Turn;
import dev.holdfast.TurnEnd;
import dev.holdfast.internal.Require;
import dev.holdfast.modelchecks.ManualTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Races of two threads at a bulkhead. */
public final class BulkheadStress {
    private BulkheadStress() {}

    /** BH-3: a waiter gives up while the one permit is handed to it. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "it got the permit")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "it gave up, the permit is free")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the permit is lost, or there are two")
    @State
    public static class GiveUp {
        private final Bulkhead bulkhead = Bulkhead.builder("stress")
                .environment(new ManualTime())
                .limit(1)
                .queue(1)
                .build();
        private final Turn turn;

        /** One is in, another waits. */
        public GiveUp() {
            bulkhead.enter(0);
            turn = Require.nonNull(bulkhead.queue(0, Long.MAX_VALUE), "turn");
        }

        /** The first leaves. */
        @Actor
        public void leave() {
            bulkhead.exit(0, Ending.SUCCESS, null, 0, 0);
        }

        /** The other gives up. */
        @Actor
        public void giveUp(II_Result seen) {
            seen.r1 = TurnEnd.giveUp(turn) >= 0 ? 1 : 0;
        }

        /** What is free afterwards. */
        @Arbiter
        public void free(II_Result seen) {
            seen.r2 = 1 - bulkhead.report().inFlight();
        }
    }

    /** BH-3, negative control: both look, and then decide. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "it got the permit")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "it gave up, the permit is free")
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE_INTERESTING, desc = "MUST BE SEEN: the permit is lost")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE_INTERESTING, desc = "there are two permits")
    @State
    public static class GiveUpMutant {
        private final AtomicInteger free = new AtomicInteger();
        private volatile int decided;

        /** Grants, or gives the permit back. */
        @Actor
        public void leave() {
            if (decided == 0) {
                decided = 1;
            } else {
                free.incrementAndGet();
            }
        }

        /** Gives up, or is in. */
        @Actor
        public void giveUp(II_Result seen) {
            if (decided == 0) {
                decided = 2;
            } else {
                seen.r1 = 1;
            }
        }

        /** What is free afterwards. */
        @Arbiter
        public void free(II_Result seen) {
            seen.r2 = free.get();
        }
    }
}
