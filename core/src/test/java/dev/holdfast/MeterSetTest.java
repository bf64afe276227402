// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which meters are shown, whatever happens on the way. */
class MeterSetTest {
    /** Remembers what it shows, and may be broken. */
    private static final class Shelf implements MeterSet.Display {
        final List<Meter> shown = new ArrayList<>();
        Predicate<Meter> cannotShow = meter -> false;
        Predicate<Meter> cannotTakeOff = meter -> false;
        int asked;

        @Override
        public void added(Meter meter) {
            asked++;
            if (cannotShow.test(meter)) {
                throw new IllegalStateException("cannot show " + meter.name());
            }
            shown.add(meter);
        }

        @Override
        public void removed(Meter meter) {
            shown.remove(meter);
            if (cannotTakeOff.test(meter)) {
                throw new IllegalStateException("cannot take off " + meter.name());
            }
        }
    }

    /** Meters that become others. */
    private static final class Own implements Metered {
        private final List<Runnable> watching = new ArrayList<>();
        private List<Meter> meters;

        Own(Meter... meters) {
            this.meters = List.of(meters);
        }

        @Override
        public List<Meter> meters() {
            return meters;
        }

        @Override
        public Subscription onMetersChanged(Runnable changed) {
            watching.add(changed);
            return () -> watching.remove(changed);
        }

        void become(Meter... others) {
            meters = List.of(others);
            List.copyOf(watching).forEach(Runnable::run);
        }
    }

    private final Shelf shelf = new Shelf();
    private final MeterSet set = MeterSet.of("Shelf", shelf);

    private static Meter meter(String name) {
        return Meter.counter(name, "{call}", "Counted.", () -> 1);
    }

    private void assertNothingIsLeft() {
        assertThat(shelf.shown).isEmpty();
        assertThat(set).hasToString("0 meters");
    }

    @Test
    @DisplayName("OB-5 two meters of one source with one name and labels are refused by name, and nothing is left")
    void twiceInOneSource() {
        Own own = new Own(meter("a"), meter("twice"), meter("twice"));
        assertThatThrownBy(() -> set.add(own))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("twice")
                .hasMessageContaining("expected");
        assertNothingIsLeft();
        assertThat(own.watching).isEmpty();

        Meter same = meter("same");
        Own again = new Own(same, same);
        set.add(again);
        assertThat(shelf.shown).containsExactly(same);
        set.remove(again);
        assertNothingIsLeft();
    }

    @Test
    @DisplayName("OB-5 1,000 sources with two meters of one name come and go in a registry, and leave nothing")
    void twiceInAFollowedRegistry() {
        Registry<Own> sources = Registry.of(10, name -> new Own(meter(name), meter(name)));
        set.follow(sources);
        for (int i = 0; i < 1_000; i++) {
            sources.get("o" + i);
            assertThat(shelf.shown).hasSize(1);
            sources.remove("o" + i);
        }
        assertNothingIsLeft();
    }

    @Test
    @DisplayName("OB-19 a display that throws half-way shows nothing of a source that is added")
    void displayThrows() {
        Own own = new Own(meter("a"), meter("b"), meter("c"));
        shelf.cannotShow = meter -> meter.name().equals("c");
        assertThatThrownBy(() -> set.add(own)).isInstanceOf(IllegalStateException.class);
        assertNothingIsLeft();
        assertThat(own.watching).isEmpty();

        Own other = new Own(meter("a"), meter("b"));
        set.add(other);
        set.remove(own);
        assertThat(shelf.shown).containsExactlyElementsOf(other.meters());
        set.remove(other);
        shelf.cannotShow = meter -> false;
        set.add(own);
        assertThat(shelf.shown).containsExactlyElementsOf(own.meters());
    }

    @Test
    @DisplayName("OB-19 a display that cannot take one off takes the others off")
    void displayThrowsWhenTakingOff() {
        shelf.cannotTakeOff = meter -> meter.name().equals("a");
        Own own = new Own(meter("a"), meter("b"));
        set.add(own);
        set.remove(own);
        assertNothingIsLeft();
        set.add(own);
        set.close();
        assertThat(shelf.shown).isEmpty();
    }

    @Test
    @DisplayName("OB-20 after a change what is taken is left out alone, and shown when it is free again")
    void changeWithAConflict() {
        Own taken = new Own(meter("taken"));
        Own own = new Own(meter("a"), meter("b"));
        set.add(taken);
        set.add(own);
        Meter b = own.meters().get(1);
        Meter waits = meter("taken");

        own.become(b, waits, meter("c"));
        assertThat(shelf.shown).extracting(Meter::name).containsExactly("taken", "b", "c");
        own.become(b, waits, meter("d"));
        assertThat(shelf.shown).extracting(Meter::name).containsExactly("taken", "b", "d");

        set.remove(taken);
        assertThat(shelf.shown).extracting(Meter::name).containsExactly("b", "d", "taken");
        assertThat(shelf.shown).contains(waits);
        set.remove(own);
        assertNothingIsLeft();
    }

    @Test
    @DisplayName("OB-20 what waits and goes is not shown, and what the display refuses is tried at the next change")
    void whatWaitsGoes() {
        Own taken = new Own(meter("taken"));
        Own own = new Own(meter("a"));
        set.add(taken);
        set.add(own);
        own.become(meter("taken"));
        own.become();
        set.remove(taken);
        assertNothingIsLeft();

        shelf.cannotShow = meter -> meter.name().equals("b");
        Meter refused = meter("b");
        Meter c = meter("c");
        own.become(refused, c);
        assertThat(shelf.shown).containsExactly(c);
        shelf.cannotShow = meter -> false;
        own.become(refused, c);
        assertThat(shelf.shown).containsExactly(c, refused);
    }

    @Test
    @DisplayName("OB-20 what comes into a followed registry before its namesake is gone is shown when that is")
    void namesakeInARegistry() {
        Registry<Own> sources = Registry.of(10, name -> new Own(meter(name)));
        Own first = new Own(meter("inventory"));
        set.add(first);
        set.follow(sources);
        Own second = sources.get("inventory");
        assertThat(shelf.shown).containsExactlyElementsOf(first.meters());
        set.remove(first);
        assertThat(shelf.shown).containsExactlyElementsOf(second.meters());
        sources.remove("inventory");
        assertNothingIsLeft();
    }

    @Test
    @DisplayName("a change asks the display only for what is new, however many meters there are")
    void manyMeters() {
        Meter[] many = IntStream.range(0, 20_000).mapToObj(i -> meter("m" + i)).toArray(Meter[]::new);
        Own own = new Own(many);
        set.add(own);
        own.become(many);
        own.become(many);
        assertThat(shelf.asked).isEqualTo(many.length);
        assertThat(shelf.shown).hasSize(many.length);
    }
}
