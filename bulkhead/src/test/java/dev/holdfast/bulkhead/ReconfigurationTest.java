// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static dev.holdfast.bulkhead.Testing.LONG;
import static dev.holdfast.bulkhead.Testing.assertIdle;
import static dev.holdfast.bulkhead.Testing.hold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Permit;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ReconfigurationTest {
    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead = Bulkhead.builder("b")
            .environment(time)
            .limit(2)
            .queue(5)
            .waitUpTo(LONG)
            .build();

    @Test
    @DisplayName("BH-1 a limit that shrinks is reached as calls end")
    void shrinks() {
        List<Permit> held = hold(bulkhead, 2);
        bulkhead.reconfigure(settings -> settings.limit(1));
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 2, 0));
        held.get(0).close();
        assertThat(bulkhead.tryAcquire()).isNull();
        held.get(1).close();
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("BH-4 a limit that grows lets those who wait in at once")
    void grows() {
        List<String> told = new ArrayList<>();
        bulkhead.on(Bulkhead.LimitChanged.class, event -> told.add(event.policy() + event.from() + event.to()));
        hold(bulkhead, 2);
        for (int i = 0; i < 4; i++) {
            bulkhead.callAsync(CompletableFuture::new);
        }
        bulkhead.reconfigure(settings -> settings.limit(5));
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(5, 5, 1));
        assertThat(told).containsExactly("b25");
    }

    @Test
    @DisplayName("BH-5 a queue that is taken away keeps those who are in it")
    void queueTakenAway() {
        List<Permit> held = hold(bulkhead, 2);
        CompletableFuture<String> waiting = bulkhead.callAsync(() -> CompletableFuture.completedFuture("in"));
        bulkhead.reconfigure(settings -> settings.queue(0));
        assertThatThrownBy(() -> bulkhead.run(() -> {})).isInstanceOf(BulkheadFullException.class);
        held.forEach(Permit::close);
        time.advance(Duration.ZERO);
        assertThat(waiting.join()).isEqualTo("in");
        assertIdle(bulkhead);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(settings -> settings.environment(VirtualTime.create()), "environment of a reconfiguration: "),
                refused(BulkheadBuilder::ownThreads, "threads of a reconfiguration: OWN (expected: CALLER)"),
                refused(settings -> settings.runOn(Runnable::run), "threads of a reconfiguration: GIVEN"),
                refused(
                        settings -> settings.partition("a", 0.5),
                        "partitions of a reconfiguration: ['a' 0.5] (expected: [])"),
                refused(settings -> settings.queue(0).waitUpTo(LONG), "queue: 0 (expected: at least 1 with waitUpTo)"),
                refused(settings -> null, "what change gave: null (expected: a value)"));
    }

    private static Arguments refused(UnaryOperator<BulkheadBuilder> change, String message) {
        return Arguments.of(change, message);
    }

    @ParameterizedTest
    @MethodSource("refused")
    @DisplayName("XC-7 a reconfiguration that is refused changes nothing")
    void refusedChangesNothing(UnaryOperator<BulkheadBuilder> change, String message) {
        assertThatThrownBy(() -> bulkhead.reconfigure(settings -> change.apply(settings.limit(1))))
                .hasMessageStartingWith(message);
        assertThat(bulkhead.report().limit()).isEqualTo(2);
        assertIdle(bulkhead);
    }

    @Test
    @DisplayName("XC-7 the builder is no way to change a bulkhead that was built")
    void builderIsCopied() {
        BulkheadBuilder builder = Bulkhead.builder("c").limit(3);
        Bulkhead built = builder.build();
        builder.limit(1);
        assertThat(built.report().limit()).isEqualTo(3);
        BulkheadBuilder[] kept = new BulkheadBuilder[1];
        built.reconfigure(settings -> kept[0] = settings);
        kept[0].limit(1);
        assertThat(built.report().limit()).isEqualTo(3);
    }

    @Test
    @DisplayName("BH-1 a limit of 0: nobody may, those who come wait or are refused, and come in when there is room")
    void nobodyMay() {
        hold(bulkhead, 1).get(0).close();
        bulkhead.reconfigure(settings -> settings.limit(0));
        assertThat(bulkhead.tryAcquire()).isNull();
        List<CompletableFuture<String>> waiting = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            waiting.add(bulkhead.callAsync(() -> CompletableFuture.completedFuture("in")));
        }
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(0, 0, 5));
        assertThatThrownBy(() -> waiting.get(5).join())
                .hasRootCauseMessage("'b' is full: 0 in flight (limit: 0), 5 waiting");
        bulkhead.reconfigure(settings -> settings.limit(2));
        time.advance(Duration.ZERO);
        assertThat(waiting.subList(0, 5))
                .allSatisfy(call -> assertThat(call.join()).isEqualTo("in"));
        assertIdle(bulkhead);

        bulkhead.reconfigure(settings -> settings.limit(0));
        CompletableFuture<String> late = bulkhead.callAsync(() -> CompletableFuture.completedFuture("in"));
        time.advance(LONG);
        assertThat(late).isCompletedExceptionally();
        assertIdle(bulkhead);

        Bulkhead shut = Bulkhead.builder("shut").limit(0).ownThreads().build();
        assertThatThrownBy(() -> shut.run(() -> {})).hasMessage("'shut' is full: 0 in flight (limit: 0), 0 waiting");
        shut.reconfigure(settings -> settings.limit(1));
        assertThat(shut.call(() -> "in")).isEqualTo("in");
        shut.reconfigure(settings -> settings.limit(0));
        shut.close();
        assertThat(Bulkhead.of("none", 0).tryAcquire()).isNull();
    }

    @Test
    @DisplayName(
            "XC-7 a classifier given in a reconfiguration replaces the one before, and given again it adds nothing")
    void classifiersReplace() {
        int[] asked = {0};
        bulkhead.reconfigure(settings -> settings.classify(so -> so.ignoreIf(thrown -> true)));
        fail("ignored");
        assertThat(bulkhead.counts().ignored()).isEqualTo(1);
        for (int i = 0; i < 1000; i++) {
            bulkhead.reconfigure(settings -> settings.classify(so -> so.succeedIf(thrown -> {
                asked[0]++;
                return true;
            })));
        }
        fail("a success");
        assertThat(bulkhead.counts().successes()).isEqualTo(1);
        assertThat(asked[0]).isEqualTo(1);
        bulkhead.reconfigure(settings -> settings.queue(3));
        fail("still a success");
        assertThat(bulkhead.counts().successes()).isEqualTo(2);
        bulkhead.reconfigure(settings -> settings.classify(standard -> standard));
        fail("a failure");
        assertThat(bulkhead.counts().failures()).isEqualTo(1);
        bulkhead.reconfigure(settings -> settings.classify(so -> so.ignore(IllegalStateException.class))
                .classify(so -> so.succeedOn(IllegalArgumentException.class)));
        fail("both of one reconfiguration count");
        assertThat(bulkhead.counts().ignored()).isEqualTo(2);
    }

    private void fail(String message) {
        assertThatThrownBy(() -> bulkhead.run(() -> {
                    throw new IllegalStateException(message);
                }))
                .hasMessage(message);
    }

    @Test
    @DisplayName("XC-7 settings made again as they are change nothing and tell nothing, also of what cannot be changed")
    void idempotent() {
        Bulkhead full = Bulkhead.builder("full")
                .environment(time)
                .limit(2)
                .queue(5)
                .waitUpTo(LONG)
                .lifo()
                .runOn(Runnable::run)
                .partition("a", 0.5)
                .build();
        List<Object> told = new ArrayList<>();
        full.on(Bulkhead.LimitChanged.class, told::add);
        full.partition("a").on(Bulkhead.LimitChanged.class, told::add);
        for (int i = 0; i < 3; i++) {
            full.reconfigure(settings -> settings.environment(time)
                    .limit(2)
                    .queue(5)
                    .waitUpTo(LONG)
                    .lifo()
                    .partition("a", 0.5));
        }
        assertThat(told).isEmpty();
        assertIdle(full);
        full.partition("a").reconfigure(settings -> settings.limit(3).fifo());
        assertThat(told).hasToString("[LimitChanged['full', from 2, to 3], LimitChanged['full/a', from 2, to 3]]");
    }

    @Test
    @DisplayName(
            "BH-11 changes of the limit are told one after the other, whoever makes them, and the last one is the limit of now")
    void changesAreToldInOrder() {
        Bulkhead bulkhead =
                Bulkhead.builder("b").limit(1).queue(1).partition("p", 0.5).build();
        List<Bulkhead.LimitChanged> told = Collections.synchronizedList(new ArrayList<>());
        bulkhead.partition("p").on(Bulkhead.LimitChanged.class, event -> {
            told.add(event);
            if (event.to() == 50) {
                // From inside of a listener, too.
                bulkhead.reconfigure(settings -> settings.limit(51));
            }
        });
        List<CompletableFuture<Object>> changing = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            int first = 2 + thread * 100;
            changing.add(Testing.inThread(() -> {
                for (int limit = first; limit < first + 100; limit++) {
                    int next = limit;
                    bulkhead.reconfigure(settings -> next % 3 == 0
                            ? settings.adaptive(Limits.between(next, next).aimd())
                            : settings.limit(next));
                }
                return null;
            }));
        }
        changing.forEach(CompletableFuture::join);
        assertThat(told).isNotEmpty();
        int now = 1;
        for (Bulkhead.LimitChanged change : told) {
            assertThat(change.from()).isEqualTo(now).isNotEqualTo(change.to());
            now = change.to();
        }
        assertThat(bulkhead.report().limit()).isEqualTo(now);
    }
}
