// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Going round a map in steps of bounded length. */
class RoundTest {
    private final ConcurrentHashMap<Object, Integer> map = new ConcurrentHashMap<>();
    private final Round<Integer> round = new Round<>(map);

    private void put(int keys) {
        for (int i = 0; i < keys; i++) {
            map.put(i, i);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 9, 100, 5_000})
    void aRoundComesByEachEntryOnce(int keys) {
        put(keys);
        for (int times = 0; times < 3; times++) {
            assertThat(round.isOver()).isTrue();
            round.begin();
            Map<Object, Integer> seen = new HashMap<>();
            while (!round.isOver()) {
                AtomicInteger step = new AtomicInteger();
                round.goOn(8, (key, value) -> {
                    assertThat(seen.put(key, value)).isNull();
                    step.incrementAndGet();
                });
                assertThat(step.get()).isLessThanOrEqualTo(8);
            }
            assertThat(seen).isEqualTo(map);
        }
    }

    @Test
    void inAFullMapEachStepComesByAsManyAsItMay() {
        for (int i = 0; i < 5_000; i++) {
            map.put(i * 0x9E3779B9, i); // Spread over the table, as hashes are.
        }
        round.begin();
        int fewer = 0;
        while (!round.isOver()) {
            AtomicInteger step = new AtomicInteger();
            round.goOn(8, (key, value) -> step.incrementAndGet());
            fewer += step.get() < 8 ? 1 : 0;
        }
        assertThat(fewer).isLessThanOrEqualTo(1);
    }

    @Test
    void inAMapThatWasLargeAStepWalksAFewBinsOnly() {
        put(100_000);
        map.clear();
        round.begin();
        int steps = 0;
        for (; !round.isOver(); steps++) {
            round.goOn(8, (key, value) -> {
                throw new AssertionError(key);
            });
        }
        // A table for 100,000 has at least as many bins.
        assertThat(steps).isBetween(100_000 / 2 / Round.BINS, 1 << 18);
    }

    @Test
    void entriesThatComeAndGoMeanwhile() {
        put(1_000);
        round.begin();
        AtomicInteger seen = new AtomicInteger();
        for (int i = 0; !round.isOver(); i++) {
            map.remove(i);
            map.put(10_000 + 100 * i, 0);
            for (int j = 0; j < 50; j++) {
                map.put(100_000 + 50 * i + j, 0);
            }
            round.goOn(8, (key, value) -> seen.incrementAndGet());
        }
        assertThat(seen.get()).isGreaterThan(800);
    }
}
