// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One listener at any number of sources, and at what is in registries. Whoever can be reached by several ways, as a policy that stands in
 * two pipelines, tells each event once.
 *
 * <p>For who writes a binding; the counterpart for numbers is {@link MeterSet}. Safe to use from any thread. Calls do not need its lock, but for
 * the first one that asks a followed registry for a name.
 *
 * @param <E> the type of event
 */
public final class Listening<E extends Event> implements AutoCloseable {
    /** Who is listened to, and by how many ways. */
    private static final class Heard {
        final Subscription subscription;
        int ways = 1;

        Heard(Subscription subscription) {
            this.subscription = subscription;
        }
    }

    /** What was added: how often, and who told its events when it was last asked. */
    private static final class Added {
        final Subscription changes;
        List<Source> tellers = List.of();
        int times;

        Added(Subscription changes) {
            this.changes = changes;
        }
    }

    private final String owner;
    private final Class<E> type;
    private final Consumer<? super E> listener;
    private final ReentrantLock lock = new ReentrantLock();
    /** What was added and not removed. */
    private final IdentityHashMap<Metered, Added> added = new IdentityHashMap<>();

    private final IdentityHashMap<Source, Heard> heard = new IdentityHashMap<>();
    private final List<Subscription> following = new ArrayList<>();
    private boolean closed;

    private Listening(String owner, Class<E> type, Consumer<? super E> listener) {
        this.owner = owner;
        this.type = type;
        this.listener = listener;
    }

    /**
     * Listens to nobody yet.
     *
     * @param <E> the type of event
     * @param owner what errors call it
     * @param type which events
     * @param listener runs as {@link Event} says
     * @return a new one
     */
    public static <E extends Event> Listening<E> of(String owner, Class<E> type, Consumer<? super E> listener) {
        return new Listening<>(
                Require.nonNull(owner, "owner"), Require.nonNull(type, "type"), Require.nonNull(listener, "listener"));
    }

    /**
     * Listens to one more; a pipeline is all of its policies, and guards are their pipelines, also those of later settings. One that never
     * tells such an event is taken, and says nothing.
     *
     * @param source a policy, a pipeline, guards, or what else tells events
     * @throws IllegalStateException if this is closed; as with whatever else a source throws, nothing has changed then
     */
    public void add(Metered source) {
        Require.nonNull(source, "source");
        alone(() -> {
            if (closed) {
                throw new IllegalStateException(owner + ": closed (expected: open; "
                        + (source instanceof Source named ? Names.quoted(named.name()) : "a source") + " was added)");
            }
            Added known = added.get(source);
            if (known == null) {
                known = added(source);
            }
            known.times++;
        });
    }

    /**
     * Listens to one no more, when it was removed as often as added. Those that it shares with others stay.
     *
     * @param source what was added; without effect if it was not
     */
    public void remove(Metered source) {
        Require.nonNull(source, "source");
        alone(() -> {
            Added known = added.get(source);
            if (known != null && --known.times == 0) {
                added.remove(source);
                known.changes.cancel();
                known.tellers.forEach(this::unhear);
            }
        });
    }

    /**
     * Listens to what is in a registry, and to what comes; no more to what goes.
     *
     * @param sources what to follow; what tells no events is left out
     * @throws IllegalStateException if this is closed
     */
    public void follow(Registry<?> sources) {
        Subscription subscription = Require.nonNull(sources, "sources").follow(this::came, this::went);
        alone(() -> {
            if (!closed) {
                following.add(subscription);
                return;
            }
            subscription.cancel();
            throw new IllegalStateException(owner + ": closed (expected: open; a registry was to be followed)");
        });
    }

    private void came(Object entry) {
        alone(() -> {
            if (!closed && entry instanceof Metered source) {
                add(source);
            }
        });
    }

    private void went(Object entry) {
        if (entry instanceof Metered source) {
            remove(source);
        }
    }

    /** Listens to nobody any more, for good. A second time without effect. */
    @Override
    public void close() {
        List<Subscription> ended = new ArrayList<>();
        alone(() -> {
            closed = true;
            ended.addAll(following);
            added.values().forEach(each -> ended.add(each.changes));
            heard.values().forEach(each -> ended.add(each.subscription));
            following.clear();
            added.clear();
            heard.clear();
        });
        // A registry may be telling something at this moment, and wait for the lock.
        ended.forEach(Subscription::cancel);
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
        Added fresh = new Added(source.onMetersChanged(() -> changed(source)));
        boolean isHeard = false;
        try {
            fresh.tellers = tellers(source);
            hearAll(fresh.tellers);
            isHeard = true;
        } finally {
            if (!isHeard) {
                fresh.changes.cancel();
            }
        }
        added.put(source, fresh);
        return fresh;
    }

    /** Those that stay are heard all the time: the new ones come before the old ones go. */
    private void changed(Metered source) {
        alone(() -> {
            Added known = added.get(source);
            if (known != null) {
                List<Source> before = known.tellers;
                List<Source> now = tellers(source);
                hearAll(now);
                known.tellers = now;
                before.forEach(this::unhear);
            }
        });
    }

    private List<Source> tellers(Metered source) {
        return source.sources().stream()
                .<Source>flatMap(each -> each instanceof Policy<?> policy ? policy.tellers() : Stream.of(each))
                .distinct()
                .filter(teller -> teller instanceof Policy<?> policy ? policy.tellsItself(type) : teller.tells(type))
                .toList();
    }

    /** All of them, or none: sources may be somebody's own. */
    private void hearAll(List<? extends Source> tellers) {
        int heardNow = 0;
        try {
            for (Source teller : tellers) {
                hear(teller);
                heardNow++;
            }
        } finally {
            if (heardNow < tellers.size()) {
                tellers.subList(0, heardNow).forEach(this::unhear);
            }
        }
    }

    private void hear(Source teller) {
        Heard known = heard.get(teller);
        if (known == null) {
            heard.put(
                    teller,
                    new Heard(
                            teller instanceof Policy<?> policy
                                    ? policy.onItself(type, listener)
                                    : teller.on(type, listener)));
        } else {
            known.ways++;
        }
    }

    private void unhear(Source teller) {
        Heard known = Require.nonNull(heard.get(teller), "teller");
        if (--known.ways == 0) {
            heard.remove(teller);
            known.subscription.cancel();
        }
    }

    @Override
    public String toString() {
        int[] count = {0};
        alone(() -> count[0] = heard.size());
        return owner + ": listens to " + count[0] + " for " + type.getSimpleName();
    }
}
