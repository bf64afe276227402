// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Event;
import dev.holdfast.ThreadContext;
import dev.holdfast.UnavailableException;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContextTest {
    private final ThreadLocal<String> tenant = new ThreadLocal<>();
    private final VirtualTime time = VirtualTime.create().withContext(ThreadContext.of(tenant));
    private final List<String> seen = new ArrayList<>();

    private FallbackBuilder<String> builder() {
        return Fallback.builder("f", String.class).environment(time);
    }

    private String note() {
        seen.add(tenant.get());
        return "noted";
    }

    /** A stage that fails on a timer, where another tenant is bound to the thread. */
    private CompletableFuture<String> failsLater() {
        seen.add(tenant.get());
        CompletableFuture<String> stage = new CompletableFuture<>();
        time.schedule(
                () -> {
                    String before = tenant.get();
                    tenant.set("other");
                    stage.completeExceptionally(new IOException("no"));
                    assertThat(tenant.get()).isEqualTo("other");
                    tenant.set(before);
                },
                1_000);
        return stage;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FB-3 each step runs in the context of the call, on whatever thread")
    void everyStep(Way way) throws Throwable {
        Fallback<String> fallback = builder()
                .callAsync(this::failsLater)
                .callAsync(this::failsLater)
                .call(this::note)
                .build();
        fallback.on(Event.Recovered.class, event -> note());

        tenant.set("acme");
        CompletableFuture<String> future = null;
        if (way == Way.BLOCKING) {
            fallback.call(() -> {
                throw new IllegalStateException();
            });
        } else {
            future = fallback.callAsync(
                    () -> way == Way.LATER ? failsLater() : CompletableFuture.failedFuture(new IOException("no")));
            tenant.remove();
            assertThat(time.join(future)).isEqualTo("noted");
            assertThat(tenant.get()).isNull();
        }

        assertThat(seen).hasSize(way == Way.LATER ? 5 : 4).containsOnly("acme");
    }

    @Test
    @DisplayName("FB-3 a context that cannot be restored refuses the call, and leaves nothing hanging")
    void brokenContext() {
        IllegalStateException broken = new IllegalStateException("broken");
        boolean[] works = {true};
        VirtualTime unlucky = VirtualTime.create().withContext(() -> () -> {
            if (!works[0]) {
                throw broken;
            }
            return () -> {};
        });
        CompletableFuture<String> stage = new CompletableFuture<>();
        Fallback<String> fallback = Fallback.builder("f", String.class)
                .environment(unlucky)
                .callAsync(() -> stage)
                .call(this::note)
                .build();
        CompletableFuture<String> future =
                fallback.callAsync(() -> CompletableFuture.failedFuture(new IOException("no")));

        works[0] = false;
        IOException step = new IOException("step");
        stage.completeExceptionally(step);

        assertThatThrownBy(future::join)
                .cause()
                .isInstanceOf(UnavailableException.class)
                .hasCause(broken)
                .hasSuppressedException(step);
        assertThat(seen).isEmpty();
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(0, 0, 0, 1));
    }
}
