// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.Checked;
import dev.holdfast.Lease;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.quorum.RecoveryBlock;
import dev.holdfast.quorum.Vote;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Three nodes whose answers are there at once, of which two are needed, and a recovery block whose first alternative is good enough: what
 * asking several costs when none is late, fails or lies. No peer on the JVM has released one; the measure is what an application would
 * write {@linkplain ByHand by hand}.
 */
public class Quorums extends Profile {
    private static final List<String> NODES = List.of("node-1", "node-2", "node-3");
    private static final Function<String, CompletionStage<String>> ASK = node -> Work.ANSWERED;
    private static final Comparator<String> NEWEST = Comparator.naturalOrder();
    private static final List<Supplier<String>> WAYS = List.of(Work.ANSWER, Work.ANSWER);
    private static final Predicate<String> GOOD = answer -> !answer.isEmpty();
    private static final Checked.Function<Supplier<String>, String, RuntimeException> DO = Supplier::get;

    private Quorum<String, String> two;
    private Quorum<String, String> all;
    private Vote<String, String> vote;
    private RecoveryBlock<Supplier<String>, String> block;

    /** Builds them. */
    @Setup
    public void setUp() {
        two = Quorum.<String>reads("quorum", String.class)
                .over(NODES.stream().map(Lease::of).toList())
                .newest(NEWEST)
                .build();
        all = Quorum.<String>reads("quorum", String.class)
                .over(NODES.stream().map(Lease::of).toList())
                .newest(NEWEST)
                .askAll(true)
                .build();
        vote = Vote.<String>builder("vote", String.class)
                .over(NODES.stream().map(Lease::of).toList())
                .askAll(true)
                .build();
        block = RecoveryBlock.<Supplier<String>, String>builder("block")
                .accept(GOOD)
                .alternative("first", WAYS.get(0))
                .alternative("second", WAYS.get(1))
                .build();
    }

    @Benchmark
    public String twoHoldfast() {
        return two.callAsync(ASK).join();
    }

    @Benchmark
    public String twoByHand() {
        return ByHand.newest(NODES, 2, 2, NEWEST, ASK).join();
    }

    @Benchmark
    public String allHoldfast() {
        return all.callAsync(ASK).join();
    }

    @Benchmark
    public String allByHand() {
        return ByHand.newest(NODES, 3, 2, NEWEST, ASK).join();
    }

    @Benchmark
    public String voteHoldfast() {
        return vote.callAsync(ASK).join();
    }

    @Benchmark
    public String voteByHand() {
        return ByHand.alike(NODES, 2, ASK).join();
    }

    @Benchmark
    public String blockHoldfast() {
        return block.call(DO);
    }

    @Benchmark
    public String blockByHand() {
        return ByHand.firstGood(WAYS, GOOD);
    }
}
