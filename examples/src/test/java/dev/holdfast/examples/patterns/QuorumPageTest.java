// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Lease;
import dev.holdfast.examples.patterns.QuorumPage.Store;
import dev.holdfast.examples.patterns.QuorumPage.Version;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.quorum.NoQuorumException;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the page on the quorum shows does what the page says. */
@org.junit.jupiter.api.Timeout(60)
class QuorumPageTest {
    private static final Sku SKU = new Sku("4711");

    /** A node that may be away. */
    private static final class Memory implements Store {
        private volatile boolean away;
        private volatile Version kept;

        Memory(long number) {
            kept = new Version(number, "version " + number);
        }

        @Override
        public Version get(Sku sku) {
            if (away) {
                throw new IllegalStateException("away");
            }
            return kept;
        }

        @Override
        public synchronized void put(Sku sku, Version version) {
            if (away) {
                throw new IllegalStateException("away");
            }
            kept = version.number() > kept.number() ? version : kept;
        }
    }

    private final Memory berlin = new Memory(1);
    private final Memory paris = new Memory(1);
    private final Memory dublin = new Memory(1);
    private final QuorumPage page = new QuorumPage(berlin, paris, dublin);
    private final List<Lease<Store>> nodes = List.of(
            Lease.<Store>of(berlin).named("berlin"),
            Lease.<Store>of(paris).named("paris"),
            Lease.<Store>of(dublin).named("dublin"));

    private Quorum<Store, Version> reads() {
        return Quorum.reads("stock-read", Version.class)
                .over(nodes)
                .newest(Comparator.comparingLong(Version::number))
                .build();
    }

    @Test
    void aReadSeesTheNewestWriteWhileOneNodeIsAway() {
        dublin.away = true;
        assertThat(page.smallest(SKU, new Version(2, "new")).number()).isEqualTo(2);
    }

    @Test
    void twoThatAreAwayAreTooMany() {
        dublin.away = true;
        paris.away = true;
        assertThatThrownBy(() -> page.smallest(SKU, new Version(2, "new")))
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContainingAll(" of 2 needed", "'berlin'", "'paris' (", "'dublin' (");
    }

    @Test
    void aNodeThatIsBehindIsRepaired() throws InterruptedException {
        dublin.kept = new Version(7, "newest");
        Quorum<Store, Version> reads = page.repairing(nodes, SKU);
        for (int i = 0; i < 1_000 && (berlin.kept.number() < 7 || paris.kept.number() < 7); i++) {
            assertThat(reads.call(node -> node.get(SKU))).isNotNull();
            Thread.sleep(1);
        }
        assertThat(List.of(berlin.kept.number(), paris.kept.number())).containsOnly(7L);
    }

    @Test
    void aTallySaysWhatBecameOfEachNode() {
        assertThat(page.tallied(reads(), SKU).parts()).hasSize(3);
    }

    @Test
    void policiesStandAroundAndInside() {
        assertThat(page.within(
                                reads(),
                                Timeout.of("whole", Duration.ofSeconds(10)),
                                Timeout.of("each", Duration.ofSeconds(5)),
                                SKU)
                        .number())
                .isEqualTo(1);
    }

    @Test
    void oneMayBeReadWhereAllAreWritten() {
        assertThat(page.oneAndAll(nodes).call(node -> node.get(SKU)).number()).isEqualTo(1);
    }

    @Test
    void settingsOfTheTableCanBeGiven() {
        Quorum<Store, Version> reads = reads();
        page.changed(reads);
        assertThat(reads)
                .hasToString("Quorum['stock-read' reads, 3 of 3, one more after quantile 0.95, 50ms until known]");
    }
}
