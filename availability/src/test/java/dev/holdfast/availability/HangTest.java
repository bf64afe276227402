// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Classifier;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is a hang, and what only looks like one. */
class HangTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final Indicator indicator = Indicator.builder("stock")
            .environment(time)
            .classify(Classifier.standard().ignore(IllegalArgumentException.class))
            .build();
    private final Availability availability =
            Availability.builder("stock").environment(time).dependency(indicator);

    private CompletableFuture<Object> hangs() {
        return indicator.callAsync(() -> new CompletableFuture<Object>());
    }

    private void good(int seconds) {
        for (int i = 0; i < seconds; i++) {
            indicator.run(() -> {});
            time.advance(SECOND);
        }
    }

    @Test
    @DisplayName("AV-6 a hang is an outage also where each call is given up, as by a timeout further out")
    void givenUp() {
        good(20);
        for (int i = 0; i < 30; i++) {
            CompletableFuture<Object> call = hangs();
            time.advance(SECOND);
            assertThat(call.cancel(true)).isTrue();
            time.advance(SECOND);
        }
        AvailabilityReport report = availability.report();
        assertThat(indicator.underWay()).isZero();
        assertThat(report.isDown()).isTrue();
        assertThat(report.lastOutages().get(0).start()).isBetween(Duration.ofSeconds(19), Duration.ofSeconds(24));
        assertThat(report.lastOutages().get(0).detected()).isLessThan(Duration.ofSeconds(45));
        good(3);
        assertThat(availability.report().isDown()).isFalse();
    }

    @Test
    @DisplayName("AV-6 a hang is an outage also where the threads of calls are interrupted")
    void interrupted() {
        good(20);
        for (int i = 0; i < 15; i++) {
            assertThatThrownBy(() -> indicator.run(() -> {
                        throw HangTest.<RuntimeException>undeclared(new InterruptedException());
                    }))
                    .isInstanceOf(InterruptedException.class);
            time.advance(SECOND);
        }
        assertThat(availability.report().isDown()).isTrue();
        assertThat(indicator.counts().ignored()).isEqualTo(15);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X undeclared(Throwable failure) throws X {
        throw (X) failure;
    }

    @Test
    @DisplayName("AV-3 who gives a call up has no answer: that is bad for callers, and for their objective")
    void callersGiveUp() {
        try (Availability callers =
                        Availability.builder("callers").environment(time).callers(indicator);
                Objective objective = Objective.builder("callers", 0.9)
                        .alerts()
                        .environment(time)
                        .callers(indicator)) {
            good(10);
            hangs().cancel(true);
            time.advance(Duration.ofSeconds(5));
            assertThat(callers.report().calls().bad()).isOne();
            assertThat(objective.report().bad()).isOne();
            assertThat(availability.report().calls().bad()).isZero();
        }
    }

    @Test
    @DisplayName("AV-6 one call that never ends is no hang, however seldom others come")
    void oneIsLost() {
        CompletableFuture<Object> lost = hangs();
        for (int i = 0; i < 1_440; i++) {
            indicator.callAsync(() -> CompletableFuture.runAsync(() -> {}, Runnable::run));
            time.advance(Duration.ofMinutes(1));
        }
        assertThat(lost).isNotDone();
        assertThat(availability.report().outages()).isZero();
    }

    @Test
    @DisplayName("AV-6 calls that never end and are known for it make no later silence a hang")
    void someAreLost() {
        List<CompletableFuture<Object>> lost = new ArrayList<>(List.of(hangs(), hangs()));
        time.advance(Duration.ofMinutes(1));
        assertThat(availability.report().outages()).isOne();
        for (int i = 0; i < 100; i++) {
            good(1);
            good(1);
            time.advance(Duration.ofMinutes(1));
        }
        assertThat(lost).noneMatch(CompletableFuture::isDone);
        assertThat(availability.report().outages()).isOne();
        assertThat(availability.report().isDown()).isFalse();
    }

    @Test
    @DisplayName("AV-6 a hang of all workers, whose last calls began beside others that ended, is an outage")
    void allWorkersHang() {
        List<CompletableFuture<Object>> workers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            workers.forEach(call -> call.complete("late"));
            workers.clear();
            for (int k = 0; k < 5; k++) {
                CompletableFuture<Object> answer = new CompletableFuture<>();
                indicator.callAsync(() -> answer);
                workers.add(answer);
            }
            time.advance(SECOND);
        }
        assertThat(availability.report().outages()).isZero();
        time.advance(Duration.ofSeconds(11));
        assertThat(availability.report().isDown()).isTrue();
    }

    @Test
    @DisplayName("AV-6 mistakes of callers are answered: they are no hang, and they end one")
    void ignored() {
        good(5);
        for (int i = 0; i < 60; i++) {
            assertThatThrownBy(() -> indicator.run(() -> {
                        throw new IllegalArgumentException("no such article");
                    }))
                    .isInstanceOf(IllegalArgumentException.class);
            time.advance(SECOND);
        }
        assertThat(availability.report().outages()).isZero();
    }

    @Test
    @DisplayName("AV-6 calls that were given up at once, and nobody after them, are no hang")
    void nobodyWaits() {
        good(5);
        for (int i = 0; i < 3; i++) {
            hangs().cancel(true);
        }
        time.advance(Duration.ofHours(1));
        assertThat(availability.report().outages()).isZero();
    }

    @Test
    @DisplayName("AV-6 the exported time of an outage grows while calls hang, by which an alert knows that it goes on")
    void timeGrows() {
        good(20);
        for (int i = 0; i < 1_800; i++) {
            if (i < 5) {
                hangs();
            }
            time.advance(SECOND);
        }
        assertThat(availability.meters())
                .filteredOn(meter -> meter.name().equals("holdfast.outage.time"))
                .singleElement()
                .satisfies(meter -> assertThat(meter.value()).isBetween(1_795.0, 1_801.0));
        assertThat(availability.report().calls().bad()).isZero();
    }
}
