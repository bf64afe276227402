// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EvidenceTest {
    private static final long MILLIS = 1_000_000;

    private final VirtualTime time = VirtualTime.create();
    private final Limit.Estimate estimate =
            Limits.between(1, 200).startAt(40).evidence().start(time);

    private int answers(int times, long millis, int inFlight) {
        int limit = 0;
        for (int i = 0; i < times; i++) {
            limit = estimate.update(millis * MILLIS, inFlight, false);
        }
        return limit;
    }

    private int fails(int times, long millis, int inFlight) {
        int limit = 0;
        for (int i = 0; i < times; i++) {
            limit = estimate.update(millis * MILLIS, inFlight, true);
        }
        return limit;
    }

    @Test
    @DisplayName("BH-8 within the bounds after every update, whatever comes, and so is what it has learnt")
    void bounded() {
        SplittableRandom random = new SplittableRandom(8);
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (int i = 0; i < 300_000; i++) {
            int phase = i / 10_000 % 3;
            long elapsed = phase == 2 ? random.nextLong() : random.nextLong(1, 1L << random.nextInt(1, 63));
            int given = estimate.update(phase == 0 ? 1000 : elapsed, phase == 0 ? 1000 : random.nextInt(), phase == 1);
            assertThat(given).isBetween(1, 200);
            assertThat(estimate.restNanos())
                    .isBetween(0L, Duration.ofMillis(1300).toNanos());
            least = Math.min(least, given);
            most = Math.max(most, given);
        }
        assertThat(least).isEqualTo(1);
        assertThat(most).isEqualTo(200);
        assertThat(estimate.learned().get("bad-share")).isBetween(0.0, 1.0);
        assertThat(estimate.learned().get("usual")).isBetween(0.0, Long.MAX_VALUE / 1e9);
    }

    @Test
    @DisplayName("BH-8 times of zero or less change nothing, now and later")
    void badTimes() {
        Limit.Estimate spared = Limits.between(1, 200).startAt(40).evidence().start(VirtualTime.create());
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1000; i++) {
            for (long bad : new long[] {0, -1, Long.MIN_VALUE}) {
                estimate.update(bad, 100, random.nextBoolean());
            }
            long elapsed = random.nextLong(1, 100 * MILLIS);
            assertThat(estimate.update(elapsed, 100, false)).isEqualTo(spared.update(elapsed, 100, false));
        }
    }

    @Test
    @DisplayName("Calls that fail quickly, and answers that are merely slow, change nothing")
    void changesNothing() {
        answers(100, 50, 1);
        assertThat(fails(1000, 1, 40)).isEqualTo(40);
        assertThat(answers(1000, 200, 19)).isEqualTo(40);
    }

    @Test
    @DisplayName("Where none was slow, two calls that fail slowly are enough; what is halved is what was in flight")
    void shrinks() {
        answers(1000, 20, 10);
        assertThat(fails(1, 500, 10)).isEqualTo(40);
        assertThat(fails(1, 500, 10)).isEqualTo(5);
    }

    @Test
    @DisplayName("All calls under way when it shrank are one thing that has happened")
    void onceForAll() {
        answers(1000, 20, 40);
        int limit = fails(3, 500, 40);
        assertThat(limit).isEqualTo(20);
        assertThat(fails(39, 500, 40)).isEqualTo(20);
        assertThat(fails(5, 500, 20)).isEqualTo(10);
    }

    @Test
    @DisplayName("Where every fifth call fails slowly when all is well, it takes a row that chance does not explain")
    void chance() {
        SplittableRandom random = new SplittableRandom(5);
        int limit = 40;
        double sum = 0;
        for (int i = 0; i < 20_000; i++) {
            boolean bad = random.nextInt(5) == 0;
            limit = estimate.update((bad ? 500 : 20) * MILLIS, limit, bad);
            sum += limit;
        }
        assertThat(sum / 20_000).isGreaterThan(100);
        assertThat(fails(100, 500, 40)).isLessThan(20);
    }

    @Test
    @DisplayName(
            "It grows only while it is in use: by one for each quick answer, by less near the time after which calls fail")
    void grows() {
        answers(100, 20, 10);
        assertThat(answers(1000, 20, 19)).isEqualTo(40);
        assertThat(answers(10, 20, 40)).isEqualTo(50);
        answers(100, 20, 10);
        fails(2, 500, 10);
        assertThat(answers(3, 20, 8)).isEqualTo(8);
        assertThat(answers(10, 200, 8)).isLessThanOrEqualTo(9);
        assertThat(answers(1000, 300, 9)).isLessThanOrEqualTo(11);
    }

    @Test
    @DisplayName(
            "At one call in flight that fails slowly it rests, longer the second time, and not at all after a good answer")
    void rests() {
        answers(1000, 20, 1);
        fails(3, 300, 1);
        assertThat(estimate.restNanos()).isBetween(210 * MILLIS, 390 * MILLIS);
        fails(3, 300, 1);
        assertThat(estimate.restNanos()).isBetween(420 * MILLIS, 780 * MILLIS);
        assertThat(answers(1, 20, 1)).isEqualTo(2);
        assertThat(estimate.restNanos()).isZero();
        assertThat(estimate.learned()).containsEntry("fails-after", 0.3).containsKeys("usual", "bad-share");
    }

    @Test
    @DisplayName("What nobody has waited for is no time limit: a caller who goes early does not hold the limit down")
    void callersThatGo() {
        answers(1000, 150, 40);
        fails(30, 310, 40);
        assertThat(fails(30, 310, 1)).isEqualTo(1);
        assertThat(answers(200, 400, 1)).isGreaterThan(1);
        int limit = 1;
        for (int i = 0; i < 1000; i++) {
            limit = estimate.update(400 * MILLIS, limit, false);
        }
        assertThat(limit).isGreaterThan(40);
    }

    @Test
    @DisplayName("Where all calls fail, what was usual says nothing any more")
    void failsSooner() {
        answers(1000, 1000, 10);
        assertThat(fails(100, 800, 10)).isEqualTo(1);
    }

    @Test
    @DisplayName("A long overload is not taken for usual")
    void longOverload() {
        answers(1000, 20, 20);
        int limit = 0;
        for (int i = 0; i < 20_000; i++) {
            limit = estimate.update(
                    Math.min(500, 12L * Math.max(1, limit)) * MILLIS, Math.max(1, limit), 12 * limit >= 500);
        }
        // One call takes 12 ms for each that is in flight: what fits into 500 ms is 41.
        assertThat(limit).isBetween(10, 41);
    }
}
