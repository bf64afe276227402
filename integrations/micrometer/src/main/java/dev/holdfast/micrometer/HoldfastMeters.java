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
 * <p>Safe to use from any thread. What it does takes a lock, which no call through a policy ever needs.
 */
public final class HoldfastMeters implements MeterBinder, AutoCloseable {
    private final MeterSet set = MeterSet.of("HoldfastMeters", new InRegistries());
    /** By identity, because labels may be equal. Used under the set's lock, as are the registries. */
    private final IdentityHashMap<Meter, Shown> shown = new IdentityHashMap<>();

    private final List<MeterRegistry> registries = new ArrayList<>();

    /** Shows each meter in each registry. */
    private final class InRegistries implements MeterSet.Display {
        @Override
        public void check(Meter meter) {
            registries.forEach(registry -> requireFree(meter, registry));
        }

        @Override
        public void added(Meter meter) {
            Shown fresh = new Shown(meter);
            shown.put(meter, fresh);
            registries.forEach(fresh::in);
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
     * @throws IllegalArgumentException if two of them have a meter of the same name and labels, and are not the same policy
     */
    public static HoldfastMeters of(Metered... sources) {
        HoldfastMeters meters = new HoldfastMeters();
        for (Metered source : sources) {
            meters.add(source);
        }
        return meters;
    }

    /**
     * Shows the numbers of one more, in all registries.
     *
     * @param source a policy, pipeline, keyed limiter, or guards; one that is there already has to be removed once more
     * @return this
     * @throws IllegalArgumentException if another policy has a meter of the same name and labels; then nothing has changed
     * @throws IllegalStateException if this is closed, or if somebody else has such a meter in one of the registries
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
     * Shows the numbers of everything that is in a registry, and follows it: what is added later appears, what is removed disappears. One
     * whose name is taken by another policy of its kind is left out, and logged.
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
     * @throws IllegalStateException if this is closed, or if somebody else has a meter of the same name and labels there; then nothing
     *     has been added to it
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        Require.nonNull(registry, "registry");
        set.withMeters(meters -> {
            if (!registries.contains(registry)) {
                meters.forEach(meter -> requireFree(meter, registry));
                registries.add(registry);
                shown.values().forEach(each -> each.in(registry));
            }
        });
    }

    private static void requireFree(Meter meter, MeterRegistry registry) {
        if (Shown.isTaken(meter, registry)) {
            throw new IllegalStateException("meter: " + meter.name() + meter.labels()
                    + " is in the registry already (expected: one HoldfastMeters for each policy and registry)");
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
