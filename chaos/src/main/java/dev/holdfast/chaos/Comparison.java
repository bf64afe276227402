// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import dev.holdfast.Subscription;
import dev.holdfast.Turn;
import dev.holdfast.internal.Require;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A control group: a policy that lets every call through, and while an experiment runs counts how calls with faults and calls without end. Stands
 * where the experiment's ratio probes look, outermost for what callers get.
 *
 * <pre>{@code
 * Comparison groups = Comparison.by("orders", call -> call.argument().orElse(null), 0.5);
 * Pipeline<Object> pipeline = Pipeline.of(groups, fallback, retry, timeout, chaos);
 * Experiment.builder("orders survive").compare(groups) // and the rest
 * }</pre>
 *
 * <p>Calls are in one group or the other by a hash of their key and the run's seed, so that a customer, say, is in one for as long as the run. Those without a
 * key are in neither, and meet no faults.
 *
 * <p>Off, it costs a call one question. Safe to use from any thread; one experiment has it at a time.
 */
public final class Comparison extends Gate {
    private final Function<? super Call, ? extends @Nullable Object> key;
    private final double share;
    private final AtomicReference<@Nullable Groups> groups = new AtomicReference<>();

    private Comparison(
            String name,
            Function<? super Call, ? extends @Nullable Object> key,
            double share,
            Environment environment) {
        super(name, environment);
        this.key = Require.nonNull(key, "key");
        this.share = share;
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("share: " + share + " (expected: more than 0 and less than 1)");
        }
        classifyBy(Classifier.standard().failOn(RejectedException.class));
    }

    /**
     * Makes one, in the {@linkplain Environment#standard() standard} environment.
     *
     * @param name 1 to 256 characters, not blank
     * @param key what a call belongs to: of a class whose {@code hashCode} goes by its content, such as {@code String}; {@code null} if to none of
     *     the groups
     * @param share the part of the keys that is left alone: more than 0 and less than 1
     * @return a policy
     */
    public static Comparison by(String name, Function<? super Call, ? extends @Nullable Object> key, double share) {
        return new Comparison(name, key, share, Environment.standard());
    }

    // ---- For the run ------------------------------------------------------------------------------------------------

    Terms.Control control(long seed) {
        return new Terms.Control(key, share, seed);
    }

    /** Counts from now on, until what it gives is cancelled. */
    Subscription begin(Terms.Control control) {
        Groups fresh = new Groups(control);
        if (!groups.compareAndSet(null, fresh)) {
            throw new IllegalStateException(this + ": another experiment has it (expected: one at a time)");
        }
        // While somebody listens to events of calls, calls have their context.
        Subscription listening = on(Event.CallAbandoned.class, told -> {});
        return () -> {
            groups.compareAndSet(fresh, null);
            listening.cancel();
        };
    }

    @Nullable Result result() {
        Groups now = groups.get();
        return now == null
                ? null
                : new Result(now.good[0].sum(), now.bad[0].sum(), now.good[1].sum(), now.bad[1].sum());
    }

    private static final class Groups {
        final Terms.Control control;
        final LongAdder[] good = {new LongAdder(), new LongAdder()};
        final LongAdder[] bad = {new LongAdder(), new LongAdder()};

        Groups(Terms.Control control) {
            this.control = control;
        }
    }

    // ---- For the engine ---------------------------------------------------------------------------------------------

    @Override
    protected long enter(long now) {
        return groups.get() == null ? PASS : ASK;
    }

    @Override
    protected @Nullable Turn ask(@Nullable Call call) {
        Groups now = groups.get();
        if (now == null || call == null) {
            return null;
        }
        Boolean isControl;
        try {
            isControl = now.control.has(call);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the call is in neither group");
            return null;
        }
        return isControl == null ? null : new AtOnce(isControl ? 1 : 0);
    }

    /** Lets a call in without a wait. */
    private static final class AtOnce extends Turn {
        private final long stamp;

        AtOnce(long stamp) {
            this.stamp = stamp;
        }

        @Override
        protected long nanos() {
            return 0;
        }

        @Override
        protected long due() {
            return stamp;
        }

        @Override
        protected void abandoned() {
            // Nothing is reserved.
        }
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        Groups of = groups.get();
        if (of != null && ending != Ending.IGNORED) {
            (ending == Ending.SUCCESS ? of.good : of.bad)[(int) stamp].increment();
        }
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        throw new IllegalStateException(this + ": refused a call (expected: none)");
    }

    @Override
    public String toString() {
        return "Comparison[" + quotedName() + ", " + Percents.of(share) + " left alone"
                + (groups.get() == null ? "" : ", counting") + "]";
    }

    /**
     * How both groups did.
     *
     * @param good calls that may have faults, and were good
     * @param bad calls that may have faults, and were bad
     * @param controlGood calls that were left alone, and were good
     * @param controlBad calls that were left alone, and were bad
     */
    record Result(long good, long bad, long controlGood, long controlBad) {
        boolean differ(double confidence) {
            return chance() <= 1 - confidence;
        }

        /** How likely so many bad calls are among those with faults, if the faults make no difference. */
        double chance() {
            return Chances.fisher(bad, good + bad, controlBad, controlGood + controlBad);
        }

        String words() {
            return String.format(
                    Locale.ROOT,
                    "%d of %d calls were bad with faults, and %d of %d without; by chance with a probability of %.2g",
                    bad,
                    good + bad,
                    controlBad,
                    controlGood + controlBad,
                    chance());
        }
    }
}
