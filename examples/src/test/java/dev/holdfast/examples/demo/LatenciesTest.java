// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatenciesTest {
    private final Latencies latencies = new Latencies();

    @Test
    void hasNoPercentileWithoutCalls() {
        assertThat(latencies.percentile(0.5)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(longs = {2_000, 77_777, 1_000_000, 500_000_000, 9_000_000_000L})
    void roundsUpByAtMostTwoPercent(long nanos) {
        latencies.add(nanos);
        latencies.add(nanos * 2);

        assertThat(latencies.percentile(0.5)).isGreaterThanOrEqualTo(nanos).isCloseTo(nanos, withinPercentage(2));
    }

    @Test
    void findsPercentiles() {
        for (int millis = 1; millis <= 100; millis++) {
            latencies.add(millis * 1_000_000L);
        }

        assertThat(latencies.percentile(0.5)).isCloseTo(50_000_000, withinPercentage(2));
        assertThat(latencies.percentile(0.99)).isCloseTo(99_000_000, withinPercentage(2));
        assertThat(latencies.percentile(1)).isEqualTo(100_000_000);
    }

    @Test
    void takesWhatIsOffTheScale() {
        latencies.add(0);
        latencies.add(Long.MAX_VALUE);

        assertThat(latencies.percentile(0.5)).isBetween(0L, 2_000L);
        assertThat(latencies.percentile(1)).isGreaterThan(9_000_000_000L);
    }

    @Test
    void addsUp() {
        Latencies other = new Latencies();
        other.add(3_000_000);
        latencies.add(1_000_000);
        latencies.add(other);

        assertThat(latencies.percentile(1)).isCloseTo(3_000_000, withinPercentage(2));
    }
}
