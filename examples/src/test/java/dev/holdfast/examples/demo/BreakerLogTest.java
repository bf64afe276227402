// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BreakerLogTest {
    private final BreakerLog log = new BreakerLog();

    @Test
    void startsClosed() {
        assertThat(log.state()).isEqualTo(BreakerLog.CLOSED);
        assertThat(log.stateAt(0)).isEqualTo(BreakerLog.CLOSED);
    }

    @Test
    void knowsTheStateAtATime() {
        log.changed(10, BreakerLog.OPEN);
        log.changed(20, "HALF_OPEN");

        assertThat(log.stateAt(9)).isEqualTo(BreakerLog.CLOSED);
        assertThat(log.stateAt(10)).isEqualTo(BreakerLog.OPEN);
        assertThat(log.stateAt(25)).isEqualTo("HALF_OPEN").isEqualTo(log.state());
    }

    @Test
    void knowsWhetherAStateCameInARange() {
        log.changed(10, BreakerLog.OPEN);

        assertThat(log.came(BreakerLog.OPEN, 10, 11)).isTrue();
        assertThat(log.came(BreakerLog.OPEN, 0, 10)).isFalse();
        assertThat(log.came(BreakerLog.OPEN, 11, 99)).isFalse();
    }

    @Test
    void doesNotGrowForEver() {
        for (int i = 0; i < 10_000; i++) {
            log.changed(i, BreakerLog.OPEN);
        }

        assertThat(log.changes()).hasSizeLessThan(5_000);
    }
}
