// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LimitLogTest {
    private final LimitLog log = new LimitLog();

    @Test
    void knowsTheLimitAtATime() {
        log.changed(7, 50);
        log.changed(10, 5);
        log.changed(20, 8);

        assertThat(log.at(0)).isEqualTo(50);
        assertThat(log.at(10)).isEqualTo(5);
        assertThat(log.at(25)).isEqualTo(8).isEqualTo(log.now());
    }

    @Test
    void knowsTheLowestInARange() {
        log.changed(0, 50);
        log.changed(10, 5);
        log.changed(20, 8);

        assertThat(log.lowest(0, 10)).isEqualTo(50);
        assertThat(log.lowest(5, 25)).isEqualTo(5);
        assertThat(log.lowest(22, 30)).isEqualTo(8);
    }

    @Test
    void doesNotGrowForEver() {
        for (int i = 0; i < 50_000; i++) {
            log.changed(i, i);
        }

        assertThat(log.changes()).hasSizeLessThan(25_000);
    }
}
