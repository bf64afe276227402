// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.Pipeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What fallbacks give to more than one call is nobody's to close. */
class SharedResultsTest {
    private final List<Object> discarded = new ArrayList<>();

    private final List<CompletableFuture<Object>> calls = new ArrayList<>();

    /** The first step completes the call's future, so that nobody gets what the next one gives. */
    private FallbackBuilder<Object> builder() {
        return Fallback.builder("f", Object.class).apply(replaced -> {
            calls.get(0).complete("other");
            throw new IllegalStateException("no");
        });
    }

    private void nobodyGets(Fallback<Object> fallback) {
        CompletableFuture<Object> work = new CompletableFuture<>();
        calls.clear();
        calls.add(Pipeline.<Object>of(fallback)
                .discarding(discarded::add)
                .asyncFunction((String argument) -> work)
                .apply("a"));
        work.completeExceptionally(new IllegalStateException("no"));
        assertThat(calls.get(0)).isCompletedWithValue("other");
        assertThat(fallback.counts().recovered()).isOne();
    }

    @Test
    @DisplayName("XC-22 a constant that nobody gets is not discarded; what another step has made for the call is")
    void constants() {
        Object constant = new Object();
        Object made = new Object();
        nobodyGets(builder().value(constant).build());
        assertThat(discarded).isEmpty();
        nobodyGets(builder().apply(replaced -> made).value(constant).build());
        nobodyGets(builder().call(() -> made).value(constant).build());
        assertThat(discarded).containsExactly(made, made);
    }

    @Test
    @DisplayName("XC-22 a fallback that keeps last good results does not fit where results are discarded")
    void lastGood() {
        Fallback<Object> fallback =
                builder().lastGoodOfAnyCall(Duration.ofMinutes(1)).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Pipeline.<Object>of(fallback).discarding(discarded::add))
                .withMessage("discarding: with " + fallback
                        + " (expected: none that keeps results, which nobody may close)");
    }
}
