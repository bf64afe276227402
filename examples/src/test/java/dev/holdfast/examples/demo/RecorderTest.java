// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecorderTest {
    private static final long MILLI = 1_000_000;

    private final Recorder recorder = new Recorder(Duration.ofSeconds(2), 3);

    @Test
    void countsACallWhereItEndedAndOnTheBillOfThePhaseInWhichItBegan() {
        recorder.enter(1, Fault.FROZEN, 0);
        recorder.ended(0, 100 * MILLI, 600 * MILLI, Outcome.FAILED);

        assertThat(recorder.between(2, 3).count(Outcome.FAILED)).isOne();
        assertThat(recorder.between(0, 2).due()).isZero();
        assertThat(recorder.phase(0).count(Outcome.FAILED)).isOne();
        assertThat(recorder.phase(1).due()).isZero();
    }

    @Test
    void addsWhatEndsTooLateToTheLastBucket() {
        recorder.ended(0, 0, 60_000 * MILLI, Outcome.FRESH);

        assertThat(recorder.between(recorder.buckets() - 1, recorder.buckets()).answered())
                .isOne();
        assertThat(recorder.total().answered()).isOne();
    }

    @Test
    void cutsRangesToWhatExists() {
        recorder.missed(0, 0);

        assertThat(recorder.between(-5, 1_000).count(Outcome.MISSED)).isOne();
        assertThat(recorder.between(5, 2).due()).isZero();
    }

    @Test
    void tellsLostTimeFromTimeWellSpent() {
        recorder.ended(0, 0, 10 * MILLI, Outcome.FRESH);
        recorder.ended(0, 0, 400 * MILLI, Outcome.FRESH);
        recorder.ended(0, 0, 500 * MILLI, Outcome.FAILED);
        recorder.ended(0, 0, 2 * MILLI, Outcome.DEGRADED);

        assertThat(recorder.total().lostNanos()).isEqualTo(902 * MILLI);
    }

    @Test
    void countsRequestsInTheCurrentPhase() {
        recorder.requested(0);
        recorder.enter(1, Fault.ERRORS, 10);
        recorder.requested(20);
        recorder.requested(30);

        assertThat(recorder.phase(0).requests()).isOne();
        assertThat(recorder.phase(1).requests()).isEqualTo(2);
        assertThat(recorder.total().requests()).isEqualTo(3);
    }

    @Test
    void givesTheShareOfCallsDue() {
        recorder.ended(0, 0, 1, Outcome.FRESH);
        recorder.ended(0, 0, 1, Outcome.DEGRADED);
        recorder.ended(0, 0, 1, Outcome.FAILED);
        recorder.missed(0, 1);

        assertThat(recorder.total().due()).isEqualTo(4);
        assertThat(recorder.total().answeredPercent()).isEqualTo(50);
        assertThat(recorder.phase(1).answeredPercent()).isZero();
    }

    @Test
    void recoversWithTheFirstOfFiveGoodSeconds() {
        recorder.enter(1, Fault.FROZEN, 0);
        recorder.enter(2, Fault.HEALTHY, 1_000 * MILLI);
        // Began in the fault: says nothing about the recovery.
        recorder.ended(1, 900 * MILLI, 1_001 * MILLI, Outcome.FAILED);
        second(0, 20, 0);
        // Ends two seconds later, and belongs to the second in which it began.
        recorder.ended(2, 2_100 * MILLI, 4_100 * MILLI, Outcome.DEGRADED);
        second(1, 18, 0);
        // 95 of 100 are enough.
        second(2, 19, 1);
        for (int i = 3; i < 7; i++) {
            second(i, 20, 0);
        }
        recorder.missed(2, 8_500 * MILLI);

        recorder.finish(7_900 * MILLI);
        assertThat(recorder.recovery(1)).isEqualTo(new Recovery(1, false)).hasToString("> 1 s");
        recorder.finish(8_500 * MILLI);
        assertThat(recorder.recovery(1)).isEqualTo(new Recovery(2, true)).hasToString("2 s");
        assertThat(recorder.recovery(0)).isEqualTo(new Recovery(0, false));
    }

    @Test
    void hasNotRecoveredInASecondInWhichNothingIsDue() {
        recorder.enter(1, Fault.KILLED, 0);
        recorder.enter(2, Fault.HEALTHY, 1_000 * MILLI);
        second(0, 20, 0);
        second(2, 20, 0);
        recorder.missed(2, 4_000 * MILLI);
        for (int i = 4; i < 9; i++) {
            second(i, 20, 0);
        }
        recorder.finish(11_000 * MILLI);

        assertThat(recorder.recovery(1)).isEqualTo(new Recovery(4, true));
    }

    private void second(int second, int fresh, int failed) {
        long start = (1_000 + 1_000L * second) * MILLI;
        for (int i = 0; i < fresh + failed; i++) {
            recorder.ended(2, start, start + MILLI, i < fresh ? Outcome.FRESH : Outcome.FAILED);
        }
    }
}
