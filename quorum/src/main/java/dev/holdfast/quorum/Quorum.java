// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Heat;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.internal.Require;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * Reads from several nodes, or writes to them, and goes on when enough of them have answered: for data of which each node has a copy.
 *
 * <pre>
 *   read ── as many nodes as are needed ── all answer ──────────────────▶ the newest answer
 *             │    └ one is late, or fails ──▶ one more is asked ──▲        └▶ nodes that answered older: repaired afterwards
 *             └ no node is left that could make it enough ──────────────▶ NoQuorumException
 *
 *   write ── all nodes ── as many have accepted as are needed ──────────▶ done; the others go on
 *             └ so many have failed that it cannot be enough any more ──▶ NoQuorumException; the others go on
 * </pre>
 *
 * <p><b>Why a read sees the newest write.</b> Where what reads need and what writes need is together more than all nodes, each set of the one
 * and each of the other have a node in common (D. K. Gifford, "Weighted Voting for Replicated Data", 1979). {@link QuorumBuilder#pairedWith}
 * checks it. Without that a quorum has to need more than half of the nodes, or {@link QuorumBuilder#mayReadStale} has to be said.
 *
 * <p><b>What it does not do.</b> It makes no transaction: a write that fails may have reached some nodes, and reads may give it later. Two
 * writers at once need versions that tell them apart.
 *
 * <p><b>Threads.</b> The thread of a blocking call asks no node: it goes on when the call is decided, however long a node takes. Of an
 * asynchronous call the first node is asked on the thread that makes it, so that work has to give its stage without blocking.
 *
 * <p>Safe to share between threads.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 */
public final class Quorum<T, R extends @Nullable Object> extends Poll<T, R, QuorumBuilder<T, R>> {
    private static final int MOST_REPAIRS = 16;

    /**
     * Sets a node right that has answered with something old.
     *
     * @param <T> what the nodes are
     * @param <R> their results
     */
    @FunctionalInterface
    public interface Repair<T, R extends @Nullable Object> {
        /**
         * Writes the newest to a node, unless that has got something newer meanwhile. On a thread of the library, with the call's context; no
         * caller waits for it, and no deadline ends it.
         *
         * @param node the node
         * @param older what it has answered
         * @param newest what the caller has got
         * @throws Exception is counted, and logged once a minute at most
         */
        void repair(T node, R older, R newest) throws Exception;
    }

    private final Quorum<T, R> original;
    private final AtomicInteger repairing = new AtomicInteger();
    private final LongAdder repaired = new LongAdder();
    private final LongAdder notRepaired = new LongAdder();
    private final LongAdder putOff = new LongAdder();
    private final @Nullable Quorum<T, R> tallying;

    Quorum(QuorumBuilder<T, R> settings) {
        super(settings);
        this.original = this;
        this.tallying = new Quorum<>(this);
    }

    private Quorum(Quorum<T, R> of) {
        super(of);
        this.original = of;
        this.tallying = null;
    }

    /**
     * Starts to build reads: they ask as many nodes as are needed, one more when those are late, and call off what is not needed any more.
     *
     * @param <R> what a node gives
     * @param name 1 to 256 characters, not blank
     * @param type its class, for the compiler only; of a generic type its plain class will do
     * @return a builder
     */
    public static <R extends @Nullable Object> QuorumBuilder<Object, R> reads(
            String name, Class<? super @NonNull R> type) {
        Require.nonNull(type, "type");
        return new QuorumBuilder<>(name, false);
    }

    /**
     * Starts to build writes: they ask all nodes at once, and let those go on that have not answered when enough have.
     *
     * @param <R> what a node gives
     * @param name 1 to 256 characters, not blank
     * @param type its class, for the compiler only; of a generic type its plain class will do
     * @return a builder
     */
    public static <R extends @Nullable Object> QuorumBuilder<Object, R> writes(
            String name, Class<? super @NonNull R> type) {
        Require.nonNull(type, "type");
        return new QuorumBuilder<>(name, true);
    }

    @Override
    Poll<T, R, QuorumBuilder<T, R>> tallying() {
        return tallying == null ? this : tallying;
    }

    // ---- The pattern ------------------------------------------------------------------------------------------------

    @Override
    Ballot<T> newBallot(QuorumBuilder<T, R> rules) {
        return new Ballot<>(rules.roster(), rules.needed());
    }

    @Override
    R combine(Heat<R> heat, Ballot<T> ballot, List<R> answers) {
        QuorumBuilder<T, R> rules = rulesOf(heat);
        Combining<T, R> combining = Require.nonNull(rules.combining, "combining");
        R result = combining.of(answers, () -> ballot.tally(name(), heat));
        Repair<? super T, ? super R> repair = rules.repair;
        for (int attempt = 0; repair != null && attempt < heat.started(); attempt++) {
            Outcome<R> outcome = ballot.isAnswer(heat, attempt) ? heat.outcome(attempt) : null;
            if (outcome != null && needsRepair(combining, outcome, result)) {
                original.repairLater(heat, repair, ballot.nodeOf(heat, attempt), Ballot.valueOf(outcome), result);
            }
        }
        return result;
    }

    private boolean needsRepair(Combining<T, R> combining, Outcome<R> outcome, R result) {
        try {
            return combining.isOlder(Ballot.valueOf(outcome), result);
        } catch (RuntimeException thrown) {
            ruleThrew(thrown, "the node is not repaired");
            return false;
        }
    }

    private void repairLater(Heat<R> heat, Repair<? super T, ? super R> repair, Node<T> node, R older, R newest) {
        if (repairing.getAndIncrement() >= MOST_REPAIRS) {
            repairing.getAndDecrement();
            putOff.increment();
            return;
        }
        try {
            heat.later(() -> repair(repair, node, older, newest));
        } catch (Throwable thrown) {
            repairing.getAndDecrement();
            throw thrown;
        }
    }

    private void repair(Repair<? super T, ? super R> repair, Node<T> node, R older, R newest) {
        boolean done = false;
        try {
            repair.repair(node.target(), older, newest);
            done = true;
        } catch (Exception failed) {
            ruleThrew(failed, "node " + node.name() + " is not repaired");
        } finally {
            (done ? repaired : notRepaired).increment();
            repairing.getAndDecrement();
        }
    }

    // ---- Arithmetic -------------------------------------------------------------------------------------------------

    /**
     * The least number of nodes of which any two sets meet.
     *
     * @param nodes 1 or more
     * @return more than half: 2 of 3, 3 of 4
     */
    public static int majority(int nodes) {
        return Require.range(nodes, 1, Integer.MAX_VALUE, "nodes") / 2 + 1;
    }

    /**
     * How likely a read misses the newest write, if both go to nodes drawn at random: C(n - w, r) / C(n, r).
     *
     * @param nodes how many there are, 1 or more
     * @param read how many a read needs, from 1 to all
     * @param written how many a write needs, from 1 to all
     * @return from 0, where they always meet, to 1
     */
    public static double staleShare(int nodes, int read, int written) {
        Require.range(nodes, 1, Integer.MAX_VALUE, "nodes");
        Require.range(read, 1, nodes, "read");
        Require.range(written, 1, nodes, "written");
        double share = 1;
        for (int i = 0; i < read; i++) {
            share *= Math.max(0, nodes - written - i) / (double) (nodes - i);
        }
        return share;
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * What has happened here since it was built.
     *
     * @return counts that only grow
     */
    public Counts counts() {
        return new Counts(
                shared.counters.reached.sum(),
                shared.counters.failed.sum(),
                shared.counters.ignored.sum(),
                shared.counters.abandoned.sum(),
                shared.counters.late.sum(),
                shared.counters.missing.sum(),
                shared.counters.noThread.sum(),
                original.repaired.sum(),
                original.notRepaired.sum(),
                original.putOff.sum());
    }

    /**
     * What has happened at a quorum since it was built.
     *
     * @param reached calls for which enough nodes have answered
     * @param failed calls for which that was impossible
     * @param ignored calls that ended with an outcome that says nothing about the nodes, such as an interrupt
     * @param abandoned calls that were given up before, by a timeout, an interrupt or a cancellation
     * @param late nodes that were asked because others were late
     * @param missing nodes that were asked because others had failed
     * @param noThread nodes that were not asked, because there was no thread
     * @param repaired nodes that were repaired
     * @param notRepaired nodes whose repair failed
     * @param putOff nodes that were not repaired, because too many others were
     */
    public record Counts(
            long reached,
            long failed,
            long ignored,
            long abandoned,
            long late,
            long missing,
            long noThread,
            long repaired,
            long notRepaired,
            long putOff) {}

    @Override
    protected List<Meter> ownMeters() {
        return meters(
                EnumSet.complementOf(EnumSet.of(Node.Answer.DISSENTING)),
                List.of(
                        repairs("done", original.repaired::sum),
                        repairs("failed", original.notRepaired::sum),
                        repairs("put_off", original.putOff::sum)));
    }

    private static Meter repairs(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast.quorum.repairs",
                        "{node}",
                        "Nodes that had answered with something old: set right, or not because that failed, or put off because many were under way.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    /** That one was not built after all. */
    void isNotPairedWith(Quorum<?, ?> other) {
        original.shared.settings.updateAndGet(before -> {
            QuorumBuilder<T, R> after = before.copy();
            after.pairs = before.pairs.stream().filter(pair -> pair != other).toList();
            return after;
        });
    }

    /** That one checks against this one; so this one has to check against that one. */
    void isPairedWith(Quorum<?, ?> other) {
        original.shared.settings.updateAndGet(before -> before.copy().pairedWith(other));
    }

    @Override
    public String toString() {
        return "Quorum[" + quotedName() + " " + now() + "]";
    }
}
