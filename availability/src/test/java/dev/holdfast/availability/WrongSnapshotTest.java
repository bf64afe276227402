// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.bulkhead.Bulkhead;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is no snapshot, or one of something else, would keep alerts still. */
class WrongSnapshotTest extends WatchedStock {
    @Test
    @DisplayName("AV-14 what is no snapshot, or one of something else, is refused, with what was expected")
    void refused() {
        String text;
        try (Availability first = availability().counting(this::evidence)) {
            pass(10, good);
            pass(10, bad);
            text = first.snapshot();
        }
        for (String wrong : new String[] {
            "",
            "x",
            "holdfast-availability-1 1",
            "holdfast-availability-2",
            text + " 1",
            text.substring(0, text.lastIndexOf(' ')),
            text.replace(" 0", " y"),
            text.replace("stock", "shop")
        }) {
            assertRefused(() -> availability().restore(wrong).counting(this::evidence), "expected");
        }
        AvailabilityBuilder without =
                Availability.builder("stock").environment(time).restore(text);
        assertRefused(() -> without.counting(this::evidence), "objectives for recovery [], and not of");
        assertRefused(() -> availability().restore(text).recoveryTime(SECOND).counting(this::evidence), "TIME PT5S");
        assertRefused(
                () -> availability().restore(text).dependency(time.building(() -> Bulkhead.of("stock", 1))),
                "view dependency");
        assertRefused(() -> objective().restore(text).counting(this::evidence), "holdfast-objective-2");
    }

    @Test
    @DisplayName("AV-14 any number of a snapshot that was changed is noticed")
    void changed() {
        String text;
        try (Availability first = availability().counting(this::evidence)) {
            pass(10, good);
            pass(10, bad);
            text = first.snapshot();
        }
        String[] parts = text.split(" ");
        for (int i = 2; i < parts.length; i++) {
            for (String value : new String[] {"-1", "0", "7", "" + Long.MAX_VALUE}) {
                String[] wrong = parts.clone();
                wrong[i] = value;
                if (!value.equals(parts[i])) {
                    assertRefused(
                            () -> availability()
                                    .restore(String.join(" ", wrong))
                                    .counting(this::evidence),
                            "checksum");
                }
            }
        }
        Snapshot.Writer negative = new Snapshot.Writer("kind-1", "owner").add(-1);
        assertRefused(() -> new Snapshot.Reader(negative.toString(), "kind-1", "owner").next(), "from 0 up");
    }

    @Test
    @DisplayName("AV-14 an objective goes on from no other's snapshot: its own alerts would keep still")
    void otherSettings() {
        String text;
        try (Objective first = objective().counting(this::evidence)) {
            pass(10, good);
            text = first.snapshot();
        }
        objective().restore(text).counting(this::evidence).close();
        BurnRate other = new BurnRate(BurnRate.Severity.PAGE, Duration.ofHours(1), 0.03);
        Map<String, ObjectiveBuilder> others = Map.of(
                "every PT2S", objective().every(Duration.ofSeconds(2)),
                "over PT120H", objective().over(Duration.ofDays(5)),
                "budget=0.03", objective().alerts(other),
                "timeslices", objective().budgeting(Budgeting.timeslices(Duration.ofMinutes(1), 0.95)),
                "view callers", objective());
        others.forEach((expected, builder) -> assertRefused(
                () -> {
                    builder.restore(text);
                    if (expected.equals("view callers")) {
                        builder.callers(time.building(() -> Bulkhead.of("stock", 1)));
                    } else {
                        builder.counting(this::evidence);
                    }
                },
                expected));
    }

    private static void assertRefused(ThrowableAssert.ThrowingCallable what, String why) {
        assertThatThrownBy(what)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("snapshot: '")
                .hasMessageContaining(why);
    }
}
