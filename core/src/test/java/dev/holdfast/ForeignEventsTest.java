// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Events that somebody else has written: they forge no lines of the log, and what they throw keeps nobody from being told. */
class ForeignEventsTest {
    /** With a part that is somebody else's. */
    private record Drained(Source source, Object what) implements Event.Change {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("what", what);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    private static final class Unspeakable {
        @Override
        public String toString() {
            throw new IllegalStateException("no text");
        }
    }

    /** A record's own text says what is in it as it is. */
    private record Plain(Source source, String what) implements Event.Change {}

    private record Broken(Source source, boolean hasDetails) implements Event.Change {
        @Override
        public Map<String, Object> details() {
            if (hasDetails) {
                return Map.of();
            }
            throw new IllegalStateException("no details");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("no text");
        }
    }

    /** Tells whatever there is. */
    private static final class Teller implements Source {
        private final EventSupport all = EventSupport.of(this, Event.Change.class);

        @Override
        public String name() {
            return "stock\nERROR forged";
        }

        @Override
        public String kind() {
            return "teller";
        }

        @Override
        public List<Meter> meters() {
            return List.of();
        }

        @Override
        public boolean tells(Class<? extends Event> type) {
            return all.tells(type);
        }

        @Override
        public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
            return all.on(type, listener);
        }

        String tells(Event.Change event) {
            List<Event> told = new ArrayList<>();
            Subscription subscription = all.on(Event.Change.class, told::add);
            String log = logged(() -> all.tell(event));
            subscription.cancel();
            assertThat(told).hasSize(1);
            return log;
        }
    }

    @Test
    @DisplayName("OB-19 whatever is somebody else's in an event starts no line of its own in the log")
    void forged() {
        String forged = "a\n[main] ERROR forged\u2028\u001b[2J";
        Teller teller = new Teller();
        for (Object what : List.of(
                forged,
                List.of(forged),
                Optional.of(forged),
                new StringBuilder(forged),
                new Plain(teller, forged),
                Path.of("a\n[main] ERROR forged"),
                new Unspeakable())) {
            assertThat(teller.tells(new Drained(teller, what)).lines())
                    .as("%s", what.getClass())
                    .singleElement()
                    .asString()
                    .contains("INFO", "Drained[")
                    .doesNotContain("\u001b", "\u2028");
        }
        assertThat(teller.tells(new Plain(teller, forged)).lines()).hasSize(1);
        assertThat(teller.tells(new Drained(teller, new Unspeakable())))
                .contains("what a " + Unspeakable.class.getName());
    }

    @Test
    @DisplayName("OB-19 an event that throws when it is asked what it says is told all the same, and the log says so")
    void speechless() {
        Teller teller = new Teller();
        assertThat(teller.tells(new Broken(teller, true))).contains("WARN", "could not be logged", "no text");
        assertThat(teller.tells(new Broken(teller, false))).contains("WARN", "could not be logged", "no details");
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
