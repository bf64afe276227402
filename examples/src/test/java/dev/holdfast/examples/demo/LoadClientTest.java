// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoadClientTest {
    private static final Pace PACE = new Pace(Duration.ofMillis(1), Duration.ofMillis(50));

    private final Recorder recorder = new Recorder(Duration.ofSeconds(30), 1);
    private final AtomicReference<Throwable> unexpected = new AtomicReference<>();
    private LoadClient caller;

    @Test
    void tellsFreshFromDegradedAndFailed() {
        assertThat(once(sku -> new Answer(1, false))).isEqualTo(Outcome.FRESH);
        assertThat(once(sku -> new Answer(1, true))).isEqualTo(Outcome.DEGRADED);
        assertThat(once(sku -> {
                    throw new IOException();
                }))
                .isEqualTo(Outcome.FAILED);
    }

    @Test
    void hasNoUseForAnAnswerThatComesTooLate() {
        assertThat(once(sku -> {
                    sleep(PACE.patience().multipliedBy(2));
                    return new Answer(1, false);
                }))
                .isEqualTo(Outcome.FAILED);
    }

    @Test
    void reportsWhatNoFaultExplains() {
        caller = caller(sku -> {
            throw new IllegalStateException("a mistake");
        });
        caller.run();

        assertThat(unexpected.get()).hasMessage("a mistake");
    }

    @Test
    void doesNotCallOnceItIsStopped() {
        caller = caller(sku -> new Answer(1, false));
        caller.stop();
        caller.run();

        assertThat(recorder.total().due()).isZero();
    }

    /** What becomes of a single call. */
    private Outcome once(Stocks stocks) {
        long[] before = counts();
        caller = caller(sku -> {
            caller.stop();
            return stocks.stock(sku);
        });
        caller.run();
        long[] after = counts();
        for (Outcome outcome : new Outcome[] {Outcome.FRESH, Outcome.DEGRADED, Outcome.FAILED}) {
            if (after[outcome.ordinal()] > before[outcome.ordinal()]) {
                return outcome;
            }
        }
        throw new AssertionError("no call");
    }

    private long[] counts() {
        Tally total = recorder.total();
        return Arrays.stream(Outcome.values()).mapToLong(total::count).toArray();
    }

    private LoadClient caller(Stocks stocks) {
        return new LoadClient(stocks, recorder, new Stopwatch(), PACE, 0, unexpected);
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
