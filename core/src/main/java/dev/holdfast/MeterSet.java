// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which meters a binding shows: those of what was added, of what is in registries that are followed, and what either of them has become.
 * One of each name and labels; one that several have, as pipelines share policies, stays until the last of them goes.
 *
 * <pre>
 *   add ──────────────────────────▶ all of its meters, or none
 *   a followed registry's entry ──▶ those that fit; the others wait, and are logged ──▶ shown ──▶ not shown
 *   a change of either ───────────▶                    │                             ▲      remove, the entry goes, close
 *                                                      └─ what was in the way goes ──┘
 * </pre>
 *
 * <p>Whoever adds can be told what is wrong, so nothing is shown then. A registry and a reload cannot: there, one meter that is taken keeps no other
 * from being shown.
 *
 * <p>For who writes a binding. Safe to use from any thread: everything happens under one lock. Calls do not need it, but for one: who is the
 * first to ask a followed registry for a name waits until what was made for it is shown.
 */
public final class MeterSet {
    private static final Logger LOG = LoggerFactory.getLogger(MeterSet.class);

    /** What shows meters. Called under the lock. */
    public interface Display {
        /**
         * A meter is to be shown.
         *
         * @param meter with a name and labels that no other one has that is shown
         * @throws IllegalStateException if it cannot be; then it must not be shown anywhere
         */
        void added(Meter meter);

        /**
         * A meter is not to be shown any more. What this throws is logged.
         *
         * @param meter one that was
         */
        void removed(Meter meter);
    }

    /** A meter's name and labels. */
    private record Id(String name, Map<String, String> labels) {
        static Id of(Meter meter) {
            return new Id(meter.name(), meter.labels());
        }

        @Override
        public String toString() {
            return name + new TreeMap<>(labels);
        }
    }

    /** A meter, and how many sources have it. */
    private static final class Shown {
        final Meter meter;
        int uses;

        Shown(Meter meter) {
            this.meter = meter;
        }
    }

    /** A meter that is not shown, because there is another one of its name and labels. */
    private record Waiting(Meter meter, Added source) {}

    /** What was added: how often, and what it had when it was last asked. */
    private static final class Added {
        final Subscription changes;
        /** Those that are shown. Meters are equal only to themselves. */
        final Set<Meter> meters = new LinkedHashSet<>();
        /** Those that are not, and have been logged. */
        final Set<Meter> leftOut = new LinkedHashSet<>();

        int times;

        Added(Subscription changes) {
            this.changes = changes;
        }
    }

    private final String owner;
    private final Display display;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Id, Shown> shown = new LinkedHashMap<>();
    /** In the order in which they came. */
    private final Map<Id, List<Waiting>> waiting = new HashMap<>();

    private final IdentityHashMap<Metered, Added> sources = new IdentityHashMap<>();
    private final List<Subscription> following = new ArrayList<>();
    private boolean closed;

    private MeterSet(String owner, Display display) {
        this.owner = owner;
        this.display = display;
    }

    /**
     * An empty set.
     *
     * @param owner what errors call it
     * @param display shows what is in it
     * @return a new set
     */
    public static MeterSet of(String owner, Display display) {
        return new MeterSet(Require.nonNull(owner, "owner"), Require.nonNull(display, "display"));
    }

    /**
     * Adds the meters of something: all of them, or, if this throws, none. Of what it becomes later those that fit are shown.
     *
     * @param source has them
     * @throws IllegalArgumentException if another one has a meter of the same name and labels, or two of its own have
     * @throws IllegalStateException if it is closed, or the display cannot show one of them
     */
    public void add(Metered source) {
        Require.nonNull(source, "source");
        whileOpen(() -> add(source, this::showAll));
    }

    private void add(Metered source, Showing showing) {
        Added known = sources.get(source);
        if (known == null) {
            known = added(source, showing);
        }
        known.times++;
    }

    /** Shows a source's meters for the first time. */
    private interface Showing {
        void show(Added source, List<Meter> now);
    }

    /**
     * Takes them away again, when it was removed as often as added.
     *
     * @param source what was added; without effect if it was not
     */
    public void remove(Metered source) {
        Require.nonNull(source, "source");
        alone(() -> {
            Added known = sources.get(source);
            if (known != null && --known.times == 0) {
                sources.remove(source);
                known.changes.cancel();
                forget(known);
            }
        });
    }

    /**
     * Adds what is in a registry, and what comes; removes what goes. Meters whose name and labels are taken, or that the display cannot show,
     * are left out, and logged; the former are shown when what was in the way goes.
     *
     * @param policies what to follow
     * @throws IllegalStateException if it is closed
     */
    public void follow(Registry<? extends Metered> policies) {
        Subscription subscription = Require.nonNull(policies, "policies").follow(this::addUnlessClosed, this::remove);
        try {
            whileOpen(() -> following.add(subscription));
        } catch (IllegalStateException isClosed) {
            subscription.cancel();
            throw isClosed;
        }
    }

    private void addUnlessClosed(Metered source) {
        alone(() -> {
            if (!closed) {
                add(source, this::showWhatFits);
            }
        });
    }

    /** Removes everything, for good. A second time without effect. */
    public void close() {
        List<Subscription> ended = new ArrayList<>();
        alone(() -> {
            closed = true;
            ended.addAll(following);
            sources.values().forEach(source -> ended.add(source.changes));
            List<Shown> gone = List.copyOf(shown.values());
            following.clear();
            sources.clear();
            shown.clear();
            waiting.clear();
            gone.forEach(each -> takeOff(each.meter));
        });
        // A registry may be telling something at this moment, and wait for the lock.
        ended.forEach(Subscription::cancel);
    }

