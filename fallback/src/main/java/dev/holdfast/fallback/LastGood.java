// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.Call;
import dev.holdfast.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Gives the last good result: one for all calls, or one for each argument. */
final class LastGood<R extends @Nullable Object> implements Step<R> {
    private final long maxAge;
    private final @Nullable Cache<Object, Good<R>> byArgument;
    private volatile @Nullable Good<R> last;

    private LastGood(long maxAge, @Nullable Cache<Object, Good<R>> byArgument) {
        this.maxAge = maxAge;
        this.byArgument = byArgument;
    }

    static <R extends @Nullable Object> LastGood<R> ofAll(long maxAge) {
        return new LastGood<>(maxAge, null);
    }

    static <R extends @Nullable Object> LastGood<R> perArgument(long maxAge, int arguments) {
        // Upkeep on the threads of the calls: by default it would go to the common pool.
        return new LastGood<>(maxAge, Caffeine.newBuilder().maximumSize(arguments).executor(Runnable::run).build());
    }

    static <R extends @Nullable Object> List<LastGood<R>> among(List<Step<R>> steps) {
        return steps.stream().filter(LastGood.class::isInstance).map(step -> (LastGood<R>) step).toList();
    }

    @Override
    public boolean wantsCall() {
        return byArgument != null;
    }

    void keep(@Nullable R value, @Nullable Call call, long now) {
        if (byArgument == null) {
            last = new Good<>(value, now);
            return;
        }
        Object argument = argument(call);
        if (argument != null) {
            byArgument.put(argument, new Good<>(value, now));
        }
    }

    @Override
    public @Nullable CompletionStage<? extends @Nullable R> go(
            Fallback<R> fallback, Outcome<R> replaced, @Nullable Call call) {
        Object argument = argument(call);
        Good<R> good = byArgument == null ? last : argument == null ? null : byArgument.getIfPresent(argument);
        if (good == null) {
            return null;
        }
        long age = Math.max(0, fallback.environment().nanoTime() - good.at());
        if (age > maxAge) {
            return null;
        }
        fallback.serves(age, call);
        return CompletableFuture.completedFuture(good.value());
    }

    private static @Nullable Object argument(@Nullable Call call) {
        return call == null ? null : call.argument().orElse(null);
    }

    @Override
    public String toString() {
        return "last good " + (byArgument == null ? "" : "per argument ") + "up to " + Duration.ofNanos(maxAge);
    }

    /** A result, and the clock when it was given. */
    private record Good<R extends @Nullable Object>(@Nullable R value, long at) {}
}
