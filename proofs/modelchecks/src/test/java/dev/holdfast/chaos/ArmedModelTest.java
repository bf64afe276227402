// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Arming and disarming while calls come and wait. Each operation is done once. */
class ArmedModelTest {
    /** Whoever waits when it is disarmed is woken, whoever of the two comes first. */
    public static class Waiting {
        private final ManualTime time = new ManualTime();
        private final Chaos chaos = Chaos.builder("c").environment(time).hang(1).build();
        private final Armed armed;
        private final AtomicInteger woken = new AtomicInteger();
        private volatile boolean waits;

        public Waiting() {
            ChaosPermission.grant("tests");
            armed = new Terms("e", "o", "r", time, 1_000, 1, Blast.unlimited(), null).arm(chaos);
        }

        @Operation(runOnce = true)
        public void await() {
            armed.waits(woken::incrementAndGet);
            waits = true;
        }

        @Operation(runOnce = true)
        public void disarm() {
            armed.disarm();
        }

        @Validate
        public void nobodyIsForgotten() {
            if (waits && armed.isOver() && woken.get() == 0) {
                throw new AssertionError("waits for ever");
            }
        }
    }

    /** A wait that looks first and puts itself on the list then is forgotten. */
    public static class Forgetful {
        private volatile boolean over;
        private volatile @Nullable Runnable waiting;
        private final AtomicInteger woken = new AtomicInteger();
        private volatile boolean waits;

        @Operation(runOnce = true)
        public void await() {
            if (over) {
                woken.incrementAndGet();
            } else {
                waiting = woken::incrementAndGet;
            }
            waits = true;
        }

        @Operation(runOnce = true)
        public void disarm() {
            over = true;
            Runnable one = waiting;
            if (one != null) {
                one.run();
            }
        }

        @Validate
        public void nobodyIsForgotten() {
            if (waits && over && woken.get() == 0) {
                throw new AssertionError("waits for ever");
            }
        }
    }

    @Test
    @DisplayName("CH-2 whoever waits when an injection is disarmed is woken")
    void waiting() {
        Models.race().check(Waiting.class);
    }

    @Test
    @DisplayName("CH-2 negative control: who looks first and waits then is forgotten")
    void forgetful() {
        Models.caught("waits for ever", () -> Models.race().check(Forgetful.class));
    }
}
