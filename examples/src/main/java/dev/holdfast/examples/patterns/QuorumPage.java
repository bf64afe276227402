// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import dev.holdfast.Lease;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.quorum.Quorum;
import java.util.Comparator;
import java.util.List;

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
        boolean put(Sku sku, Version version);
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
        List<Lease<Store>> nodes = List.of(Lease.of(berlin), Lease.of(paris), Lease.of(dublin));

        Quorum<Store, Version> reads = Quorum.reads("stock-read", Version.class)
                .over(nodes)
                .newest(Comparator.comparingLong(Version::number))
                .build();
        Quorum<Store, Boolean> writes = Quorum.writes("stock-write", Boolean.class)
                .over(nodes)
                .pairedWith(reads) // two of three and two of three: they meet
                .build();

        writes.call(node -> node.put(sku, version));
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
}
