// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final int SECONDS = 1_000;
    private static final List<Arrivals.Arrival> ARRIVALS = Arrivals.poisson(280, SECONDS, 40, 1);

    @Test
    void areTheSameForTheSameSeed() {
        assertThat(Arrivals.poisson(280, SECONDS, 40, 1)).isEqualTo(ARRIVALS);
        assertThat(Arrivals.poisson(280, SECONDS, 40, 2)).isNotEqualTo(ARRIVALS);
    }

    @Test
    void comeOneAfterTheOtherAndWithinTheTime() {
        assertThat(ARRIVALS).extracting(Arrivals.Arrival::nanos).isSorted();
        assertThat(ARRIVALS).allSatisfy(arrival -> {
            assertThat(arrival.nanos()).isBetween(0L, SECONDS * 1_000_000_000L - 1);
            assertThat(arrival.client()).isBetween(0, 39);
        });
    }

    /** What makes a process a Poisson one: gaps whose mean and deviation are the same. */
    @Test
    void haveExponentialGaps() {
        List<Double> gaps = IntStream.range(1, ARRIVALS.size())
                .mapToObj(i -> (ARRIVALS.get(i).nanos() - ARRIVALS.get(i - 1).nanos()) / 1e9)
                .collect(Collectors.toList());
        double mean = gaps.stream().mapToDouble(gap -> gap).average().orElseThrow();
        double variance = gaps.stream()
                .mapToDouble(gap -> (gap - mean) * (gap - mean))
                .average()
                .orElseThrow();
        assertThat(1 / mean).isCloseTo(280, within(3.0));
        assertThat(Math.sqrt(variance) / mean).isCloseTo(1, within(0.02));
    }

    @Test
    void areSharedEvenly() {
        long first = ARRIVALS.stream().filter(arrival -> arrival.client() == 0).count();
        assertThat(first).isBetween(6_700L, 7_300L);
    }
}
