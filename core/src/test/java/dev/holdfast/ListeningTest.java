// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Bindings that listen to many sources, and log what they tell. */
class ListeningTest {
    /** Something changes. */
    private record Turned(
            Source source, String to, @Nullable Throwable cause, System.Logger.Level level) implements Event.Change {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("to", to, "cause", cause, "count", 7);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /** A gate that tells when it turns. */
    private static final class TurningGate extends CountingGate {
        TurningGate(String name) {
            super(name);
        }

        @Override
        protected Set<Class<? extends Event>> events() {
            return Set.of(Event.CallEnded.class, Event.CallRejected.class, Turned.class);
        }

        @Override
        public String kind() {
            return "turning";
        }

        void turn(String to) {
            tell(new Turned(this, to, null, System.Logger.Level.INFO));
        }
    }

    /** A source that is no policy. */
    private static class Watcher implements Source {
        final EventSupport events = EventSupport.of(this, Turned.class);

        @Override
        public String name() {
            return "stock\nERROR forged";
        }

        @Override
        public String kind() {
            return "watcher";
        }

        @Override
        public List<Meter> meters() {
            return List.of();
        }

        @Override
        public boolean tells(Class<? extends Event> type) {
            return events.tells(type);
        }

        @Override
        public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
            return events.on(type, listener);
        }
    }

    private final List<Event> heard = new ArrayList<>();
    private final Listening<Event.Change> listening = Listening.of("test", Event.Change.class, heard::add);
    private final TurningGate gate = new TurningGate("stock");

    @Test
    @DisplayName("A policy that can be reached by several ways tells each event once, until the last way has gone")
    void once() {
        Pipeline<Object> one = Pipeline.of(gate, new CountingGate("other"));
        Pipeline<Object> two = Pipeline.of(gate, gate).named("two");
        Pipeline<Object> limited = two.within(Duration.ofHours(1));
        for (Source source : List.of(one, two, limited, gate, gate)) {
            listening.add(source);
        }
        gate.turn("left");
        assertThat(heard).hasSize(1);

        for (Source source : List.of(gate, one, limited, two)) {
            listening.remove(source);
        }
        gate.turn("right");
        assertThat(heard).hasSize(2);
        listening.remove(gate);
        listening.remove(gate);
        gate.turn("left");
        assertThat(heard).hasSize(2);
    }

