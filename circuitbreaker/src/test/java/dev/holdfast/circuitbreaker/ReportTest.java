// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallCounts;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Permit;
import dev.holdfast.Subscription;
import dev.holdfast.circuitbreaker.CircuitBreaker.Report;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReportTest extends BreakerTest {
    @Test
    @DisplayName("CB-6 a new breaker reports nothing, and rates that are not a number")
    void newBreaker() {
        Report report = CircuitBreaker.ofDefaults("new").report();
        assertThat(report).isEqualTo(new Report(State.CLOSED, 0, 0, 0, 0, Duration.ZERO, 0, 0));
        assertThat(report.failureRate()).isNaN();
        assertThat(report.slowCallRate()).isNaN();
    }

    @Test
    @DisplayName("CB-6 reports state, counts, rates and time in every state of a life")
    void reportsInEveryState() {
        CircuitBreaker breaker = CircuitBreaker.builder("life")
                .environment(time)
                .over(Window.calls(4))
                .slowCalls(Duration.ofMillis(100), 1)
                .openFor(WAIT)
                .trials(3)
                .trialSuccesses(2)
                .build();
        Permit late = admitted(breaker);
        succeed(breaker);
        Permit slow = admitted(breaker);
        time.advance(Duration.ofMillis(100).plusNanos(1));
        slow.succeeded();
        succeed(breaker);
        assertThat(breaker.report()).isEqualTo(new Report(State.CLOSED, 3, 0, 1, 0, Duration.ZERO, 0, 0));
        assertThat(breaker.report().slowCallRate()).isEqualTo(1.0 / 3);
        fail(breaker);
        fail(breaker);
        assertThat(breaker.report()).isEqualTo(new Report(State.OPEN, 4, 2, 1, 0, WAIT, 0, 0));
        assertThat(breaker.report().failureRate()).isEqualTo(0.5);
        time.advance(Duration.ofSeconds(4));
        assertThat(breaker.report().untilNextTrial()).isEqualTo(Duration.ofSeconds(6));
        late.failed();
        time.advance(Duration.ofSeconds(7));
        assertThat(breaker.report()).isEqualTo(new Report(State.OPEN, 4, 2, 1, 0, Duration.ZERO, 0, 1));
        fail(breaker);
        admitted(breaker);
        assertThat(breaker.report()).isEqualTo(new Report(State.HALF_OPEN, 1, 1, 0, 0, Duration.ZERO, 1, 1));
    }

    @Test
    @DisplayName("CB-6 a slow trial is reported as slow")
    void slowTrialIsReportedAsSlow() {
        CircuitBreaker breaker =
                halfOpen(tripping().slowCalls(Duration.ofMillis(1), 1).trials(3).trialSuccesses(1));
        Permit slow = admitted(breaker);
        time.advance(Duration.ofMillis(2));
        slow.succeeded();
        assertThat(window(breaker)).containsExactly(1L, 1L, 1L);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CB-3 counts() adds up in every form: each call once")
    void countsAddUp(Form form) {
        CircuitBreaker breaker = tripping().consecutiveFailures(2).build();
        for (Ending ending : Ending.values()) {
            times(2, () -> form.call(breaker, NOTHING, thrownFor(ending)));
        }
        times(3, () -> form.call(breaker, NOTHING, null));
        CallCounts counts = breaker.counts();
        assertThat(counts).isEqualTo(new CallCounts(2, 2, 0, 5, 0));
        assertThat(counts.calls()).isEqualTo(9);
        breaker.reset();
        form.call(breaker, NOTHING, thrownFor(Ending.IGNORED));
        assertThat(breaker.counts()).isEqualTo(new CallCounts(2, 2, 1, 5, 0));
    }

    @ParameterizedTest
    @EnumSource(names = "BY_HAND", mode = EnumSource.Mode.EXCLUDE)
    @DisplayName("CB-9 CallEnded and CallRejected tell what happened, each once")
    void eventsTellWhatHappened(Form form) {
        CircuitBreaker breaker = tripping().build();
        List<Event> heard = new ArrayList<>();
        breaker.on(Event.class, heard::add);
        Throwable down = thrownFor(Ending.FAILURE);
        form.call(breaker, () -> time.advance(Duration.ofMillis(3)), null);
        form.call(breaker, () -> time.advance(Duration.ofMillis(4)), down);
        Throwable refused = form.call(breaker, NOTHING, null);

        assertThat(heard)
                .hasSize(4)
                .allSatisfy(event -> assertThat(event.policy()).isEqualTo("tripping"));
        assertThat(heard.get(0)).isInstanceOfSatisfying(Event.CallEnded.class, event -> {
            assertThat(event.ending()).isEqualTo(Ending.SUCCESS);
            assertThat(event.outcome().result().orElse(null)).isEqualTo("done");
            assertThat(event.outcome().failure()).isNull();
            assertThat(event.elapsed()).isEqualTo(Duration.ofMillis(3));
            assertThat(event.call().name()).isEqualTo("tripping");
        });
        assertThat(heard.get(1))
                .isInstanceOfSatisfying(
                        StateChanged.class, event -> assertThat(event.to()).isEqualTo(State.OPEN));
        assertThat(heard.get(2)).isInstanceOfSatisfying(Event.CallEnded.class, event -> {
            assertThat(event.ending()).isEqualTo(Ending.FAILURE);
            assertThat(event.outcome().result().orElse(null)).isNull();
            assertThat(event.outcome().failure()).isSameAs(down);
            assertThat(event.elapsed()).isEqualTo(Duration.ofMillis(4));
        });
        assertThat(heard.get(3))
                .isInstanceOfSatisfying(
                        Event.CallRejected.class,
                        event -> assertThat(event.rejection()).isSameAs(refused));
    }

    @Test
    @DisplayName("CB-9 a cancelled subscription hears nothing more, others go on")
    void cancelledSubscriptionHearsNothing() {
        CircuitBreaker breaker = tripping().build();
        List<String> first = new ArrayList<>();
        List<String> second = edges(breaker);
        Subscription subscription =
                breaker.on(StateChanged.class, event -> first.add(event.to().name()));
        breaker.transitionTo(State.DISABLED);
        subscription.cancel();
        subscription.close();
        breaker.transitionTo(State.CLOSED);
        assertThat(first).containsExactly("DISABLED");
        assertThat(second).containsExactly("CLOSED>DISABLED", "DISABLED>CLOSED");
    }

    @Test
    @DisplayName("CB-9 an event that a breaker never tells cannot be listened to")
    void unknownEventIsRefused() {
        CircuitBreaker breaker = tripping().build();
        assertThatThrownBy(() -> breaker.on(Event.RetryScheduled.class, event -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("RetryScheduled")
                .hasMessageContaining("StateChanged");
    }

    @Test
    @DisplayName("CB-5 a breaker that nobody asks says that the next call is a trial")
    void nextCallIsATrial() {
        CircuitBreaker breaker = tripping().build();
        assertThat(breaker.report().nextCallIsATrial()).isFalse();
        fail(breaker);
        time.advance(WAIT.minusNanos(1));
        assertThat(breaker.report().nextCallIsATrial()).isFalse();
        time.advance(nanos(1));
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.report().nextCallIsATrial()).isTrue();
        admitted(breaker);
        assertThat(breaker.report().nextCallIsATrial()).isFalse();
    }
}
