// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import dev.holdfast.Meter;
import dev.holdfast.MeterSet;
import dev.holdfast.Metered;
import dev.holdfast.Registry;
import dev.holdfast.internal.Require;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * The numbers of policies, in Micrometer's registries.
 *
 * <pre>{@code
 * HoldfastMeters meters = HoldfastMeters.of(pipeline).follow(breakers);
 * meters.bindTo(registry);
 * }</pre>
 *
 * <p>Names, labels and units are those of {@link Meter}: a counter is a {@code FunctionCounter}, a gauge a {@code Gauge}; seconds are the
 * base unit where the unit is {@code s}, and there is none otherwise. Counters are pulled, so calls pay nothing.
 *
 * <p>What is bound is held strongly, here and in the registry, until {@link #remove}, {@link #close}, or until a followed registry
 * forgets it: Micrometer's own references are weak, and a counter of something that has been collected stands still for ever.
 *
 * <p>One meter there is one meter here. What a registry's filters deny is not shown; where they give two meters the same name and tags, as
 * {@code ignoreTags("holdfast.policy")} does, the second is refused: nobody could say what their sum means. In a composite registry this
 * holds for its own filters.
 *
 * <p>What may be refused is refused to whoever adds or binds. A registry that is followed, and a source that becomes another, have nobody to tell:
 * there the meters in question are left out, and logged.
 *
 * <p>Safe to use from any thread. What it does takes a lock, which calls do not need, but for the first one that asks a followed registry for
 * a name: it waits until the meters of what was made are shown.
 */
public final class HoldfastMeters implements MeterBinder, AutoCloseable {
    private final MeterSet set = MeterSet.of("HoldfastMeters", new InRegistries());
    /** By identity, because labels may be equal. Used under the set's lock, as are the registries. */
    private final IdentityHashMap<Meter, Shown> shown = new IdentityHashMap<>();

    private final List<MeterRegistry> registries = new ArrayList<>();

    /** Shows each meter in each registry. */
    private final class InRegistries implements MeterSet.Display {
        @Override
        public void added(Meter meter) {
            Shown fresh = new Shown(meter);
            orUndo(() -> registries.forEach(fresh::in), () -> registries.forEach(fresh::outOf));
            shown.put(meter, fresh);
        }

        @Override
        public void removed(Meter meter) {
            Shown gone = Require.nonNull(shown.remove(meter), "shown");
            registries.forEach(gone::outOf);
        }
    }

    private HoldfastMeters() {}

    /**
     * The numbers of what is given.
     *
     * @param sources policies, pipelines, keyed limiters, guards; may be none
     * @return bound to nothing so far
     * @throws IllegalArgumentException if two policies, of one or of several of them, have a meter of the same name and labels
     */
    public static HoldfastMeters of(Metered... sources) {
        HoldfastMeters meters = new HoldfastMeters();
        orUndo(
                () -> {
                    for (Metered source : sources) {
                        meters.add(source);
                    }
                },
                meters::close);
        return meters;
    }

    /**
     * Shows the numbers of one more, in all registries.
     *
     * @param source a policy, pipeline, keyed limiter, or guards; one that is there already has to be removed once more
     * @return this
     * @throws IllegalArgumentException if another policy has a meter of the same name and labels, or two in this one have, as two timeouts of
     *     one name; then nothing has changed
     * @throws IllegalStateException if this is closed, or if there is such a meter in one of the registries, from somebody else or because a
     *     filter of the registry gives two the same name and tags; then nothing has changed
     */
    public HoldfastMeters add(Metered source) {
        set.add(source);
        return this;
    }

    /**
     * Takes the numbers of one away again, from all registries. Those that it shares with others, as pipelines share policies, stay.
     *
     * @param source what was added; without effect if it was not
     */
    public void remove(Metered source) {
        set.remove(source);
    }

    /**
     * Shows the numbers of everything that is in a registry, and follows it: what is added later appears, what is removed disappears. Those
     * whose name another policy of their kind has are left out, and logged, and shown when that one goes.
     *
     * @param policies what to follow
     * @return this
     * @throws IllegalStateException if this is closed
     */
    public HoldfastMeters follow(Registry<? extends Metered> policies) {
        set.follow(policies);
        return this;
    }

    /**
     * Shows everything in one more registry, also what is added later.
     *
     * @param registry where
     * @throws IllegalStateException if this is closed, or if there is a meter of the same name and labels, from somebody else or because a
     *     filter of the registry gives two the same name and tags; then nothing has been added to it
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        Require.nonNull(registry, "registry");
        set.withMeters(meters -> {
            if (registries.stream().noneMatch(each -> each == registry)) {
                orUndo(
                        () -> shown.values().forEach(each -> each.in(registry)),
                        () -> shown.values().forEach(each -> each.outOf(registry)));
                registries.add(registry);
            }
        });
    }

    /** Filters and listeners of registries are somebody else's code. */
    private static void orUndo(Runnable action, Runnable undo) {
        boolean isDone = false;
        try {
            action.run();
            isDone = true;
        } finally {
            if (!isDone) {
                undo.run();
            }
        }
    }

    /** Takes everything out of all registries, and lets go of it. A second time without effect. */
    @Override
    public void close() {
        set.close();
    }

    @Override
    public String toString() {
        return "HoldfastMeters[" + set + "]";
    }
}
