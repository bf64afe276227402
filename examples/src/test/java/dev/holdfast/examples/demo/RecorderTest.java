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
    void recoversWithTheFirstOfEnoughGoodAnswersInARow() {
        recorder.enter(1, Fault.FROZEN, 0);
        recorder.enter(2, Fault.HEALTHY, 1_000 * MILLI);
        // Began in the fault: says nothing about the recovery.
        recorder.ended(1, 900 * MILLI, 1_001 * MILLI, Outcome.FRESH);
        good(1_010, 3);
        recorder.ended(2, 1_100 * MILLI, 1_400 * MILLI, Outcome.FRESH);
        good(1_500, RecoveryWatch.IN_A_ROW - 1);
        assertThat(recorder.recoveryNanos(1)).isEqualTo(-1);

        good(1_700, 1);
        recorder.ended(2, 1_800 * MILLI, 1_900 * MILLI, Outcome.FAILED);

        assertThat(recorder.recoveryNanos(1)).isEqualTo(501 * MILLI);
        assertThat(recorder.recoveryNanos(0)).isEqualTo(-1);
    }

    private void good(long startMillis, int calls) {
        for (int i = 0; i < calls; i++) {
            recorder.ended(2, (startMillis + i) * MILLI, (startMillis + i + 1) * MILLI, Outcome.FRESH);
        }
    }
}
