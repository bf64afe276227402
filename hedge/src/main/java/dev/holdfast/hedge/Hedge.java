// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.hedge;

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
import dev.holdfast.Targets;
import dev.holdfast.UnavailableException;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NonNull;
import org.jspecify.annotations.Nullable;

/**
 * Makes a second attempt when the first is late, and takes the answer that comes first.
 *
 * <pre>
 *   first attempt ── succeeds in time ───────────────────────────────▶ its result
 *      │    │
 *      │    └ is late ──▶ may be repeated? attempts, time, budget,
 *      └ fails ─────────▶ a thread left? ── no ──▶ the first one alone: its outcome, when it comes
 *                               │ yes
 *                         extra attempt ── the first success ────────▶ that result; all others are called off
 *                               └───────── all have failed ──────────▶ the last failure, the earlier ones suppressed
 * </pre>
 *
 * <p><b>For calls that may be made twice</b>, and for nothing else: reads, and writes with an idempotency key. A hedge has to be told
 * which calls those are, {@link HedgeBuilder#repeatable} or {@link HedgeBuilder#repeatableIf}, or it cannot be built. A call that is
 * {@linkplain Call#commit committed} gets no further attempt.
 *
 * <p><b>How late is late.</b> By default what 95 of 100 first attempts need. Only first attempts are learned from, and one that an extra
 * has overtaken counts as what it had needed by then: otherwise the slowest would be missing, and the delay would shrink with each hedge
 * (J. Dean, L. A. Barroso, "The Tail at Scale", 2013, for the idea).
 *
 * <p><b>A failure</b> starts an extra attempt at once, and ends the call only when no other attempt is left that might succeed. A refusal of
 * a policy further in is a failure, but starts none: at the same place it would be refused again. With {@linkplain HedgeBuilder#over targets}
 * it does, at another one.
 *
 * <p><b>Threads.</b> The first attempt of a blocking call runs on its caller's thread, which is interrupted when another has won; work that
 * does not notice interrupts holds its caller. Extras run on threads of the library, see {@link HedgeBuilder#runOn}, without the caller's
 * thread-locals and transaction. Where there is no thread, there is no extra attempt, and nothing waits.
 *
 * <p>Safe to share between threads. It keeps its settings, its counters, and what it has learned.
 *
 * <p>Longer than most files: the whole pattern is read here.
 *
 * @param <R> the results that its rules look at; {@code Object} if they look at exceptions only
 */
public final class Hedge<R extends @Nullable Object> extends Race<R> {
    /** What is a failure by default. */
    static final Classifier<@Nullable Object> FAILED =
            Classifier.standard().ignore(Error.class).failOn(RejectedException.class);

    /** Of a race. */
    private static final int MOST = 15;

    private static final VarHandle SETTINGS;

