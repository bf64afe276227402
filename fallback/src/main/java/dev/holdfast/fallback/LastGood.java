// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.Call;
import dev.holdfast.MapKey;
import dev.holdfast.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Gives the last good result: one for all calls that it is for, or one for each key. */
final class LastGood<R extends @Nullable Object> implements Step<R> {
    /** Which calls have a last good result, and which share one. */
    private enum For {
        CALLS_WITHOUT_ARGUMENT(""),
        ANY_CALL("of any call "),
        ARGUMENT("per argument "),
        KEY("per key ");

        final String text;

        For(String text) {
            this.text = text;
        }
    }

    private static final String HAS_ARGUMENT =
            "has lastGood(age), which is for calls without an argument, and is called with one: "
                    + "nothing is kept or given there. Use lastGoodPerArgument, or lastGoodOfAnyCall";
    private static final String NO_ARGUMENT =
            "has lastGoodPerArgument, and is called without an argument: nothing is kept or given "
                    + "there. Use function(...), or lastGood(age, keys, key)";
    private static final String NULL_ARGUMENT =
            "has lastGoodPerArgument, and is called with the argument null: nothing is kept or given there. "
                    + "Use lastGood(age, keys, key) if null stands for something";
    private static final String NO_KEY =
            "has lastGood(age, keys, key) whose key is null: nothing is kept or given there";

    private final For kind;
    private final long maxAge;
    private final @Nullable Cache<Object, Good<R>> byKey;
    private final Function<? super Call, ? extends @Nullable Object> key;
    private volatile @Nullable Good<R> last;
    /** Whether a call has had a key, so that those without one are not all of them. */
    private volatile boolean hasSeenKey;

    private volatile boolean hasWarned;

    private LastGood(For kind, long maxAge, int keys, Function<? super Call, ? extends @Nullable Object> key) {
        this.kind = kind;
        this.maxAge = maxAge;
        this.key = key;
        // Upkeep on the threads of the calls: by default it would go to the common pool.
        this.byKey = keys == 0
                ? null
                : Caffeine.newBuilder()
                        .maximumSize(keys)
                        .executor(Runnable::run)
                        .build();
    }

    static <R extends @Nullable Object> LastGood<R> ofCallsWithoutArgument(long maxAge) {
        return new LastGood<>(For.CALLS_WITHOUT_ARGUMENT, maxAge, 0, call -> null);
    }

    static <R extends @Nullable Object> LastGood<R> ofAnyCall(long maxAge) {
        return new LastGood<>(For.ANY_CALL, maxAge, 0, call -> null);
    }

    static <R extends @Nullable Object> LastGood<R> perArgument(long maxAge, int arguments) {
        // What is right for one operation is not for another, though it be called with the same.
        return new LastGood<>(
                For.ARGUMENT,
                maxAge,
                arguments,
                call -> call.argument()
                        .map(argument -> List.of(call.operation(), argument))
                        .orElse(null));
    }

    static <R extends @Nullable Object> LastGood<R> perKey(
            long maxAge, int keys, Function<? super Call, ? extends @Nullable Object> key) {
        return new LastGood<>(For.KEY, maxAge, keys, key);
    }

    static <R extends @Nullable Object> List<LastGood<R>> among(List<Step<R>> steps) {
        return steps.stream()
                .filter(LastGood.class::isInstance)
                .map(step -> (LastGood<R>) step)
                .toList();
    }

    @Override
    public boolean wantsCall() {
        return kind == For.KEY;
    }

    @Override
    public boolean wantsArgument() {
        return kind == For.CALLS_WITHOUT_ARGUMENT || kind == For.ARGUMENT;
    }

    void keep(Fallback<R> fallback, @Nullable R value, @Nullable Call call) {
        Cache<Object, Good<R>> keyed = byKey;
        if (keyed == null) {
            if (isFor(fallback, call)) {
                last = new Good<>(value, fallback.environment().nanoTime());
            }
            return;
        }
        try {
            Object of = keyOf(call);
            if (of != null) {
                hasSeenKey = true;
                keyed.put(of, new Good<>(value, fallback.environment().nanoTime()));
            }
        } catch (Throwable thrown) {
            fallback.keyThrew(thrown);
        }
    }

    @Override
    public @Nullable CompletionStage<? extends @Nullable R> go(
            Fallback<R> fallback, Outcome<R> replaced, @Nullable Call call) {
        Good<R> good = find(fallback, call);
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

    private @Nullable Good<R> find(Fallback<R> fallback, @Nullable Call call) {
        Cache<Object, Good<R>> keyed = byKey;
        if (keyed == null) {
            return isFor(fallback, call) ? last : null;
        }
        try {
            Object of = keyOf(call);
            if (of != null) {
                return keyed.getIfPresent(of);
            }
        } catch (Throwable thrown) {
            fallback.keyThrew(thrown);
            return null;
        }
        if (!hasSeenKey) {
            boolean isNull = call != null && call.hasArgument();
            warn(fallback, kind == For.KEY ? NO_KEY : isNull ? NULL_ARGUMENT : NO_ARGUMENT);
        }
        return null;
    }

    private boolean isFor(Fallback<R> fallback, @Nullable Call call) {
        if (kind == For.ANY_CALL || call == null || !call.hasArgument()) {
            return true;
        }
        warn(fallback, HAS_ARGUMENT);
        return false;
    }

    /** Users may choose what is in it. */
    private @Nullable Object keyOf(@Nullable Call call) {
        Object found = call == null ? null : key.apply(call);
        return found == null ? null : MapKey.of(found);
    }

    private void warn(Fallback<R> fallback, String mistake) {
        if (!hasWarned) {
            hasWarned = true;
            fallback.warnOfUse(mistake);
        }
    }

    @Override
    public String toString() {
        return "last good " + kind.text + "up to " + Duration.ofNanos(maxAge);
    }

    /** A result, and the clock when it was given. */
    private record Good<R extends @Nullable Object>(
            @Nullable R value, long at) {}
}
