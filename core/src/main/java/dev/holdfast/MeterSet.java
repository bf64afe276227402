// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which meters a binding shows: those of what was added, of what is in registries that are followed, and what either of them has become.
 * One of each name and labels; one that several have, as pipelines share policies, stays until the last of them goes.
 *
 * <pre>
 *   add, a followed registry's entry ──▶ source ── its meters, and after a change others ──▶ check, added ──▶ shown
 *                                          │ remove, the entry goes, close                                      │
 *                                          └──────────────────────────────────────────────────── removed ◀─────┘
 * </pre>
 *
 * <p>For who writes a binding. Safe to use from any thread: everything happens under one lock, which no call through a policy ever needs.
 */
public final class MeterSet {
    /** What shows meters. Called under the lock. */
    public interface Display {
        /**
         * Asked before anything changes.
         *
         * @param meter about to be shown
         * @throws IllegalStateException if it cannot be
         */
        void check(Meter meter);

        /**
         * A meter is to be shown.
         *
         * @param meter with a name and labels that no other one has that is shown
         */
        void added(Meter meter);

        /**
         * A meter is not to be shown any more.
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

    /** What was added: how often, and what it had when it was last asked. */
    private static final class Added {
        final Subscription changes;
        List<Meter> meters = List.of();
        int times;

        Added(Subscription changes) {
            this.changes = changes;
        }
    }

    private final String owner;
    private final Display display;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Id, Shown> shown = new LinkedHashMap<>();
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
     * Adds the meters of something.
     *
     * @param source has them
     * @throws IllegalArgumentException if another one has a meter of the same name and labels; then nothing has changed
     * @throws IllegalStateException if it is closed, or the display cannot show one of them
     */
    public void add(Metered source) {
        Require.nonNull(source, "source");
        whileOpen(() -> {
            Added known = sources.get(source);
            if (known == null) {
                known = added(source);
            }
            known.times++;
        });
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
                show(known, List.of());
            }
        });
    }

    /**
     * Adds what is in a registry, and what comes; removes what goes.
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
                add(source);
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
            shown.values().forEach(each -> display.removed(each.meter));
            following.clear();
            sources.clear();
            shown.clear();
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

    private Added added(Metered source) {
        Added added = new Added(source.onMetersChanged(() -> changed(source)));
        try {
            show(added, source.meters());
        } catch (RuntimeException refused) {
            added.changes.cancel();
            throw refused;
        }
        sources.put(source, added);
        return added;
    }

    private void changed(Metered source) {
        alone(() -> {
            Added known = sources.get(source);
            if (known != null) {
                show(known, source.meters());
            }
        });
    }

    /** Shows a source's meters of now in place of those that it had. */
    private void show(Added source, List<Meter> now) {
        List<Meter> before = source.meters;
        now.forEach(meter -> check(meter, before));
        List<Meter> fresh = now.stream().filter(meter -> !isOf(meter, before)).toList();
        before.stream().filter(meter -> !isOf(meter, now)).forEach(this::unuse);
        fresh.forEach(this::use);
        source.meters = now;
    }

    private static boolean isOf(Meter meter, List<Meter> meters) {
        return meters.stream().anyMatch(each -> each == meter);
    }

    private void check(Meter meter, List<Meter> goes) {
        Id id = Id.of(meter);
        Shown there = shown.get(id);
        if (there == null) {
            display.check(meter);
        } else if (there.meter != meter && !(there.uses == 1 && isOf(there.meter, goes))) {
            throw new IllegalArgumentException("meter: " + id
                    + " is another policy's already (expected: names that differ, for policies of the same kind)");
        }
    }

    private void use(Meter meter) {
        Shown there = shown.get(Id.of(meter));
        if (there == null) {
            there = new Shown(meter);
            shown.put(Id.of(meter), there);
            display.added(meter);
        }
        there.uses++;
    }

    private void unuse(Meter meter) {
        @Nullable Shown there = shown.get(Id.of(meter));
        if (there != null && there.meter == meter && --there.uses == 0) {
            shown.remove(Id.of(meter));
            display.removed(meter);
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