    @Test
    @DisplayName("OB-19 a source that throws at whoever wants to listen has not been added")
    void sourceThrows() {
        Watcher broken = new Watcher() {
            @Override
            public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
                throw new IllegalStateException("broken");
            }
        };
        assertThatThrownBy(() -> listening.add(broken)).hasMessage("broken");
        listening.remove(broken);
        listening.add(gate);
        assertThat(listening).hasToString("test: listens to 1 for Change");
    }

    /** Has sources that become others. */
    private static final class Some implements Metered {
        final List<Runnable> watching = new ArrayList<>();
        List<? extends Source> sources;

        Some(Source... sources) {
            this.sources = List.of(sources);
        }

        @Override
        public List<Meter> meters() {
            return List.of();
        }

        @Override
        public List<? extends Source> sources() {
            return sources;
        }

        @Override
        public Subscription onMetersChanged(Runnable changed) {
            watching.add(changed);
            return () -> watching.remove(changed);
        }

        void become(Source... others) {
            sources = List.of(others);
            List.copyOf(watching).forEach(Runnable::run);
        }
    }

    @Test
    @DisplayName(
            "OB-17 what is made of sources is heard, and what it becomes is; who stays is heard once, and who goes is not")
    void madeOfSources() {
        TurningGate other = new TurningGate("other");
        Some some = new Some(Pipeline.of(gate), gate);
        listening.add(some);
        listening.add(some);
        some.become(gate, other);
        gate.turn("left");
        other.turn("left");
        assertThat(heard).hasSize(2);
        some.become(other);
        gate.turn("right");
        other.turn("right");
        assertThat(heard).hasSize(3);

        listening.remove(some);
        assertThat(some.watching).hasSize(1);
        listening.remove(some);
        assertThat(some.watching).isEmpty();
        other.turn("left");
        assertThat(heard).hasSize(3);

        listening.add(some);
        listening.close();
        assertThat(some.watching).isEmpty();
        assertThat(gate.sources()).isEqualTo(List.of(gate));
    }

    @Test
    @DisplayName("Whoever listens to changes costs calls nothing: no call has its context built")
    void callsAreNotWatched() {
        listening.add(Pipeline.of(gate));
        assertThat(gate.isCallWatched()).isFalse();
        Subscription all = gate.on(Event.class, heard::add);
        assertThat(gate.isCallWatched()).isTrue();
        all.cancel();
        assertThat(gate.isCallWatched()).isFalse();
    }

    @Test
    @DisplayName("OB-17 what comes into a registry is heard, what goes is not, and what tells nothing is left out")
    void registry() {
        Registry<Object> registry =
                Registry.of(10, name -> name.startsWith("gate") ? new TurningGate(name) : new Object());
        TurningGate first = (TurningGate) registry.get("gate 1");
        listening.follow(registry);
        TurningGate second = (TurningGate) registry.get("gate 2");
        registry.get("no source");
        first.turn("left");
        second.turn("left");
        assertThat(heard).hasSize(2);
        registry.remove("gate 1");
        registry.remove("no source");
        first.turn("right");
        assertThat(heard).hasSize(2);
        listening.close();
        second.turn("right");
        ((TurningGate) registry.get("gate 3")).turn("left");
        assertThat(heard).hasSize(2);
    }

    @Test
    @DisplayName("OB-2 what is closed listens to nobody, takes nobody, and is held by none of them")
    void closed() throws Exception {
        listening.add(gate);
        listening.close();
        listening.close();
        gate.turn("left");
        assertThat(heard).isEmpty();
        assertThatThrownBy(() -> listening.add(gate))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'stock'");
        assertThatThrownBy(() -> listening.follow(Registry.of(1, name -> gate)))
                .isInstanceOf(IllegalStateException.class);
        WeakReference<Object> gone = new WeakReference<>(listened());
        for (int i = 0; i < 100 && gone.get() != null; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(gone.get()).isNull();
    }

    private Object listened() {
        Listening<Event.Change> other = Listening.of("other", Event.Change.class, heard::add);
        other.add(gate);
        other.close();
        return other;
    }

    @Test
    @DisplayName("A source says which events it tells, and refuses listeners for others")
    void refusal() {
        assertThat(gate.tells(Event.Change.class)).isTrue();
        assertThat(gate.tells(Event.RetryScheduled.class)).isFalse();
        assertThat(Pipeline.of(gate).tells(Turned.class)).isTrue();
        Watcher watcher = new Watcher();
        assertThat(watcher.tells(Event.class)).isTrue();
        assertThat(watcher.tells(Event.CallEnded.class)).isFalse();
        assertThatThrownBy(() -> watcher.on(Event.CallEnded.class, heard::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("CallEnded");
        // One that never turns is taken, and says nothing.
        listening.add(new CountingGate("quiet"));
        assertThat(listening).hasToString("test: listens to 0 for Change");
    }

    @Test
    @DisplayName("A listener that throws hinders no other, and an Error is no exception to that")
    void throwing() {
        Watcher watcher = new Watcher();
        AtomicBoolean told = new AtomicBoolean();
        watcher.on(Turned.class, event -> {
            throw new AssertionError("listener");
        });
        watcher.on(Turned.class, event -> told.set(true));
        watcher.events.tell(new Turned(watcher, "left", null, System.Logger.Level.INFO));
        assertThat(told).isTrue();
    }

    @Test
    @DisplayName("An event's name is made of the kind of its source and of its class")
    void names() {
        assertThat(new Turned(gate, "left", null, System.Logger.Level.INFO).eventName())
                .isEqualTo("holdfast.turning.turned");
        assertThat(new Event.CallAbandoned(gate, call()).eventName()).isEqualTo("holdfast.turning.call_abandoned");
        assertThat(new Event.CallAbandoned(gate, call()).level()).isEqualTo(System.Logger.Level.DEBUG);
        assertThatThrownBy(() -> Event.detailsOf("to")).isInstanceOf(IllegalArgumentException.class);
    }

    private static Call call() {
        Call[] seen = new Call[1];
        new CountingGate("x").callWith(call -> {
            seen[0] = call;
            return 1;
        });
        return seen[0];
    }

    @Test
    @DisplayName(
            "The log has one line for each event, with its parts as key-value pairs and nothing that starts another line")
    void log() {
        Watcher watcher = new Watcher();
        String log = logged(() -> {
            watcher.events.tell(new Turned(
                    watcher, "right\nERROR", new IllegalStateException("no\nway"), System.Logger.Level.WARNING));
            watcher.events.tell(new Turned(watcher, "nowhere", null, System.Logger.Level.TRACE));
        });
        assertThat(log.lines())
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .contains("WARN", "event=holdfast.watcher.turned holdfast.policy=stock\\nERROR forged")
                        .contains("holdfast.to=right\\nERROR", "IllegalStateException: 'no\\nway'", "holdfast.count=7")
                        .endsWith("Turned['stock\\nERROR forged', to right\\nERROR, cause"
                                + " java.lang.IllegalStateException: 'no\\nway', count 7]"));
    }

    private static String logged(Runnable action) {
        PrintStream before = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setErr(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