    /**
     * Does something that no change comes between.
     *
     * @param action gets the meters that are shown now
     * @throws IllegalStateException if it is closed
     */
    public void withMeters(Consumer<List<Meter>> action) {
        whileOpen(() ->
                action.accept(shown.values().stream().map(each -> each.meter).toList()));
    }

    private void whileOpen(Runnable action) {
        alone(() -> {
            if (closed) {
                throw new IllegalStateException(owner + ": closed (expected: open)");
            }
            action.run();
        });
    }

    private void alone(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    // ---- Under the lock -------------------------------------------------------------------------------------------

    private Added added(Metered source, Showing showing) {
        Added added = new Added(source.onMetersChanged(() -> changed(source)));
        boolean isShown = false;
        try {
            showing.show(added, source.meters());
            isShown = true;
        } finally {
            if (!isShown) {
                added.changes.cancel();
                forget(added);
            }
        }
        sources.put(source, added);
        return added;
    }

    private void changed(Metered source) {
        alone(() -> {
            Added known = sources.get(source);
            if (known != null) {
                showWhatFits(known, source.meters());
            }
        });
    }

    private void forget(Added source) {
        showWhatFits(source, List.of());
    }

    /** Shows all meters of a source that had none, or throws. */
    private void showAll(Added source, List<Meter> now) {
        Map<Id, Meter> wanted = new LinkedHashMap<>();
        for (Meter meter : now) {
            Id id = Id.of(meter);
            Shown there = shown.get(id);
            Meter own = wanted.putIfAbsent(id, meter);
            requireSame(there == null ? null : there.meter, meter, "another policy's");
            requireSame(own, meter, "another one's of the same source");
        }
        wanted.values().forEach(meter -> use(meter, source));
    }

    private static void requireSame(@Nullable Meter there, Meter meter, String whose) {
        if (there != null && there != meter) {
            throw new IllegalArgumentException("meter: " + Id.of(meter) + " is " + whose
                    + " already (expected: names that differ, for policies of the same kind)");
        }
    }

    /** Shows those of a source's meters of now that can be shown, in place of those that it had. */
    private void showWhatFits(Added source, List<Meter> now) {
        Set<Meter> wanted = new LinkedHashSet<>(now);
        Set<Id> freed = new LinkedHashSet<>();
        for (Meter meter : List.copyOf(source.meters)) {
            if (!wanted.contains(meter)) {
                unuse(meter, source);
                freed.add(Id.of(meter));
            }
        }
        Set<Meter> logged = new HashSet<>(source.leftOut);
        source.leftOut.forEach(meter -> waitNoMore(meter, source));
        source.leftOut.clear();
        Map<Id, String> reasons = new LinkedHashMap<>();
        for (Meter meter : wanted) {
            String reason = source.meters.contains(meter) ? null : whyNot(meter, source);
            if (reason != null) {
                source.leftOut.add(meter);
                if (!logged.contains(meter)) {
                    reasons.put(Id.of(meter), reason);
                }
            }
        }
        log(reasons);
        freed.forEach(this::showNext);
    }

    /** Shows a meter, or says why it cannot be. */
    private @Nullable String whyNot(Meter meter, Added source) {
        Shown there = shown.get(Id.of(meter));
        if (there != null && there.meter != meter) {
            waiting.computeIfAbsent(Id.of(meter), id -> new ArrayList<>()).add(new Waiting(meter, source));
            return "another one has its name and labels";
        }
        try {
            use(meter, source);
            return null;
        } catch (RuntimeException refused) {
            return refused.toString();
        }
    }

    /** In one line: a policy has some twenty, which are taken together as a rule. */
    private void log(Map<Id, String> reasons) {
        if (!reasons.isEmpty()) {
            Map.Entry<Id, String> first = reasons.entrySet().iterator().next();
            Policy.tryTo(() -> LOG.warn(
                    "{}: {} meters are left out, the first of them {}: {} (expected: names that differ, for policies of the same kind)",
                    owner,
                    reasons.size(),
                    first.getKey(),
                    first.getValue()));
        }
    }

    private void waitNoMore(Meter meter, Added source) {
        waiting.computeIfPresent(Id.of(meter), (id, queue) -> {
            queue.remove(new Waiting(meter, source));
            return queue.isEmpty() ? null : queue;
        });
    }

    /** Where nothing is shown any more, what has waited longest is, and whoever has the same. */
    private void showNext(Id id) {
        Collection<Waiting> queue = waiting.remove(id);
        if (queue != null) {
            for (Waiting each : queue) {
                if (whyNot(each.meter, each.source) == null) {
                    each.source.leftOut.remove(each.meter);
                }
            }
        }
    }

    private void use(Meter meter, Added source) {
        Shown there = shown.get(Id.of(meter));
        if (there == null) {
            display.added(meter);
            there = new Shown(meter);
            shown.put(Id.of(meter), there);
        }
        there.uses++;
        source.meters.add(meter);
    }

    private void unuse(Meter meter, Added source) {
        Shown there = Require.nonNull(shown.get(Id.of(meter)), "shown");
        source.meters.remove(meter);
        if (--there.uses == 0) {
            shown.remove(Id.of(meter));
            takeOff(meter);
        }
    }

    /** One that a display cannot take off keeps no other one there. */
    private void takeOff(Meter meter) {
        try {
            display.removed(meter);
        } catch (RuntimeException | LinkageError | StackOverflowError thrown) {
            Policy.tryTo(() -> LOG.warn("{}: meter {} could not be taken off", owner, Id.of(meter), thrown));
        }
    }

    @Override
    public String toString() {
        int[] count = {0};
        boolean[] ended = {false};
        alone(() -> {
            count[0] = shown.size();
            ended[0] = closed;
        });
        return count[0] + " meters" + (ended[0] ? ", closed" : "");
    }
}
