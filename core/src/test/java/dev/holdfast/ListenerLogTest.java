// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What listeners throw does not fill the log: each of them, and what rules of a policy throw, is logged once a minute. */
class ListenerLogTest {
    private final Lab lab = new Lab();

    @Test
    @DisplayName("OB-19 what a listener throws is logged once a minute, by the policy's clock")
    void onceAMinute() {
        Listeners.LastLogged listener = new Listeners.LastLogged();
        Listeners.LastLogged other = new Listeners.LastLogged();
        assertThat(listener.isDue(lab.environment)).isTrue();
        assertThat(listener.isDue(lab.environment)).isFalse();
        assertThat(other.isDue(lab.environment)).isTrue();
        lab.time.advance(Duration.ofMinutes(1).minus(ms(1)));
        assertThat(listener.isDue(lab.environment)).isFalse();
        lab.time.advance(ms(1));
        assertThat(listener.isDue(lab.environment)).isTrue();
        assertThat(listener.isDue(lab.environment)).isFalse();
    }

    @Test
    @DisplayName("OB-19 each listener is asked for itself, and goes on to be told")
    void eachForItself() {
        Gate gate = lab.gate("g");
        int[] told = {0, 0};
        for (int i = 0; i < 2; i++) {
            int number = i;
            gate.on(Event.CallEnded.class, event -> {
                told[number]++;
                throw new IllegalStateException("listener");
            });
        }
        for (int i = 0; i < 100; i++) {
            gate.run(() -> {});
        }
        assertThat(told).containsExactly(100, 100);
    }
}
