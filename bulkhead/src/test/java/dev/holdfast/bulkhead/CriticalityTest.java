// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Criticality;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CriticalityTest {
    private final VirtualTime time = VirtualTime.create();
    private final List<String> began = new ArrayList<>();
    private final CompletableFuture<String> first = new CompletableFuture<>();

    private Bulkhead bulkhead(int queue, boolean lifo) {
        BulkheadBuilder builder = Bulkhead.builder("reports")
                .environment(time)
                .limit(1)
                .queue(queue)
                .waitUpTo(Duration.ofSeconds(10));
        return lifo ? builder.lifo().build() : builder.build();
    }

    private CompletableFuture<String> call(Bulkhead through, String name) {
        return through.callAsync(() -> {
            began.add(name);
            return CompletableFuture.completedFuture(name);
        });
    }

    private CompletableFuture<String> call(Bulkhead bulkhead, Criticality level, int number) {
        return call(bulkhead.withCriticality(level), level + " " + number);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("The most critical are next, and among equals whoever the order says")
    void mostCriticalFirst(boolean lifo) {
        Bulkhead bulkhead = bulkhead(100, lifo);
        CompletableFuture<String> holds = bulkhead.callAsync(() -> first);
        for (int number = 1; number <= 2; number++) {
            for (Criticality level : List.of(
                    Criticality.SHEDDABLE,
                    Criticality.CRITICAL_PLUS,
                    Criticality.SHEDDABLE_PLUS,
                    Criticality.CRITICAL)) {
                call(bulkhead, level, number);
            }
        }
        first.complete("");
        time.advance(Duration.ZERO);
        List<String> expected = new ArrayList<>();
        for (Criticality level : Criticality.values()) {
            expected.add(level + (lifo ? " 2" : " 1"));
            expected.add(level + (lifo ? " 1" : " 2"));
        }
        assertThat(began).isEqualTo(expected);
        assertThat(holds).isCompleted();
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("In a full line a more critical call takes the place of the least critical one, which is refused")
    void takesAPlace(boolean lifo) {
        Bulkhead bulkhead = bulkhead(2, lifo);
        CompletableFuture<String> holds = bulkhead.callAsync(() -> first);
        CompletableFuture<String> one = call(bulkhead, Criticality.SHEDDABLE, 1);
        CompletableFuture<String> two = call(bulkhead, Criticality.SHEDDABLE, 2);
        CompletableFuture<String> more = call(bulkhead, Criticality.SHEDDABLE_PLUS, 3);
        time.advance(Duration.ZERO);
        CompletableFuture<String> displaced = lifo ? one : two;
        assertThat(displaced).isCompletedExceptionally();
        assertThatThrownBy(displaced::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(BulkheadFullException.class);
        CompletableFuture<String> equal = call(bulkhead, Criticality.SHEDDABLE, 4);
        assertThat(equal).isCompletedExceptionally();
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 1, 2));
        first.complete("");
        time.advance(Duration.ZERO);
        assertThat(more).isCompletedWithValue("SHEDDABLE_PLUS 3");
        assertThat(lifo ? two : one).isCompleted();
        assertThat(holds).isCompleted();
        assertThat(bulkhead.report()).isEqualTo(new Bulkhead.Report(1, 0, 0));
        assertThat(bulkhead.counts().rejected()).isEqualTo(2);
        assertThat(bulkhead.counts().successes()).isEqualTo(3);
    }

    @Test
    @DisplayName("A view is the same bulkhead: its name, counts, settings and end")
    void views() {
        Bulkhead bulkhead = bulkhead(2, false);
        Bulkhead low = bulkhead.withCriticality(Criticality.SHEDDABLE);
        assertThat(bulkhead.withCriticality(Criticality.CRITICAL)).isSameAs(bulkhead);
        assertThat(low.withCriticality(Criticality.CRITICAL)).isSameAs(bulkhead);
        assertThat(low.withCriticality(Criticality.SHEDDABLE)).isSameAs(low);
        low.run(() -> assertThat(bulkhead.report().inFlight()).isEqualTo(1));
        assertThat(bulkhead.counts().successes()).isEqualTo(1);
        assertThat(low.report()).isEqualTo(bulkhead.report());
        bulkhead.reconfigure(so -> so.classify(standard -> standard.ignore(IllegalStateException.class)));
        assertThatThrownBy(() -> low.run(() -> {
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(bulkhead.counts().ignored()).isEqualTo(1);
        low.close();
        assertThatThrownBy(() -> bulkhead.run(() -> {})).isInstanceOf(BulkheadFullException.class);
    }
}
