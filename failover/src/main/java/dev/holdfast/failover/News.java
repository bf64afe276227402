// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Detector;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.internal.Teller;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Tells what happens to nodes, one thing after the other, on the thread that has found out: events to listeners, and to watchers which nodes are
 * down by themselves. Whoever finds another thread telling leaves it to that one, so a slow listener holds up what is told later, and no call but
 * that on whose thread it runs.
 *
 * @param <T> what the nodes are
 */
final class News<T> extends Teller {
    private static final long serialVersionUID = 1L;

    private final transient EventSupport events;
    private final transient Supplier<List<Member<T>>> nodes;
    private final transient Queue<Event.Change> queue = new ConcurrentLinkedQueue<>();
    private final transient List<Following> watchers = new CopyOnWriteArrayList<>();

    News(EventSupport events, Supplier<List<Member<T>>> nodes) {
        this.events = events;
        this.nodes = nodes;
    }

    void add(Event.Change event) {
        queue.add(event);
    }

    @Override
    protected void round() {
        for (Event.Change event = queue.poll(); event != null; event = queue.poll()) {
            events.tell(event);
        }
        watchers.forEach(Teller::tell);
    }

    Following follow(Detector.Watcher<? super T> watcher) {
        Following following = new Following(watcher);
        watchers.add(following);
        following.tell();
        return following;
    }

    /** What one watcher has been told, and who tells it the difference. */
    final class Following extends Teller {
        private static final long serialVersionUID = 1L;

        private final transient Detector.Watcher<? super T> watcher;
        /** By name. */
        private final transient Map<String, Member<T>> down = new HashMap<>();

        Following(Detector.Watcher<? super T> watcher) {
            this.watcher = watcher;
        }

        void cancel() {
            watchers.remove(this);
        }

        @Override
        protected void round() {
            Map<String, Member<T>> gone = new HashMap<>(down);
            for (Member<T> member : nodes.get()) {
                gone.remove(member.name());
                Node<T> node = member.node();
                // What came from a detector is not told to another one, from which it may come back.
                boolean isUp = node.isUpByItself();
                Member<T> told = down.get(member.name());
                if (told != null && !isSame(told, member)) {
                    down.remove(member.name());
                    tell(told, () -> watcher.gone(told.target(), "another one now has its name"));
                }
                if (!isUp && !down.containsKey(member.name())) {
                    down.put(member.name(), member);
                    String why = (node.state() + " " + node.why()).strip();
                    tell(member, () -> watcher.changed(member.target(), false, why));
                } else if (isUp && down.remove(member.name()) != null) {
                    tell(member, () -> watcher.changed(member.target(), true, "UP"));
                }
            }
            gone.forEach((name, member) -> {
                down.remove(name);
                tell(member, () -> watcher.gone(member.target(), "not in the list any more"));
            });
        }

        /** For the watcher, who knows targets, and no names. */
        private boolean isSame(Member<T> one, Member<T> other) {
            try {
                return one.target() == other.target() || one.target().equals(other.target());
            } catch (Throwable thrown) {
                other.node().ruleThrows(thrown, "the two are held for different ones");
                return false;
            }
        }

        private void tell(Member<T> member, Runnable news) {
            try {
                news.run();
            } catch (Throwable thrown) {
                member.node().ruleThrows(thrown, "the others are told");
            }
        }
    }
}
