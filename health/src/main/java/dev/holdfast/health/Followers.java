// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Detector;
import dev.holdfast.Event;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Teller;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who follows a detector. Each hears of a target down and up by turns, one after the other, and of what was down before first of all.
 *
 * <pre>
 *   a target changes, under its lock ──▶ the queue of each follower ── tell(), without a lock ──▶ one thread at a time tells
 * </pre>
 *
 * <p>One who comes is on the list before it looks at what is down. So it misses nothing, and what it finds twice it is told once.
 *
 * @param <T> what the targets are
 */
final class Followers<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Detector.class);

    /**
     * What has become of a target.
     *
     * @param isGone it is up because nobody looks at it any more
     */
    record News<T>(Watched<T> of, boolean isUp, boolean isGone, String why) {}

    private final List<Follower<T>> all = new CopyOnWriteArrayList<>();
    private final LongAdder wentDown = new LongAdder();
    private final LongAdder cameUp = new LongAdder();

    /**
     * One more, who is told of what is down before this returns.
     *
     * @param targets all that are watched
     */
    Subscription add(Detector.Watcher<? super T> watcher, Iterable<? extends Watched<T>> targets) {
        Follower<T> follower = new Follower<>(watcher, this, targets);
        follower.tell();
        return follower;
    }

    /** For {@link Watched#becomes}, under the lock of the target. */
    void changed(Watched<T> target, boolean isUp, String why) {
        (isUp ? cameUp : wentDown).increment();
        News<T> news = new News<>(target, isUp, isUp && target.isGone(), why);
        all.forEach(follower -> follower.hears(news));
    }

    /** Tells what there is to tell, unless another thread does. Not to be called under a lock. */
    void tell() {
        all.forEach(Teller::tell);
    }

    long wentDown() {
        return wentDown.sum();
    }

    long cameUp() {
        return cameUp.sum();
    }

    /** How many are down now, about. */
    long down() {
        return Math.max(0, wentDown.sum() - cameUp.sum());
    }

    static final class Follower<T> extends Teller implements Subscription {
        private static final long serialVersionUID = 1L;

        private final transient Detector.Watcher<? super T> watcher;
        private final transient Followers<T> followers;
        private final transient Queue<News<T>> queue = new ConcurrentLinkedQueue<>();
        /** What it was told is down: only for the thread that tells. */
        private final transient Set<Watched<T>> down = new HashSet<>();
        /** What it has not looked at yet. */
        private transient @Nullable Iterable<? extends Watched<T>> first;

        private volatile boolean cancelled;

        Follower(Detector.Watcher<? super T> watcher, Followers<T> followers, Iterable<? extends Watched<T>> targets) {
            this.watcher = watcher;
            this.followers = followers;
            this.first = targets;
        }

        void hears(News<T> news) {
            queue.add(news);
        }

        @Override
        protected void round() {
            Iterable<? extends Watched<T>> targets = first;
            if (targets != null) {
                first = null;
                followers.all.add(this);
                targets.forEach(target -> target.tellIfDown(this));
            }
            for (News<T> news = queue.poll(); news != null; news = queue.poll()) {
                boolean isNew = news.isUp() ? down.remove(news.of()) : down.add(news.of());
                if (isNew && !cancelled) {
                    tell(news);
                }
            }
        }

        private void tell(News<T> news) {
            try {
                if (news.isGone()) {
                    watcher.gone(news.of().target, news.why());
                } else {
                    watcher.changed(news.of().target, news.isUp(), news.why());
                }
            } catch (Throwable thrown) {
                try {
                    LOG.warn(
                            "One who was told that {} is {} threw",
                            Event.quoted(Watched.nameOf(news.of().target)),
                            news.isUp() ? "up" : "down",
                            thrown);
                } catch (Throwable dropped) {
                    // A broken logger, or no memory: the one place to report it is what has just failed.
                }
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            followers.all.remove(this);
        }
    }
}
