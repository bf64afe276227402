// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Budget;
import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Heat;
import dev.holdfast.Lease;
import dev.holdfast.Loop;
import dev.holdfast.Meter;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.RejectedException;
import dev.holdfast.UnavailableException;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * Goes to the next node when one fails.
 *
 * <pre>
 *   a node ── succeeds ─────────────────────────────────────────────────────▶ its result
 *     │ │
 *     │ └ refuses: its breaker is open, its bulkhead full ──▶ another node left? ── no ──▶ all have refused: NoNodeException
 *     │                                                            │ yes                   or else the last failure, with the others
 *     │                                                            ▼
 *     └── fails ──▶ may be repeated, or has not arrived? ── yes ──▶ attempts, time and budget left? ── yes ──▶ another node
 *                        └ no ──▶ that failure                          └ no ──▶ that failure
 * </pre>
 *
 * <p><b>Which calls may go elsewhere.</b> Without being told, only those of which it is sure that they have not arrived: a policy at the node has refused
 * them before the work began, or the connection was refused, or {@link FailoverBuilder#notSent} says so. A timeout says nothing of the kind, nor does what a retry,
 * a fallback or another race at the node gives once the work has begun. What may
 * be made twice is {@link FailoverBuilder#repeatable}, and then every failure leads to another node. A call that is
 * {@linkplain Call#commit committed} goes nowhere.
 *
 * <p><b>Never twice to the same</b> node in a call, also where the list of nodes changes meanwhile. A refusal counts as no attempt and costs
 * nothing of the budget; but a call comes to 15 nodes at most, refusals or not.
 *
 * <p><b>Threads.</b> One attempt after the other, on the caller's thread, without a timer. With {@link FailoverBuilder#nextAfter} a further attempt starts
 * while the first is under way, on a thread of the library, as in a hedge.
 *
 * <p>Safe to share between threads. It keeps its settings and its counters; what is known of nodes is in {@link Replicas}.
 *
 * <p>Longer than most files: the whole pattern is read here.
 *
 * @param <R> the results that its rules look at; {@code Object} if they look at exceptions only
 */
public final class Failover<R extends @Nullable Object> extends Race<R> {
    /** What is a failure by default. */
    static final Classifier<@Nullable Object> FAILED =
            Classifier.standard().ignore(Error.class).failOn(RejectedException.class);

    /** Of a race. */
    static final int MOST = 15;

    private static final VarHandle SETTINGS;

    static {
        try {
            SETTINGS = MethodHandles.lookup().findVarHandle(Failover.class, "settings", FailoverBuilder.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private volatile FailoverBuilder<R> settings;
    private final Replicas<?> replicas;

    private final LongAdder first = new LongAdder();
    private final LongAdder other = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder ignored = new LongAdder();
    private final LongAdder afterFailure = new LongAdder();
    private final LongAdder afterRefusal = new LongAdder();
    private final LongAdder late = new LongAdder();
    private final LongAdder notRepeatable = new LongAdder();
    private final LongAdder noNode = new LongAdder();
    private final LongAdder noTime = new LongAdder();
    private final LongAdder overBudget = new LongAdder();
    private final LongAdder noThread = new LongAdder();

    Failover(FailoverBuilder<R> settings, Replicas<?> replicas) {
        super(settings.name, settings.environment);
        this.settings = settings;
        this.replicas = replicas;
    }

    /**
     * Starts to build a failover that looks at exceptions, and, by rules that name their class, at results. It has to be told between which nodes:
     * {@code Failover.builder("inventory").over(stocks).build()}.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static FailoverBuilder<@Nullable Object> builder(String name) {
        return new FailoverBuilder<>(name, FAILED);
    }

    /**
     * Starts to build a failover that looks at results.
     *
     * @param <R> the results of the calls
     * @param name 1 to 256 characters, not blank
     * @param type their class, for the compiler only; of a generic type its plain class will do
     * @return a builder
     */
    public static <R extends @Nullable Object> FailoverBuilder<R> builder(String name, Class<? super @NonNull R> type) {
        Require.nonNull(type, "type");
        return new FailoverBuilder<>(name, FAILED);
    }

    // ---- When another attempt starts --------------------------------------------------------------------------------

    @Override
    protected int attempts() {
        // What nodes have refused is none.
        return MOST;
    }

    @Override
    protected Classifier<? super R> classifier() {
        return settings.classifier;
    }

    @Override
    protected Executor executor() {
        Executor given = settings.executor;
        return given == null ? super.executor() : given;
    }

    @Override
    protected boolean wantsCall() {
        return settings.looksAtCalls() || replicas.looksAtCalls();
    }

    @Override
    protected boolean wantsBegun() {
        return true;
    }

    @Override
    protected boolean needsPlace() {
        return true;
    }

    @Override
    protected @Nullable Lease<?> target(@Nullable Call call) {
        return replicas.pick(call, List.of());
    }

    @Override
    protected long headStart(@Nullable Call call) {
        FailoverBuilder<R> rules = settings;
        return rules.nextAfter != null && rules.attempts > 1 && rules.mayRepeat(call)
                ? rules.nextAfter.toNanos()
                : HOLD;
    }

    @Override
    protected long next(Heat<R> heat, long now) {
        FailoverBuilder<R> rules = settings;
        Ended ended = Ended.of(heat);
        Noted noted = Noted.of(heat);
        boolean isRefused = ended.refused > noted.refused();
        boolean isFailed = ended.failed > noted.failed();
        if (!heat.canStart() || ended.isOver || heat.started() - ended.refused - heat.notStarted() >= rules.attempts) {
            return HOLD;
        }
        boolean mayRepeat = rules.mayRepeat(heat.call());
        if (ended.failed > 0 && !mayRepeat && !areAllNotSent(heat, rules)) {
            // Counted once: no further attempt starts that could fail again.
            notRepeatable.increment();
            return HOLD;
        }
        if (!isRefused && !isFailed) {
            long wait = mayRepeat && rules.nextAfter != null && heat.underWay() > 0
                    ? rules.nextAfter.toNanos() - (now - heat.startedAt(heat.started() - 1))
                    : HOLD;
            if (wait > 0) {
                return wait;
            }
        }
        return start(heat, rules, ended, noted, isFailed || !isRefused, now);
    }

    private long start(Heat<R> heat, FailoverBuilder<R> rules, Ended ended, Noted noted, boolean costs, long now) {
        long left = heat.nanosLeft(now);
        if (left <= 0 || left < rules.minimum) {
            noTime.increment();
            return HOLD;
        }
        Lease<?> node = replicas.pick(heat.call(), heat.targets());
        if (node == null) {
            noNode.increment();
            return HOLD;
        }
        if (costs && rules.budget != null && !rules.budget.tryWithdraw(now)) {
            overBudget.increment();
            return HOLD;
        }
        heat.aim(node);
        boolean isFailed = ended.failed > noted.failed();
        boolean isRefused = ended.refused > noted.refused();
        heat.note(new Noted(ended.failed, ended.refused, costs ? noted.free : noted.free | 1 << heat.started()));
        (isFailed ? afterFailure : isRefused ? afterRefusal : late).increment();
        return START;
    }

    /**
     * What a failover notes of a call: how many failures and refusals another attempt has been started for, and, with a bit for each, which
     * attempts cost nothing.
     */
    private record Noted(int failed, int refused, int free) {
        private static final Noted NONE = new Noted(0, 0, 0);

        static Noted of(Heat<?> heat) {
            return heat.noted() instanceof Noted noted ? noted : NONE;
        }
    }

    /**
     * What attempts have come to so far.
     *
     * @param failed how many have failed at their node
     * @param refused how many were refused there before their work began
     * @param isOver whether something was not there that no other node has
     */
    private record Ended(int failed, int refused, boolean isOver) {
        static Ended of(Heat<?> heat) {
            int failed = 0;
            int refused = 0;
            boolean isOver = false;
            for (int attempt = 0; attempt < heat.started(); attempt++) {
                if (heat.ending(attempt) == Ending.FAILURE) {
                    Throwable failure = failureOf(heat, attempt);
                    // After what is not available, such as the context of a call, the work may have been done.
                    isOver |= failure instanceof UnavailableException;
                    boolean isRefusal = isRefusal(heat, attempt);
                    refused += isRefusal ? 1 : 0;
                    failed += isRefusal ? 0 : 1;
                }
            }
            return new Ended(failed, refused, isOver);
        }
    }

    private static @Nullable Throwable failureOf(Heat<?> heat, int attempt) {
        Outcome<?> outcome = heat.outcome(attempt);
        return outcome == null ? null : outcome.failure();
    }

    /** Whether a policy has refused the attempt, so that its work has not begun. */
    private static boolean isRefusal(Heat<?> heat, int attempt) {
        return failureOf(heat, attempt) instanceof RejectedException refusal
                && !(refusal instanceof UnavailableException)
                && !WorkBegan.isOn(refusal)
                // A retry inside may have been refused after the work has failed, and gives the refusal.
                && !heat.hasBegun(attempt);
    }

    private boolean areAllNotSent(Heat<R> heat, FailoverBuilder<R> rules) {
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            if (heat.ending(attempt) == Ending.FAILURE) {
                Throwable failure = failureOf(heat, attempt);
                // Of work that was begun several times the last failure says nothing about the ones before.
                boolean isNotSent = failure != null && !heat.hasBegun(attempt) && rules.isNotSent(failure);
                if (!isRefusal(heat, attempt) && !isNotSent) {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- What has become of it --------------------------------------------------------------------------------------

    @Override
    protected Outcome<R> decide(Heat<R> heat) {
        Map<String, RejectedException> refusals = new LinkedHashMap<>();
        int last = -1;
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            Throwable failure = heat.ending(attempt) == Ending.FAILURE ? failureOf(heat, attempt) : null;
            Lease<?> node = heat.target(attempt);
            if (failure != null
                    && isRefusal(heat, attempt)
                    && failure instanceof RejectedException refusal
                    && node != null) {
                refusals.put(node.name(), refusal);
            } else if (heat.ending(attempt) != null) {
                last = attempt;
            }
        }
        if (last < 0 && !refusals.isEmpty()) {
            return Outcome.ofFailure(NoNodeException.refusedBy(name(), refusals));
        }
        Outcome<R> outcome = refusals.isEmpty() || last < 0 ? null : heat.outcome(last);
        if (outcome == null) {
            return super.decide(heat);
        }
        // What a node has come to says more than that the next one has refused.
        Throwable failure = outcome.failure();
        for (int attempt = 0; failure != null && attempt < heat.started(); attempt++) {
            hangOn(failure, failureOf(heat, attempt));
        }
        return outcome;
    }

    /** Unless it hangs there already: whoever throws one exception again and again must not make it grow. */
    private static void hangOn(Throwable failure, @Nullable Throwable other) {
        Throwable[] there = failure.getSuppressed();
        boolean hasRoom = other != null && other != failure && there.length < MOST;
        for (int i = 0; hasRoom && i < there.length; i++) {
            hasRoom = there[i] != other;
        }
        if (hasRoom && other != null) {
            failure.addSuppressed(other);
        }
    }

    @Override
    protected void notStarted(Heat<R> heat, int attempt, boolean hasNoThread) {
        Budget budget = settings.budget;
        if (budget != null && (Noted.of(heat).free >>> attempt & 1) == 0) {
            budget.giveBack();
        }
        if (hasNoThread) {
            noThread.increment();
        }
    }

    @Override
    protected void decided(int attempt, @Nullable Ending ending, int started) {
        if (ending == Ending.SUCCESS) {
            Budget budget = settings.budget;
            if (budget != null) {
                budget.succeeded();
            }
            (attempt == 0 ? first : other).increment();
        } else {
            (ending == Ending.IGNORED ? ignored : failed).increment();
        }
    }

    @Override
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        String hidden = failuresHidden(inside);
        if (hidden != null) {
            return hidden;
        }
        Policy<?> loop = first(inside, Loop.class);
        if (loop != null) {
            return "multiplies the attempts of " + title(loop) + ", which belongs outside of " + title(this);
        }
        Policy<?> race = first(inside, Race.class);
        return race == null ? null : "multiplies the attempts of " + title(race) + ": one of the two is enough";
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * The nodes between which it goes.
     *
     * @return as they were given to the builder
     */
    public Replicas<?> replicas() {
        return replicas;
    }

    /**
     * What has happened here since the failover was built.
     *
     * @return counts that only grow
     */
    public Counts counts() {
        return new Counts(
                first.sum(),
                other.sum(),
                failed.sum(),
                ignored.sum(),
                afterFailure.sum(),
                afterRefusal.sum(),
                late.sum(),
                notRepeatable.sum(),
                noNode.sum(),
                noTime.sum(),
                overBudget.sum(),
                noThread.sum());
    }

    /**
     * What has happened at a failover since it was built. Asynchronous calls that were cancelled, and calls that were given up while several
     * attempts were under way, are in none of the first four; nor are calls that no node was there for.
     *
     * @param first calls that got the result of the first node
     * @param other calls that got the result of another one
     * @param failed calls that got a failure
     * @param ignored calls that ended with an outcome that says nothing about the nodes, such as an interrupt
     * @param afterFailure further attempts that were asked for because one had failed
     * @param afterRefusal further attempts that were asked for because a node had refused one
     * @param late further attempts that were asked for because those before took long
     * @param notRepeatable times that no further attempt was made because the call may have arrived, and must not be made twice
     * @param noNode times that there was no other node
     * @param noTime times that there was too little time left
     * @param overBudget times that the budget was empty
     * @param noThread further attempts that were not made because there was no thread; among those asked for
     */
    public record Counts(
            long first,
            long other,
            long failed,
            long ignored,
            long afterFailure,
            long afterRefusal,
            long late,
            long notRepeatable,
            long noNode,
            long noTime,
            long overBudget,
            long noThread) {}

    @Override
    protected List<Meter> ownMeters() {
        return List.of(
                calls("first", first::sum),
                calls("other", other::sum),
                calls("failed", failed::sum),
                calls("ignored", ignored::sum),
                further("failed", afterFailure::sum),
                further("refused", afterRefusal::sum),
                further("late", late::sum),
                missed("not_repeatable", notRepeatable::sum),
                missed("no_node", noNode::sum),
                missed("no_time", noTime::sum),
                missed("over_budget", overBudget::sum),
                missed("no_thread", noThread::sum),
                Meter.gauge(
                        "holdfast.failover.budget.available",
                        "{token}",
                        "Further attempts that the budget holds; nothing without a budget.",
                        this::budgetLeft));
    }

    private static Meter calls(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast.failover.calls",
                        "{call}",
                        "Calls that got the result of their first node, of another one, or a failure; and those that ended with what says"
                                + " nothing about the nodes.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    private static Meter further(String reason, LongSupplier count) {
        return Meter.counter(
                        "holdfast.failover.further",
                        "{attempt}",
                        "Further attempts that were asked for, because an attempt had failed, was refused at its node, or was late.",
                        count)
                .with("holdfast.reason", reason);
    }

    private static Meter missed(String reason, LongSupplier count) {
        return Meter.counter(
                        "holdfast.failover.missed",
                        "{attempt}",
                        "Further attempts that were not made: the call may have arrived and must not be made twice, there was no other node, too"
                                + " little time, no budget, or no thread.",
                        count)
                .with("holdfast.reason", reason);
    }

    private double budgetLeft() {
        Budget budget = settings.budget;
        return budget == null ? Double.NaN : budget.available();
    }

    /**
     * Changes settings while the failover is used. Calls under way go on under the new ones. Whether rules look at single calls
     * ({@link FailoverBuilder#repeatableIf}) and the nodes stay as they were built. Rules on what is a failure ({@link FailoverBuilder#classify}) that are given here take the
     * place of all that were given before; where none is given, those stay.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another reconfiguration was faster
     * @throws IllegalArgumentException if the environment or the nodes are others, or rules look at calls now that did not, or the other way round; then
     *     nothing has changed
     */
    public void reconfigure(UnaryOperator<FailoverBuilder<R>> change) {
        Require.nonNull(change, "change");
        while (true) {
            FailoverBuilder<R> before = settings;
            FailoverBuilder<R> after = Require.nonNull(
                            change.apply(before.copy().replacingRules()), "what change gave")
                    .copy();
            Require.same(after.environment, environment(), "environment of a reconfiguration");
            Require.same(Require.nonNull(after.replicas, "replicas"), replicas, "replicas of a reconfiguration");
            after.complete(before);
            if (SETTINGS.compareAndSet(this, before, after)) {
                return;
            }
        }
    }

    FailoverBuilder<R> settings() {
        return settings.copy();
    }

    /** For replicas, which are no policy. */
    void ruleThrows(Throwable thrown, String instead) {
        ruleThrew(thrown, instead);
    }

    @Override
    public String toString() {
        return "Failover[" + quotedName() + " " + settings + "]";
    }
}
