// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Event;
import dev.holdfast.Heat;
import dev.holdfast.Lease;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Source;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * Asks several nodes the same, and believes what enough of them say alike: for nodes of which some may answer wrongly.
 *
 * <pre>
 *   ask f + 1 nodes ── all answer the same ─────────────────────▶ that answer
 *     │      └ they differ, one fails or is late ─▶ one more ──▲
 *     └ no group of equal answers can become large enough ──────▶ NoQuorumException, which names who says what
 * </pre>
 *
 * <p><b>Why f + 1.</b> If no more than f nodes lie, one of f + 1 that say the same is right. That takes 2f + 1 nodes which all answer: with f = 1
 * it is triple modular redundancy (R. E. Lyons, W. Vanderkulk, 1962), and over several programs for the same task n-version programming
 * (A. Avizienis, 1985). Where nodes may also be silent, it takes one more for each: 3f + 1 for f of both (M. Castro, B. Liskov, "Practical
 * Byzantine Fault Tolerance", 1999, for the client's part). It is no agreement among the nodes themselves.
 *
 * <p><b>Who lies.</b> {@link #nodes} and the meters count for each node how often it was outvoted, and {@link Tallied} tells of each call. A vote
 * that has its answer calls off the rest: to hear all nodes each time, {@link VoteBuilder#askAll} and {@link VoteBuilder#letOthersFinish}.
 *
 * <p><b>Threads.</b> The thread of a blocking call asks no node: it goes on when the call is decided, however long a node takes. Of an
 * asynchronous call the first node is asked on the thread that makes it, so that work has to give its stage without blocking.
 *
 * <p>Safe to share between threads.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 */
public final class Vote<T, R extends @Nullable Object> extends Poll<T, R, VoteBuilder<T, R>> {
    /** Equal to nothing else, for {@code null} as an answer. */
    private static final Object NULL = new Object();

    private static final long NEVER = Long.MIN_VALUE;
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final Vote<T, R> original;
    /** When a contradiction was last logged. */
    private final AtomicLong logged = new AtomicLong(NEVER);

    private final LongAdder contradictions = new LongAdder();
    private final @Nullable Vote<T, R> tallying;

    /**
     * Two groups of nodes have agreed, each large enough, and on different answers: more nodes lie than are tolerated, or nodes that are right
     * differ. The call got one of the two.
     *
     * @param source the vote
     * @param need how many equal answers are enough
     * @param groups the names of the nodes that have agreed, by group
     */
    public record Contradiction(Source source, int need, List<List<String>> groups) implements Event.Change {
        @Override
        public System.Logger.Level level() {
            return System.Logger.Level.WARNING;
        }

        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("need", need, "groups", groups);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    Vote(VoteBuilder<T, R> settings) {
        super(settings);
        this.original = this;
        this.tallying = new Vote<>(this);
    }

    private Vote(Vote<T, R> of) {
        super(of);
        this.original = of;
        this.tallying = null;
    }

    /**
     * Starts to build a vote.
     *
     * @param <R> what a node gives
     * @param name 1 to 256 characters, not blank
     * @param type its class, for the compiler only; of a generic type its plain class will do
     * @return a builder
     */
    public static <R extends @Nullable Object> VoteBuilder<Object, R> builder(
            String name, Class<? super @NonNull R> type) {
        Require.nonNull(type, "type");
        return new VoteBuilder<>(name);
    }

    /**
     * Starts to build a vote over several programs for the same task, which are called {@code version-1} and so on.
     *
     * <pre>{@code
     * Vote<Function<Order, Route>, Route> vote = Vote.versions("route", fast::route, exact::route, other::route).build();
     * Route route = vote.call(version -> version.apply(order));
     * }</pre>
     *
     * @param <A> what they are given
     * @param <R> what they give
     * @param name 1 to 256 characters, not blank
     * @param versions three or more
     * @return a builder
     */
    @SafeVarargs
    public static <A extends @Nullable Object, R extends @Nullable Object> VoteBuilder<Function<A, R>, R> versions(
            String name, Function<A, R>... versions) {
        List<Lease<Function<A, R>>> leases = new ArrayList<>();
        for (Function<A, R> version : versions) {
            leases.add(Lease.of(version).named("version-" + (leases.size() + 1)));
        }
        return new VoteBuilder<Function<A, R>, R>(name).over(leases);
    }

    @Override
    Poll<T, R, VoteBuilder<T, R>> tallying() {
        return tallying == null ? this : tallying;
    }

    // ---- The pattern ------------------------------------------------------------------------------------------------

    @Override
    Ballot<T> newBallot(VoteBuilder<T, R> rules) {
        return new VoteBallot<>(rules.roster(), rules.needed(), new VoteBallot.Judge() {
            @Override
            @SuppressWarnings("unchecked") // Answers are of the type of the results.
            public Optional<Object> keyOf(Outcome<?> outcome) {
                return Vote.this.keyOf(rules, (Outcome<R>) outcome);
            }

            @Override
            public boolean areSame(Object key, Object other) {
                try {
                    return key.equals(other);
                } catch (Throwable thrown) {
                    ruleThrew(thrown, "the two answers are not the same");
                    return false;
                }
            }
        });
    }

    /** Of exceptions that are answers, the class. One answer that breaks the rule must not keep the others from being heard. */
    @SuppressWarnings("NullAway") // Null is an answer where the results may be null.
    private Optional<Object> keyOf(VoteBuilder<T, R> rules, Outcome<R> outcome) {
        Throwable exception = outcome.failure();
        if (exception != null) {
            return Optional.of(exception.getClass());
        }
        try {
            R answer = Ballot.valueOf(outcome);
            return Optional.ofNullable(answer == null ? NULL : rules.key.apply(answer));
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the answer is the same as no other");
            return Optional.empty();
        }
    }

    /** That of the node that was listed first, of those that agree. */
    @Override
    R combine(Heat<R> heat, Ballot<T> ballot, List<R> answers) {
        return answers.get(0);
    }

    @Override
    void decided(Ballot<T> ballot) {
        if (ballot.isReached() && ((VoteBallot<T>) ballot).isContradicted()) {
            contradicted((VoteBallot<T>) ballot);
        }
    }

    @Override
    void answeredLate(Ballot<T> ballot, Node<T> node, Outcome<R> outcome) {
        VoteBallot<T> votes = (VoteBallot<T>) ballot;
        Optional<Object> key = votes.keyOf(outcome);
        if (!votes.isSame(key)) {
            node.count(Node.Answer.DISSENTING);
        }
        if (votes.contradicts(key, node.place)) {
            contradicted(votes);
        }
    }

    private void contradicted(VoteBallot<T> ballot) {
        original.contradictions.increment();
        Contradiction event = new Contradiction(original, ballot.need, ballot.groupsThatAgree());
        long now = environment().nanoTime();
        long last = original.logged.get();
        if ((last == NEVER || now - last >= MINUTE) && original.logged.compareAndSet(last, now)) {
            log(event, "groups of nodes have agreed on different answers: " + event.groups());
        }
        if (isWatched(Contradiction.class)) {
            tell(event);
        }
    }

    @Override
    protected Set<Class<? extends Event>> events() {
        Set<Class<? extends Event>> all = new LinkedHashSet<>(super.events());
        all.add(Contradiction.class);
        return Set.copyOf(all);
    }

    // ---- Arithmetic -------------------------------------------------------------------------------------------------

    /**
     * How many nodes have to be in a set, so that any two have one in common which does not lie.
     *
     * @param nodes 1 or more
     * @param liars 0 or more, less than a third of the nodes
     * @return {@code (nodes + liars) / 2 + 1}: 3 of 4, 5 of 7
     */
    public static int byzantineQuorum(int nodes, int liars) {
        Require.range(liars, 0, (Require.range(nodes, 1, Integer.MAX_VALUE, "nodes") - 1) / 3, "liars");
        return (int) (((long) nodes + liars) / 2 + 1);
    }

    /**
     * How many nodes have to be in a set, so that of what any two have in common more are right than lie: for data that nobody has signed
     * (D. Malkhi, M. Reiter, "Byzantine Quorum Systems", 1998).
     *
     * @param nodes 1 or more
     * @param liars 0 or more, less than a quarter of the nodes
     * @return {@code (nodes + 2 * liars + 1) / 2}, rounded up: 4 of 5, 7 of 9
     */
    public static int maskingQuorum(int nodes, int liars) {
        Require.range(liars, 0, (Require.range(nodes, 1, Integer.MAX_VALUE, "nodes") - 1) / 4, "liars");
        return (int) ((nodes + 2L * liars + 2) / 2);
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
                original.contradictions.sum());
    }

    /**
     * What has happened at a vote since it was built.
     *
     * @param reached calls for which enough nodes have said the same
     * @param failed calls for which that was impossible
     * @param ignored calls that ended with an outcome that says nothing about the nodes, such as an interrupt
     * @param abandoned calls that were given up before, by a timeout, an interrupt or a cancellation
     * @param late nodes that were asked because others were late
     * @param missing nodes that were asked because others had failed, or had said something else
     * @param noThread nodes that were not asked, because there was no thread
     * @param contradictions calls for which two groups have agreed on different answers
     */
    public record Counts(
            long reached,
            long failed,
            long ignored,
            long abandoned,
            long late,
            long missing,
            long noThread,
            long contradictions) {}

    @Override
    protected List<Meter> ownMeters() {
        return meters(
                EnumSet.allOf(Node.Answer.class),
                List.of(Meter.counter(
                        "holdfast.vote.contradictions",
                        "{call}",
                        "Calls for which two groups of nodes have agreed, each large enough, on different answers.",
                        original.contradictions::sum)));
    }

    @Override
    public String toString() {
        return "Vote[" + quotedName() + " " + now() + "]";
    }
}
