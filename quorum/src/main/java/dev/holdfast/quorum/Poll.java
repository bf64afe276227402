// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Call;
import dev.holdfast.Checked;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Heat;
import dev.holdfast.Lease;
import dev.holdfast.Loop;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.Recovery;
import dev.holdfast.Targets;
import dev.holdfast.internal.Require;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Asks several nodes, each at most once for a call, until enough of their answers count together, or that cannot be any more.
 *
 * <pre>
 *   ask ── as many as could be enough, or all
 *    │
 *    ├─ enough answers count together ──────────▶ REACHED: the result is made of them
 *    ├─ what is under way could not be enough ──▶ ask one more, while there is one
 *    ├─ late ───────────────────────────────────▶ ask one more, while there is one
 *    └─ no node is left that could help ────────▶ FAILED: NoQuorumException
 * </pre>
 *
 * <p>Which answers count together, how many are enough, and what is made of them is up to {@link Quorum} and {@link Vote}.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 * @param <B> the settings
 */
public abstract sealed class Poll<T, R extends @Nullable Object, B extends PollBuilder<T, R, B>> extends Race<R>
        permits Quorum, Vote {
    /** What all views of it have in common. */
    static final class Shared<B> {
        final AtomicReference<B> settings;
        /** Which node is first. */
        final AtomicInteger turn = new AtomicInteger();

        final PollCounters counters = new PollCounters();

        Shared(B settings) {
            this.settings = new AtomicReference<>(settings);
        }
    }

    final Shared<B> shared;
    /** Whether calls get the tally in place of the result. */
    private final boolean tallies;

    /** The place of a node in a call: this race puts one there. */
    private final Targets<T> nodes = (call, tried) -> null;

    private final LongSupplier clock = environment()::nanoTime;

    Poll(B settings) {
        super(settings.name, settings.environment);
        this.shared = new Shared<>(settings);
        this.tallies = false;
    }

    /** The view whose calls get the tally. */
    Poll(Poll<T, R, B> of) {
        super(of);
        this.shared = of.shared;
        this.tallies = true;
    }

    /** The view whose calls get the tally. */
    abstract Poll<T, R, B> tallying();

    final B now() {
        return Require.nonNull(shared.settings.get(), "settings");
    }

    // ---- Calls ------------------------------------------------------------------------------------------------------

    /**
     * Asks nodes.
     *
     * @param <X> what the work throws
     * @param work asks one node, on a thread of its own
     * @return what is made of the answers
     * @throws X is not thrown, but by the classifier's leave: see {@link Ending#IGNORED}
     * @throws NoQuorumException if not enough of the answers count together
     */
    public <X extends Exception> R call(Checked.Function<? super T, ? extends R, X> work) throws X {
        return call(this, work);
    }

    /**
     * Asks nodes through policies around this one, and inside of it.
     *
     * @param <X> what the work throws
     * @param through policies, of which this one is one
     * @param work asks one node, on a thread of its own
     * @return what the policies give
     * @throws X if the policies let it through
     * @throws NoQuorumException if not enough of the answers count together, and no policy around this one helps
     */
    public <X extends Exception> R call(Policy<? super R> through, Checked.Function<? super T, ? extends R, X> work)
            throws X {
        Require.nonNull(work, "work");
        return nodes.<R, X>call(through, node -> ask(node, work));
    }

    /**
     * {@link #call(Checked.Function)} for work without a result, such as a write: a node has accepted it unless it throws.
     *
     * @param <X> what the work throws
     * @param work asks one node, on a thread of its own
     * @throws X is not thrown, but by the classifier's leave: see {@link Ending#IGNORED}
     * @throws NoQuorumException if not enough nodes have accepted it
     */
    @SuppressWarnings("NullAway") // Nobody gets the result.
    public <X extends Exception> void run(Checked.Consumer<? super T, X> work) throws X {
        Require.nonNull(work, "work");
        this.<X>call(node -> {
            work.accept(node);
            return null;
        });
    }

    /**
     * {@link #call(Checked.Function)} for work that gives a stage.
     *
     * @param work asks one node
     * @return the call's future
     */
    public CompletableFuture<R> callAsync(Function<? super T, ? extends CompletionStage<? extends R>> work) {
        return callAsync(this, work);
    }

    /**
     * {@link #call(Policy, Checked.Function)} for work that gives a stage.
     *
     * @param through policies, of which this one is one
     * @param work asks one node
     * @return the call's future
     */
    public CompletableFuture<R> callAsync(
            Policy<? super R> through, Function<? super T, ? extends CompletionStage<? extends R>> work) {
        return nodes.callAsync(through, Require.nonNull(work, "work"));
    }

    /**
     * {@link #run(Checked.Consumer)} for work that gives a stage.
     *
     * @param work asks one node
     * @return completes when enough nodes have accepted it
     */
    @SuppressWarnings({"unchecked", "NullAway"}) // Nobody gets the result, which is null.
    public CompletableFuture<@Nullable Void> runAsync(Function<? super T, ? extends CompletionStage<?>> work) {
        Require.nonNull(work, "work");
        return (CompletableFuture<@Nullable Void>)
                (CompletableFuture<?>) callAsync(node -> work.apply(node).<R>thenApply(done -> null));
    }

    /**
     * Asks nodes, and says what has become of each.
     *
     * @param <X> what the work throws
     * @param work asks one node, on a thread of its own
     * @return what has become of each node, and what is made of the answers; where results are
     *     {@linkplain dev.holdfast.Pipeline#discarding discarded}, that has happened to those in it
     * @throws X is not thrown, but by the classifier's leave: see {@link Ending#IGNORED}
     * @throws NoQuorumException if not enough of the answers count together
     */
    @SuppressWarnings("unchecked") // The view gives that in place of the result.
    public <X extends Exception> Tally<T, R> tally(Checked.Function<? super T, ? extends R, X> work) throws X {
        Require.nonNull(work, "work");
        return (Tally<T, R>) nodes.<Object, X>call((Policy<Object>) (Policy<?>) tallying(), node -> ask(node, work));
    }

    /**
     * {@link #tally} for work that gives a stage.
     *
     * @param work asks one node
     * @return the call's future
     */
    @SuppressWarnings("unchecked") // The view gives that in place of the result.
    public CompletableFuture<Tally<T, R>> tallyAsync(Function<? super T, ? extends CompletionStage<? extends R>> work) {
        return (CompletableFuture<Tally<T, R>>) (CompletableFuture<?>)
                nodes.<Object>callAsync((Policy<Object>) (Policy<?>) tallying(), Require.nonNull(work, "work"));
    }

    private <X extends Exception> R ask(T target, Checked.Function<? super T, ? extends R, X> work) throws X {
        B rules = now();
        Node<T> node = rules.roster().nodeOf(target);
        if (node == null) {
            return work.apply(target);
        }
        if (!node.goesIn(rules.atMost)) {
            throw new NodeBusyException(name(), node.name(), rules.atMost);
        }
        try {
            return work.apply(target);
        } finally {
            node.goesOut();
        }
    }

    // ---- Whom to ask ------------------------------------------------------------------------------------------------

    @Override
    protected int attempts() {
        return now().mostNodes;
    }

    @Override
    protected Classifier<? super R> classifier() {
        return now().classifier;
    }

    @Override
    protected boolean firstSuccessWins() {
        return false;
    }

    @Override
    protected boolean needsPlace() {
        return true;
    }

    /** Calls whose time was over, and what they had asked. */
    @Override
    protected void abandoned(Heat<R> heat) {
        shared.counters.abandoned.increment();
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            if (heat.ending(attempt) == null && !heat.isNotStarted(attempt)) {
                Node.of(heat.target(attempt)).count(Node.Answer.ABSENT);
            }
        }
    }

    /** The caller's own node may be the one that is slow. */
    @Override
    protected boolean usesCaller() {
        return false;
    }

    @Override
    protected Executor executor() {
        Executor given = now().executor;
        return given == null ? NodeThreads.SHARED : given;
    }

    @Override
    protected boolean callsOff() {
        return !now().othersFinish;
    }

    @Override
    protected Lease<?> target(@Nullable Call call) {
        B rules = now();
        Roster<T> roster = rules.roster();
        int first = rules.inOrder ? 0 : Math.floorMod(shared.turn.getAndIncrement(), roster.size);
        return roster.nodes.get(first).lease;
    }

    @Override
    protected long headStart(@Nullable Call call) {
        B rules = now();
        return rules.firstAsked > 1 || rules.roster().weight > rules.roster().size
                ? 0
                : rules.roster().lateNanos();
    }

    /** What a call needs that began under these settings. */
    abstract Ballot<T> newBallot(B rules);

    /** The settings that a call began with, whatever is set now. */
    @SuppressWarnings("unchecked") // Those of this poll's nodes.
    final B rulesOf(Heat<R> heat) {
        return (B) Node.of(heat.target(0)).roster().settings();
    }

    @SuppressWarnings("unchecked") // Nobody else notes anything.
    private Ballot<T> ballotOf(Heat<R> heat) {
        Object noted = heat.noted();
        if (noted != null) {
            return (Ballot<T>) noted;
        }
        Ballot<T> fresh = newBallot(rulesOf(heat));
        heat.note(fresh);
        return fresh;
    }

    @Override
    protected long next(Heat<R> heat, long now) {
        Ballot<T> ballot = ballotOf(heat);
        ballot.count(heat);
        if (ballot.isReached() || !ballot.isPossible(heat.canStart())) {
            return hasEnded(heat) || heat.notStarted() > 0 ? OVER : HOLD;
        }
        Node<T> next = heat.canStart() ? ballot.next(heat) : null;
        if (next == null) {
            return HOLD;
        }
        B rules = rulesOf(heat);
        if (ballot.isMissing() || rules.asksAll) {
            if (ballot.hasLost()) {
                shared.counters.missing.increment();
            }
        } else {
            long wait = rules.roster().lateNanos() - (now - heat.startedAt(heat.started() - 1));
            if (wait > 0) {
                return wait;
            }
            shared.counters.late.increment();
        }
        heat.aim(next.lease);
        return START;
    }

    private static boolean hasEnded(Heat<?> heat) {
        return heat.ended(Ending.SUCCESS) + heat.ended(Ending.FAILURE) > 0;
    }

    // ---- What comes of it -------------------------------------------------------------------------------------------

    @Override
    protected Outcome<R> decide(Heat<R> heat) {
        if (nothingHasBegun(heat)) {
            shared.counters.failed.increment();
            return super.decide(heat);
        }
        Ballot<T> ballot = ballotOf(heat);
        (ballot.isReached() ? shared.counters.reached : shared.counters.failed).increment();
        countNodes(heat, ballot);
        decided(ballot);
        Call call = isWatched(Tallied.class) ? heat.call() : null;
        Tally<T, R> tally = call != null || tallies || !ballot.isReached() ? ballot.tally(name(), heat) : null;
        if (call != null && tally != null) {
            tell(new Tallied(this, call, tally));
        }
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            Outcome<R> unseen = ballot.isUnseen(heat, attempt) ? heat.outcome(attempt) : null;
            if (unseen != null) {
                // It came between the last look and the decision, and nobody else is told of it.
                endedLate(heat, attempt, Require.nonNull(heat.ending(attempt), "ending"), unseen);
            }
        }
        return ballot.isReached()
                ? reached(heat, ballot, tally)
                : Outcome.ofFailure(new NoQuorumException(name(), Require.nonNull(tally, "tally")));
    }

    /** Whether no node has anything been asked, so that it is sure that none has done anything. */
    private static boolean nothingHasBegun(Heat<?> heat) {
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            if (!heat.isNotStarted(attempt) || heat.isCutShort(attempt)) {
                return false;
            }
        }
        return true;
    }

    @SuppressWarnings("unchecked") // Calls of the view want a tally.
    private Outcome<R> reached(Heat<R> heat, Ballot<T> ballot, @Nullable Tally<T, R> tally) {
        List<R> answers = ballot.answers(heat);
        Outcome<R> exception = answers.isEmpty() ? ballot.exception(heat) : null;
        if (exception != null) {
            return exception;
        }
        R result = combine(heat, ballot, answers);
        return Outcome.ofResult(tallies && tally != null ? (R) tally.withResult(result) : result);
    }

    /** What the caller gets of answers that are enough, in the order in which their nodes were listed. */
    abstract R combine(Heat<R> heat, Ballot<T> ballot, List<R> answers);

    /** For counters: a call is decided. */
    void decided(Ballot<T> ballot) {}

    /** A node has only dissented where others agree. */
    private void countNodes(Heat<R> heat, Ballot<T> ballot) {
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            Node<T> node = ballot.nodeOf(heat, attempt);
            switch (ballot.stateOf(heat, attempt)) {
                case ACCEPTED -> node.count(Node.Answer.ACCEPTED);
                case FAILED -> node.count(Node.Answer.FAILED);
                case ABSENT -> node.count(Node.Answer.ABSENT);
                case DISSENTING -> {
                    if (ballot.isReached()) {
                        node.count(Node.Answer.DISSENTING);
                    }
                }
                default -> {
                    // It was not asked.
                }
            }
        }
    }

    @Override
    protected void attemptEnded(int attempt, @Nullable Lease<?> target, Ending ending, long nanos) {
        if (nanos >= 0) {
            Node<T> node = Node.of(target);
            if (attempt < node.roster().settings().firstAsked) {
                node.late.learn(nanos, ending == Ending.SUCCESS, clock);
            }
        }
    }

    @Override
    protected void notStarted(Heat<R> heat, int attempt, boolean noThread) {
        if (noThread) {
            shared.counters.noThread.increment();
        }
    }

    @Override
    protected void decided(int attempt, @Nullable Ending ending, int started) {
        if (ending == Ending.IGNORED) {
            shared.counters.ignored.increment();
        }
    }

    @Override
    protected void endedLate(Heat<R> heat, int attempt, Ending ending, Outcome<R> outcome) {
        Ballot<T> ballot = ballotOf(heat);
        Node<T> node = ballot.nodeOf(heat, attempt);
        node.count(Node.Answer.LATE);
        if (ending == Ending.SUCCESS && ballot.isReached()) {
            answeredLate(ballot, node, outcome);
        }
        Call call = heat.call();
        if (call != null && isWatched(AnsweredLate.class)) {
            tell(new AnsweredLate(this, call, node.name(), outcome));
        }
    }

    /** A node that was let go on has answered when others had been enough. */
    void answeredLate(Ballot<T> ballot, Node<T> node, Outcome<R> outcome) {}

    @Override
    protected Set<Class<? extends Event>> events() {
        Set<Class<? extends Event>> all = new LinkedHashSet<>(super.events());
        all.add(Tallied.class);
        all.add(AnsweredLate.class);
        return Set.copyOf(all);
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        Policy<?> other = first(inside, Recovery.class);
        if (other != null) {
            return "takes for an answer of a node what " + title(other)
                    + " puts in its place, which belongs outside of " + title(this);
        }
        other = first(inside, Loop.class);
        return other == null
                ? null
                : "asks each node as often as " + title(other) + " does, which belongs outside of " + title(this);
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * Changes settings while they are used. Calls under way go on with the nodes and the need that they began with. What was learned stays where the
     * quantile does, and the counters of nodes that stay. Rules on what is a failure that are given here take the place of all that were given
     * before; where none is given, those stay.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another reconfiguration was faster
     * @throws IllegalArgumentException if nothing could be built like that, reads would not meet writes any more, or the environment is another;
     *     then nothing has changed
     */
    public void reconfigure(UnaryOperator<B> change) {
        Require.nonNull(change, "change");
        while (true) {
            B before = now();
            B after = Require.nonNull(change.apply(before.copy().replacingRules()), "what change gave")
                    .copy();
            Require.same(after.environment, environment(), "environment of a reconfiguration");
            Require.same(after.name, before.name, "what change gave, the settings of");
            after.complete(before);
            if (shared.settings.compareAndSet(before, after)) {
                confirm(before, after);
                return;
            }
        }
    }

    final B settings() {
        return now().copy();
    }

    /** Others may have changed at the same time what these settings depend on: then both go back, or one. */
    final void confirm(@Nullable B before, B after) {
        try {
            after.check();
        } catch (IllegalArgumentException wrong) {
            if (before != null) {
                shared.settings.compareAndSet(after, before);
            }
            throw wrong;
        }
    }

    /**
     * What each node has come to since it is here.
     *
     * @return by their names, in the order in which they were given
     */
    public Map<String, NodeCounts> nodes() {
        Map<String, NodeCounts> all = new LinkedHashMap<>();
        now().roster().nodes.forEach(node -> all.put(node.name(), node.counts()));
        return Collections.unmodifiableMap(all);
    }

    final List<Meter> meters(Set<Node.Answer> answers, List<Meter> own) {
        return shared.counters.meters(
                "holdfast." + kind() + ".",
                now().roster(),
                answers,
                () -> now().roster().lateNanos(),
                own);
    }
}
