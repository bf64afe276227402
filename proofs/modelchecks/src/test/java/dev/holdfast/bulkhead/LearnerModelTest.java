// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Environment;
import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The estimate of an adaptive limit, fed by calls that end at the same time. */
class LearnerModelTest {
    /** An estimate that is not thread-safe, and goes down by one at each drop. */
    private static final class Drops implements Limit.Estimate {
        private int limit = 8;
        private int inside;

        @Override
        public int update(long elapsedNanos, int inFlight, boolean dropped) {
            inside++;
            limit -= dropped ? 1 : 0;
            if (inside != 1) {
                throw new AssertionError("two threads in one estimate");
            }
            inside--;
            return limit;
        }
    }

    /** Two calls that end. */
    public static class Model {
        final Learner learner;
        private final AtomicInteger dropped = new AtomicInteger();
        private final AtomicBoolean collided = new AtomicBoolean();

        public Model() {
            Drops drops = new Drops();
            Limit settings = new Limit() {
                @Override
                public int initial() {
                    return 8;
                }

                @Override
                public int max() {
                    return 8;
                }

                @Override
                public Estimate start(Environment environment) {
                    return drops;
                }
            };
            learner = new Learner(settings, new ManualTime());
        }

        @Operation
        public void drop() {
            tryTo(true);
            dropped.incrementAndGet();
        }

        @Operation
        public void success() {
            tryTo(false);
        }

        private void tryTo(boolean drop) {
            try {
                learn(drop);
            } catch (AssertionError together) {
                collided.set(true);
            }
        }

        void learn(boolean drop) {
            learner.learn(1, 1, 1, drop);
        }

        /** Drops that come together count as one, but never as none. */
        @Validate
        public void noDropIsLost() {
            if (collided.get()) {
                throw new AssertionError("two threads in one estimate");
            }
            learn(false);
            int lost = 8 - learner.limit();
            if (lost > dropped.get() || dropped.get() > 0 && lost == 0) {
                throw new AssertionError("limit down by " + lost + " after " + dropped + " drops");
            }
        }
    }

    /** Leaves a drop out when another call is being learnt from. */
    public static class ForgetsDrops extends Model {
        private final AtomicBoolean busy = new AtomicBoolean();

        @Override
        void learn(boolean drop) {
            if (busy.compareAndSet(false, true)) {
                super.learn(drop);
                busy.set(false);
            }
        }
    }

    @Test
    @DisplayName("BH-8 one call at a time is learnt from, nobody waits for it, and no drop is lost")
    void drops() {
        Models.lockFree().check(Model.class);
        Models.race().iterations(12).check(Model.class);
    }

    @Test
    @DisplayName("BH-8 negative control: who leaves out all that comes meanwhile loses a drop")
    void forgotten() {
        Models.caught("limit down by 0", () -> Models.race().iterations(12).check(ForgetsDrops.class));
    }
}
