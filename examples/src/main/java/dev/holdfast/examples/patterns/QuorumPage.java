// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Lease;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.Tally;
import dev.holdfast.settings.PolicyType;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Every Java block of the page on the quorum. */
final class QuorumPage {
    private final Store berlin;
    private final Store paris;
    private final Store dublin;

    /** A node that keeps copies. */
    interface Store {
        /** What it has, or {@code null}. */
        Version get(Sku sku);

        /** Keeps something, unless it has something newer. */
        void put(Sku sku, Version version);
    }

    /** What is kept. */
    record Version(long number, String text) {}

    QuorumPage(Store berlin, Store paris, Store dublin) {
        this.berlin = berlin;
        this.paris = paris;
        this.dublin = dublin;
    }

    Version smallest(Sku sku, Version version) {
        // tag: quorum-smallest
        List<Lease<Store>> nodes = List.of(
                Lease.of(berlin).named("berlin"),
                Lease.of(paris).named("paris"),
                Lease.of(dublin).named("dublin"));

        Quorum<Store, Version> reads = Quorum.reads("stock-read", Version.class)
                .over(nodes)
                .newest(Comparator.comparingLong(Version::number))
                .build();
        Quorum<Store, Void> writes = Quorum.writes("stock-write", Void.class)
                .over(nodes)
                .pairedWith(reads) // two of three and two of three: they meet
                .build();

        writes.run(node -> node.put(sku, version));
        Version newest = reads.call(node -> node.get(sku));
        // end
        return newest;
    }

    Version within(Quorum<Store, Version> reads, Policy<Object> whole, Policy<Object> each, Sku sku) {
        // tag: quorum-within
        Pipeline<Version> pipeline = Pipeline.of(whole, reads, each); // a timeout around, and one for each node

        Version newest = reads.call(pipeline, node -> node.get(sku));
        // end
        return newest;
    }

    Quorum<Store, Version> repairing(List<Lease<Store>> nodes, Sku sku) {
        // tag: quorum-repairing
        Quorum<Store, Version> reads = Quorum.reads("stock-read", Version.class)
                .over(nodes)
                .newest(Comparator.comparingLong(Version::number))
                .repair((node, older, newest) -> node.put(sku, newest)) // keeps what is newer still
                .build();
        // end
        return reads;
    }

    Tally<Store, Version> tallied(Quorum<Store, Version> reads, Sku sku) {
        // tag: quorum-tally
        Tally<Store, Version> tally = reads.tally(node -> node.get(sku));
        // end
        return tally;
    }

    Quorum<Store, Version> oneAndAll(List<Lease<Store>> nodes) {
        // tag: quorum-one-and-all
        Quorum<Store, Void> writes =
                Quorum.writes("stock-write", Void.class).over(nodes).need(3).build();
        Quorum<Store, Version> reads = Quorum.reads("stock-read", Version.class)
                .over(nodes)
                .need(1)
                .pairedWith(writes) // the side that needs more than half is built first
                .newest(Comparator.comparingLong(Version::number))
                .build();
        // end
        return reads;
    }

    void changed(Quorum<Store, Version> reads) {
        // tag: quorum-changed
        for (PolicyType<?, ?> type : PolicyType.all()) {
            if (type.isTypeOf(reads)) {
                type.applyTo(reads, Map.of("need", 3, "delay", "50ms"));
            }
        }
        // end
    }
}
