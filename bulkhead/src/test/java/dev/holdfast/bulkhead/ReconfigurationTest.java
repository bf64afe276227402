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
    private final Bulkhead bulkhead =
            Bulkhead.builder("b").environment(time).limit(2).queue(5).waitUpTo(LONG).build();

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
                refused(settings -> settings.partition("a", 0.5), "partitions of a reconfiguration: {a=0.5} (expected: {})"),
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
}
