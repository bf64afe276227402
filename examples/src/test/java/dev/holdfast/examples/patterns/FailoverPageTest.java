// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.Pick;
import dev.holdfast.failover.Replicas;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the page on the failover shows does what the page says. */
class FailoverPageTest {
    private static final Sku SKU = new Sku("4711");
    private static final Order ORDER = new Order("17");

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop berlin = new FakeShop(time);
    private final FakeShop paris = new FakeShop(time);
    private final Replicas<Shop> stocks = time.building(() -> Replicas.<Shop>builder("inventory")
            .node("berlin", berlin)
            .node("paris", paris)
            .pick(Pick.inOrder())
            .build());
    private final FailoverPage page = new FailoverPage(stocks);

    @Test
    void aFailureLeadsToAnotherNode() {
        berlin.always = new IllegalStateException("down");

        assertThat(time.building(() -> page.smallest(SKU))).isEqualTo(new Stock(1, true));
        assertThat(berlin.calls).hasSize(1);
        assertThat(paris.calls).hasSize(1);
    }

    @Test
    void aWriteThatMayHaveArrivedGoesNowhere() {
        berlin.lostAnswer = new IllegalStateException("the answer is lost");

        assertThatThrownBy(() -> time.building(() -> {
                    page.writes(ORDER);
                    return true;
                }))
                .hasMessage("the answer is lost");
        assertThat(berlin.paid).containsEntry(ORDER, 1);
        assertThat(paris.paid).isEmpty();
    }

    @Test
    void aNodeThatHangsCostsOneTimeout() {
        berlin.takes = Duration.ofHours(1);
        Stock stock = time.building(() -> page.pipeline(
                Timeout.of("total", Duration.ofSeconds(2)),
                Failover.builder("inventory").over(stocks).repeatable().build(),
                Timeout.of("each", Duration.ofMillis(100)),
                SKU));

        assertThat(stock).isEqualTo(new Stock(1, true));
        assertThat(Duration.ofNanos(time.nanoTime())).isEqualTo(Duration.ofMillis(100));
    }
}
