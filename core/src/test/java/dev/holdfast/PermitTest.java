// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PermitTest {
    private final CountingGate gate = new CountingGate("gate");

    @Test
    @DisplayName("BH-2 the first report counts, every later one changes nothing")
    void firstReportCounts() {
        Permit permit = gate.acquire();
        assertThat(permit.failed()).isTrue();
        assertThat(permit.succeeded()).isFalse();
        assertThat(permit.failed()).isFalse();
        assertThat(permit.ignored()).isFalse();
        assertThat(permit.ended("result", null)).isFalse();
        permit.close();

        assertThat(gate.left).hasValue(1);
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 1, 0, 0, 0));
        assertThat(gate.acquire().succeeded()).isTrue();
        assertThat(gate.acquire().ignored()).isTrue();
        assertThat(gate.acquire().ended("result", null)).isTrue();
        assertThat(gate.counts()).isEqualTo(new CallCounts(2, 1, 1, 0, 0));
    }

    @Test
    @DisplayName("A permit that is closed without a report counts as ignored")
    void closedWithoutReport() {
        try (Permit permit = gate.acquire()) {
            assertThat(permit).isNotNull();
        }
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 1, 0, 0));
    }

    @Test
    @DisplayName("An outcome is reported as the gate's classifier sees it")
    void classified() {
        gate.acquire().ended("result", null);
        gate.acquire().ended(null, new Exception());
        gate.acquire().ended(null, new InterruptedException());
        assertThat(gate.counts()).isEqualTo(new CallCounts(1, 1, 1, 0, 0));
    }

    @Test
    @DisplayName("RT-7 a classifier that throws: the permit is not lost, and reports an ending that says nothing")
    void classifierThatThrows() {
        RuntimeException broken = new IllegalStateException("predicate");
        gate.classifyBy(Classifier.standard().failIf(thrown -> {
            throw broken;
        }));
        try (Permit permit = gate.acquire()) {
            assertThat(permit.ended(null, new Exception())).isTrue();
            assertThat(gate.left).hasValue(1);
        }
        assertThat(gate.left).hasValue(1);
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 1, 0, 0));
    }

    @Test
    @DisplayName("A gate that is shut gives no permit: null from tryAcquire, a refusal from acquire, both counted")
    void refused() {
        gate.shut = true;
        assertThat(gate.tryAcquire()).isNull();
        assertThatThrownBy(gate::acquire).isInstanceOf(CountingGate.Refusal.class);
        assertThat(gate.counts()).isEqualTo(new CallCounts(0, 0, 0, 2, 0));
        assertThat(gate.entered).hasValue(0);
    }

    @Test
    @DisplayName("A refusal says when to come again where that is known, from zero up")
    void retryAfter() {
        gate.shut = true;
        assertThatThrownBy(gate::acquire)
                .hasMessage("'gate' refused the call")
                .extracting(refusal -> ((RejectedException) refusal).retryAfterNanos())
                .isEqualTo(RejectedException.UNKNOWN);
        gate.retryAfterNanos = 0;
        assertThatThrownBy(gate::acquire).hasMessage("'gate' refused the call; retry after PT0S");
        gate.retryAfterNanos = 1_500_000;
        assertThatThrownBy(gate::acquire)
                .hasMessage("'gate' refused the call; retry after PT0.0015S")
                .extracting(refusal -> ((RejectedException) refusal).retryAfterNanos())
                .isEqualTo(1_500_000L);
    }

    @Test
    @DisplayName("BH-2 two threads report one permit: the gate is left once")
    void reportedTwiceAtOnce() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        CyclicBarrier together = new CyclicBarrier(2);
        try {
            for (int round = 1; round <= 2000; round++) {
                Permit permit = gate.acquire();
                Future<Boolean> theirs = other.submit(() -> {
                    together.await(10, TimeUnit.SECONDS);
                    return permit.failed();
                });
                together.await(10, TimeUnit.SECONDS);
                boolean mine = permit.succeeded();
                assertThat(theirs.get(10, TimeUnit.SECONDS)).isNotEqualTo(mine);
                assertThat(gate.left).hasValue(round);
            }
        } finally {
            other.shutdownNow();
        }
    }
}
