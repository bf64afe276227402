// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StateSnapshotTest extends BreakerTest {
    @Test
    @DisplayName("CB-6 whoever hears of the opening sees the whole wait")
    void listenerSeesTheWholeWait() {
        time.advance(Duration.ofHours(1));
        CircuitBreaker breaker = tripping().build();
        List<Report> seen = new ArrayList<>();
        breaker.on(StateChanged.class, event -> seen.add(breaker.report()));
        fail(breaker);
        assertThat(seen).singleElement().satisfies(report -> {
            assertThat(report.state()).isEqualTo(State.OPEN);
            assertThat(report.untilNextTrial()).isEqualTo(WAIT);
        });
    }

    @Test
    @DisplayName("CB-6 threads: no reader sees a state with the time or the trials of another")
    void noReaderSeesAMixture() throws Exception {
        CircuitBreaker breaker = tripping().build();
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicInteger opened = new AtomicInteger();
        ConcurrentLinkedQueue<Report> wrong = new ConcurrentLinkedQueue<>();
        race(3, number -> {
            if (number == 0) {
                for (int i = 0; i < 3_000; i++) {
                    fail(breaker);
                    breaker.transitionTo(State.HALF_OPEN);
                    succeed(breaker);
                }
                running.set(false);
            }
            while (running.get()) {
                Report report = breaker.report();
                boolean open = report.state() == State.OPEN;
                opened.addAndGet(open ? 1 : 0);
                if (!report.untilNextTrial().equals(open ? WAIT : Duration.ZERO)
                        || report.trialsRunning() > (report.state() == State.HALF_OPEN ? 1 : 0)
                        || report.failures() > report.calls()) {
                    wrong.add(report);
                }
            }
        });
        assertThat(opened).hasPositiveValue();
        assertThat(wrong).isEmpty();
    }

    @Test
    @DisplayName("CB-6 threads: an open breaker admits nobody before its wait is over")
    void nobodyIsAdmittedByAnOpenBreaker() throws Exception {
        CircuitBreaker breaker = tripping().build();
        AtomicInteger opened = new AtomicInteger();
        breaker.on(StateChanged.class, event -> opened.incrementAndGet());
        AtomicInteger admittedAfter = new AtomicInteger();
        race(3, number -> {
            for (int i = 0; i < 5_000; i++) {
                boolean isOpen = breaker.state() == State.OPEN;
                var permit = breaker.tryAcquire();
                if (permit != null) {
                    admittedAfter.addAndGet(isOpen ? 1 : 0);
                    permit.failed();
                }
            }
        });
        assertThat(opened).hasValue(1);
        assertThat(admittedAfter).hasValue(0);
    }
}
