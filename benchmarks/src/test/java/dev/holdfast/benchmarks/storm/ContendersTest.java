// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpTimeoutException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That each contender's client is what its name says. */
class ContendersTest {
    static List<Contender> all() {
        return Contenders.all();
    }

    static List<Contender> tuned() {
        return Contenders.all().stream()
                .filter(contender -> contender.id().endsWith("-tuned"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("all")
    void answersWithWhatTheRequestGave(Contender contender) throws Exception {
        AtomicInteger requests = new AtomicInteger();

        assertThat(contender.client().call(() -> 200 + requests.getAndIncrement()))
                .isEqualTo(200);
        assertThat(requests).hasValue(1);
    }

    /** All that are tuned send at most three requests a call, and few once the breaker has seen that they fail. */
    @ParameterizedTest
    @MethodSource("tuned")
    void isTunedAsTheOthers(Contender contender) {
        Contender.Client client = contender.client();
        AtomicInteger requests = new AtomicInteger();

        for (int i = 0; i < 50; i++) {
            assertThatThrownBy(() -> client.call(() -> {
                        requests.incrementAndGet();
                        throw new HttpTimeoutException("late");
                    }))
                    .isInstanceOf(Exception.class);
            if (i == 0) {
                assertThat(requests).hasValue(3);
            }
        }
        // Failsafe's breaker does not wait for twenty; and where the machine is slow, there are trials after a second.
        assertThat(requests.get()).isBetween(10, 26);
    }
}
