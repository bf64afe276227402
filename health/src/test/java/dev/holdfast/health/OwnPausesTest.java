// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OwnPausesTest {
    private static final long S = 1_000_000_000L;

    @Test
    @DisplayName("FD-3 who looks while another one begins sees no pause that never was")
    void begins() throws Exception {
        ByHand time = new ByHand(3_600 * S);
        AtomicReference<OwnPauses> current = new AtomicReference<>(new OwnPauses(time, 2 * S));
        AtomicBoolean isOver = new AtomicBoolean();
        Thread looks = new Thread(() -> {
            while (!isOver.get()) {
                current.get().quietFor(3_600 * S);
            }
        });
        looks.start();
        long seen = 0;
        try {
            for (int i = 0; i < 200_000; i++) {
                OwnPauses fresh = new OwnPauses(time, 2 * S);
                current.set(fresh);
                fresh.begin(3_600 * S);
                seen += fresh.seen();
                fresh.close();
            }
        } finally {
            isOver.set(true);
            looks.join();
        }
        assertThat(seen).isZero();
    }

    @Test
    @DisplayName(
            "FD-5 a pause that a clock showed which was ahead protects nobody for longer than a limit once it is right")
    void clockIsPutRight() {
        ByHand time = new ByHand(0);
        OwnPauses pauses = new OwnPauses(time, 2 * S);
        pauses.begin(time.nanoTime());
        time.clockJumps(3_600 * S);
        time.advance(S);
        assertThat(pauses.seen()).isEqualTo(1);
        time.clockJumps(-3_600 * S);
        assertThat(pauses.quietFor(time.nanoTime())).isEqualTo(2 * S);
        time.advance(S);
        assertThat(pauses.quietFor(time.nanoTime())).isEqualTo(S);
        time.advance(S);
        assertThat(pauses.quietFor(time.nanoTime())).isNotPositive();
        pauses.close();
    }
}
