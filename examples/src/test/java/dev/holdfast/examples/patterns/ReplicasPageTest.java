// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Detector;
import dev.holdfast.examples.readme.Inventory;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.failover.NodeState;
import dev.holdfast.failover.NodeStatus;
import dev.holdfast.failover.Replicas;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What the page on replicas shows does what the page says. */
class ReplicasPageTest {
    private static final Sku SKU = new Sku("4711");

    private final VirtualTime time = VirtualTime.create();
    private final FakeShop berlin = new FakeShop(time);
    private final FakeShop paris = new FakeShop(time);
    private final FakeShop dublin = new FakeShop(time);
    private final ReplicasPage page = new ReplicasPage(berlin, paris, dublin);

    @Test
    void aCallGoesToOneNode() {
        assertThat(time.building(() -> page.smallest(SKU))).isEqualTo(new Stock(1, true));
        assertThat(berlin.calls.size() + paris.calls.size() + dublin.calls.size())
                .isEqualTo(1);
    }

    @Test
    void aNodeThatHangsCostsOneTimeoutAndIsLeftOut() {
        Function<Sku, Stock> stock = time.building(() -> page.through(
                Replicas.<Inventory>builder("inventory")
                        .node("berlin", berlin)
                        .node("paris", paris)
                        .build(),
                Timeout.of("total", Duration.ofSeconds(2)),
                Timeout.of("each", Duration.ofMillis(100))));
        berlin.always = new IllegalStateException("down");
        for (int i = 0; i < 100; i++) {
            assertThat(stock.apply(SKU)).isEqualTo(new Stock(1, true));
        }

        // Failures cost five seconds each, so it is hardly called at all.
        assertThat(berlin.calls).hasSizeLessThanOrEqualTo(6);
    }

    @Test
    void aStandbyAndADetector() {
        Detector<Inventory> detector = watcher -> {
            watcher.changed(paris, false, "silent");
            return () -> {};
        };
        Replicas<Inventory> stocks = time.building(() -> page.standby(detector, new FakeShop(time)));

        assertThat(stocks.nodes()).hasSize(2).extracting(NodeStatus::state).containsOnly(NodeState.UP);
    }

    @Test
    void theRestIsAsItLooks() {
        assertThat(page.ejection().toString())
                .isEqualTo("after 5 failures, 1.9 sd and 0.05 below the mean, below 0.5, for 10s to 5m, at most 0.5");
        Replicas<Inventory> named = time.building(() -> page.named(node -> "one"));
        named.replace(List.of(berlin));
        assertThat(named.nodes()).extracting(NodeStatus::name).containsExactly("one");
        assertThat(time.building(() -> page.timeouts(
                        named, Timeout.of("total", Duration.ofSeconds(2)), Timeout.of("each", Duration.ofMillis(100)))))
                .isNotNull();
    }
}