    static {
        try {
            SETTINGS = MethodHandles.lookup().findVarHandle(Hedge.class, "settings", HedgeBuilder.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private volatile HedgeBuilder<R> settings;

    private final LongAdder first = new LongAdder();
    private final LongAdder extra = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder ignored = new LongAdder();
    private final LongAdder late = new LongAdder();
    private final LongAdder afterFailure = new LongAdder();
    private final LongAdder afterRefusal = new LongAdder();
    private final LongAdder overBudget = new LongAdder();
    private final LongAdder withoutThread = new LongAdder();

    Hedge(HedgeBuilder<R> settings) {
        super(settings.name, settings.environment);
        this.settings = settings;
    }

    /**
     * Starts to build a hedge that looks at exceptions, and, by rules that name their class, at results. It has to be told which calls may be
     * made twice: {@code Hedge.builder("inventory").repeatable().build()}.
     *
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static HedgeBuilder<@Nullable Object> builder(String name) {
        return new HedgeBuilder<>(name, FAILED);
    }

    /**
     * Starts to build a hedge that looks at results.
     *
     * @param <R> the results of the calls
     * @param name 1 to 256 characters, not blank
     * @param type their class, for the compiler only; of a generic type its plain class will do
     * @return a builder
     */
    public static <R extends @Nullable Object> HedgeBuilder<R> builder(String name, Class<? super @NonNull R> type) {
        Require.nonNull(type, "type");
        return new HedgeBuilder<>(name, FAILED);
    }

    /**
     * Builds a hedge with the defaults for calls all of which may be made twice.
     *
     * @param name 1 to 256 characters, not blank
     * @return a new hedge
     */
    public static Hedge<@Nullable Object> ofRepeatable(String name) {
        return builder(name).repeatable().build();
    }

    // ---- When another attempt starts --------------------------------------------------------------------------------

    @Override
    protected int attempts() {
        // What targets have refused is none.
        return settings.targets == null ? 1 + settings.extras : MOST;
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
        return settings.looksAtCalls();
    }

    @Override
    protected @Nullable Lease<?> target(@Nullable Call call) {
        Targets<?> targets = settings.targets;
        return targets == null ? null : Require.nonNull(targets.pick(call, List.of()), "target of the first attempt");
    }

    @Override
    protected long headStart(@Nullable Call call) {
        HedgeBuilder<R> rules = settings;
        return rules.mayRepeat(call) ? rules.delay(call) : HOLD;
    }

    @Override
    protected long next(Heat<R> heat, long now) {
        HedgeBuilder<R> rules = settings;
        if (!heat.canStart() || !hasExtraLeft(heat, rules) || !rules.mayRepeat(heat.call())) {
            return HOLD;
        }
        Answered answered = Answered.of(heat);
        boolean isRefused = rules.targets != null && failed(heat, true) > answered.refusals();
        boolean hasFailed = !isRefused && rules.afterFailure && failed(heat, false) > answered.failures();
        if (isRefused || hasFailed) {
            heat.note(answered.plus(isRefused, heat.started()));
        } else {
            long wait = untilLate(heat, rules, now);
            if (wait > 0) {
                return wait;
            }
        }
        return start(heat, rules, isRefused, hasFailed, now) ? START : HOLD;
    }

    private boolean hasExtraLeft(Heat<R> heat, HedgeBuilder<R> rules) {
        long refused = rules.targets == null ? 0 : failed(heat, true);
        return heat.started() - refused < 1 + rules.extras;
    }

    /**
     * What a hedge notes of a call: how many failures another attempt has been started for, and, with a bit for each, which attempts were
     * started for a refusal.
     */
    private record Answered(long word) {
        private static final int FREE = 8;
        private static final Answered NONE = new Answered(0);

        static Answered of(Heat<?> heat) {
            return heat.noted() instanceof Answered noted ? noted : NONE;
        }

        long failures() {
            return word & ((1 << FREE) - 1);
        }

        long refusals() {
            return Long.bitCount(word >>> FREE);
        }

        boolean isFree(int attempt) {
            return ((word >>> (FREE + attempt)) & 1) != 0;
        }

        Answered plus(boolean refusal, int next) {
            return new Answered(refusal ? word | (1L << (FREE + next)) : word + 1);
        }
    }

    /** How many attempts have failed, so that another one might do better: by a refusal, which costs nobody anything, or otherwise. */
    private long failed(Heat<R> heat, boolean refused) {
        long count = 0;
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            Outcome<R> outcome = heat.ending(attempt) == Ending.FAILURE ? heat.outcome(attempt) : null;
            // After what is not available, such as the context of a call, the work may have been done.
            if (outcome != null && !(outcome.failure() instanceof UnavailableException)) {
                count += outcome.failure() instanceof RejectedException == refused ? 1 : 0;
            }
        }
        return count;
    }

    private long untilLate(Heat<R> heat, HedgeBuilder<R> rules, long now) {
        long delay = heat.underWay() == 0 ? HOLD : rules.delay(heat.call());
        return delay == HOLD ? HOLD : delay - (now - heat.startedAt(heat.started() - 1));
    }

    private boolean start(Heat<R> heat, HedgeBuilder<R> rules, boolean isRefused, boolean hasFailed, long now) {
        Lease<?> target = null;
        if (rules.targets != null) {
            target = rules.targets.pick(heat.call(), heat.targets());
            if (target == null) {
                return false;
            }
        }
        if (rules.budget != null && !isRefused && !rules.budget.tryWithdraw(now)) {
            overBudget.increment();
            return false;
        }
        if (target != null) {
            heat.aim(target);
        }
        (isRefused ? afterRefusal : hasFailed ? afterFailure : late).increment();
        return true;
    }

    // ---- What has become of it --------------------------------------------------------------------------------------

    @Override
    protected void attemptEnded(int attempt, @Nullable Lease<?> target, Ending ending, long nanos) {
        if (attempt == 0 && nanos >= 0) {
            settings.late.learn(nanos, ending == Ending.SUCCESS, environment()::nanoTime);
        }
    }

    @Override
    protected void notStarted(Heat<R> heat, int attempt, boolean noThread) {
        Budget budget = settings.budget;
        if (budget != null && !Answered.of(heat).isFree(attempt)) {
            budget.giveBack();
        }
        if (noThread) {
            withoutThread.increment();
        }
    }

    @Override
    protected void decided(int attempt, @Nullable Ending ending, int started) {
        if (ending == Ending.SUCCESS) {
            Budget budget = settings.budget;
            if (budget != null) {
                budget.succeeded();
            }
            (attempt == 0 ? first : extra).increment();
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
        Policy<?> other = first(inside, Loop.class);
        if (other != null) {
            return "multiplies the attempts of " + title(other) + ", which belongs outside of " + title(this);
        }
        other = first(inside, Race.class);
        return other == null ? null : "multiplies the attempts of " + title(other) + ": one of the two is enough";
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    /**
     * How late a first attempt has to be now for another one to start.
     *
     * @return what was learned, within its bounds, or what is set; {@link Duration#ZERO} if all start at once; empty if the call decides
     */
    public Optional<Duration> delay() {
        HedgeBuilder<R> rules = settings;
        return rules.delays == null ? Optional.of(Duration.ofNanos(rules.delay(null))) : Optional.empty();
    }

    /**
     * What has happened here since the hedge was built.
     *
     * @return counts that only grow
     */
    public Counts counts() {
        long without = withoutThread.sum();
        return new Counts(
                first.sum(),
                extra.sum(),
                failed.sum(),
                ignored.sum(),
                late.sum(),
                afterFailure.sum(),
                afterRefusal.sum(),
                overBudget.sum(),
                without);
    }

    /**
     * What has happened at a hedge since it was built. Asynchronous calls that were cancelled, and calls that were given up while several
     * attempts were under way, are in none of the first four.
     *
     * @param first calls that got the result of their first attempt
     * @param extra calls that got the result of another one
     * @param failed calls all of whose attempts failed
     * @param ignored calls that ended with an outcome that says nothing about the dependency, such as an interrupt
     * @param late extra attempts that were asked for because those before were late
     * @param afterFailure extra attempts that were asked for because one had failed
     * @param afterRefusal extra attempts that were asked for because a target had refused one; they cost nothing of the budget
     * @param overBudget extra attempts that were not made because the budget was empty; not among those asked for
     * @param withoutThread extra attempts that were not made because there was no thread; among those asked for
     */
    public record Counts(
            long first,
            long extra,
            long failed,
            long ignored,
            long late,
            long afterFailure,
            long afterRefusal,
            long overBudget,
            long withoutThread) {}

    @Override
    protected List<Meter> ownMeters() {
        return List.of(
                calls("first", first::sum),
                calls("extra", extra::sum),
                calls("failed", failed::sum),
                calls("ignored", ignored::sum),
                extras("late", late::sum),
                extras("failed", afterFailure::sum),
                extras("refused", afterRefusal::sum),
                missed("over_budget", overBudget::sum),
                missed("no_thread", withoutThread::sum),
                Meter.gauge(
                        "holdfast.hedge.delay",
                        "s",
                        "How late an attempt has to be for another one to start; nothing where the call decides.",
                        () -> delay().map(delay -> delay.toNanos() / 1e9).orElse(Double.NaN)),
                Meter.gauge(
                        "holdfast.hedge.budget.available",
                        "{token}",
                        "Extra attempts that the budget holds; nothing without a budget.",
                        this::budgetLeft));
    }

    private static Meter calls(String outcome, LongSupplier count) {
        return Meter.counter(
                        "holdfast.hedge.calls",
                        "{call}",
                        "Calls that got the result of their first attempt, of an extra one, or none because all attempts failed; and those"
                                + " that ended with what says nothing about the dependency.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    private static Meter extras(String reason, LongSupplier count) {
        return Meter.counter(
                        "holdfast.hedge.extras",
                        "{attempt}",
                        "Extra attempts that were asked for, because an attempt was late, had failed, or was refused at its target.",
                        count)
                .with("holdfast.reason", reason);
    }

    private static Meter missed(String reason, LongSupplier count) {
        return Meter.counter(
                        "holdfast.hedge.missed",
                        "{attempt}",
                        "Extra attempts that were not made, because the budget was empty, or because there was no thread; the latter are among"
                                + " those asked for.",
                        count)
                .with("holdfast.reason", reason);
    }

    private double budgetLeft() {
        Budget budget = settings.budget;
        return budget == null ? Double.NaN : budget.available();
    }

    /**
     * Changes settings while the hedge is used. Calls under way go on under the new ones, except that their number of attempts stays. What
     * was learned stays where the quantile does. Whether rules look at single calls ({@link HedgeBuilder#repeatableIf},
     * {@link HedgeBuilder#after(java.util.function.Function)}) stays as it was built. Rules on what is a failure ({@link HedgeBuilder#classify}) that are given here take the
     * place of all that were given before; where none is given, those stay.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another reconfiguration was faster
     * @throws IllegalArgumentException if the environment is another, or rules look at calls now that did not, or the other way round; then
     *     nothing has changed
     */
    public void reconfigure(UnaryOperator<HedgeBuilder<R>> change) {
        Require.nonNull(change, "change");
        while (true) {
            HedgeBuilder<R> before = settings;
            HedgeBuilder<R> after = Require.nonNull(change.apply(before.copy().replacingRules()), "what change gave")
                    .copy();
            Require.same(after.environment, environment(), "environment of a reconfiguration");
            after.complete(before);
            if (SETTINGS.compareAndSet(this, before, after)) {
                return;
            }
        }
    }

    HedgeBuilder<R> settings() {
        return settings.copy();
    }

    @Override
    public String toString() {
        return "Hedge[" + quotedName() + " " + settings + "]";
    }
}
