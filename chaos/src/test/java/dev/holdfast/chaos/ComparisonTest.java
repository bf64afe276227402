// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Trial.class)
class ComparisonTest {
    private final VirtualTime time = VirtualTime.create();
    private final Comparison groups =
            time.building(() -> Comparison.by("orders", call -> call.argument().orElse(null), 0.5));

    private Report run(Shop shop) {
        return shop.experiment()
                .hypothesis(shop.answered())
                .compare(groups)
                .lasting(Duration.ofMinutes(2))
                .build()
                .run();
    }

    @Test
    @DisplayName("faults come to one group alone, and are what refutes the hypothesis")
    void faultsMakeTheDifference() {
        Shop shop = new Shop(time, 50, build -> build.fail(0.1, Shop::injected), groups);
        Report report = run(shop);

        assertThat(report.verdict()).as(report.text()).isEqualTo(Verdict.REFUTED);
        Comparison.Result seen = java.util.Objects.requireNonNull(report.compared);
        assertThat(seen.controlBad()).isZero();
        assertThat(seen.bad()).isEqualTo(report.injected());
        assertThat(seen.good() + seen.bad()).as("half of 6,000").isBetween(2700L, 3300L);
        assertThat(seen.controlGood() + seen.good() + seen.bad()).isBetween(5998L, 6000L);
        assertThat(report.text()).contains(" calls were bad with faults, and 0 of ");
        assertThat(groups).hasToString("Comparison['orders', 50 % left alone]");
    }

    @Test
    @DisplayName("an outage that comes by itself refutes nothing")
    void outageByItself() {
        Shop shop = new Shop(time, 50, build -> build.delay(0.1, Delay.of(Duration.ofMillis(1))), groups);
        shop.after(Duration.ofSeconds(50), () -> shop.failing = 300);
        shop.after(Duration.ofSeconds(110), () -> shop.failing = 0);
        Report report = run(shop);

        assertThat(report.verdict()).as(report.text()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(report.because()).contains("but the control group did hardly better: ");
        assertThat(report.injected()).isPositive();
    }

    @Test
    @DisplayName("calls of one key are in one group, and calls without a key meet no faults")
    void sticky() {
        Terms.Control control = groups.control(1);
        long inControl = 0;
        for (int i = 0; i < 1000; i++) {
            boolean is = Draws.unit(1, ("customer " + i).hashCode(), 0) < control.share();
            inControl += is ? 1 : 0;
        }
        assertThat(inControl).isBetween(430L, 570L);

        Comparison none = time.building(() -> Comparison.by("orders", call -> null, 0.5));
        Shop shop = new Shop(time, 50, build -> build.fail(1, Shop::injected), none);
        Report report = shop.experiment()
                .hypothesis(shop.answered())
                .compare(none)
                .build()
                .run();
        assertThat(report.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(report.injected()).isZero();
    }

    @Test
    @DisplayName("a share of all or nothing is refused")
    void refused() {
        assertThatThrownBy(() -> Comparison.by("orders", call -> null, 1))
                .hasMessage("share: 1.0 (expected: more than 0 and less than 1)");
    }
}
