// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that never has to wait, which most are: gates that let it in at once, and a stage that is complete
 * when the work gives it. Nobody else can reach such a call, so it needs no {@link AsyncEngine}, which takes over from
 * wherever something else happens.
 *
 * <pre>
 *   loops ──▶ gates ──▶ work ──▶ success ──▶ gates ──▶ loops ──▶ a complete future
 *     └─────────┴─────────┴── anything else ───┴─────────┴─────▶ AsyncEngine goes on from there
 * </pre>
 *
 * <p>Cost: the future, and the stamps.
 */
final class CompletedCall {
    private CompletedCall() {}

    /** For a chain that {@link Chain#isQuick is quick}, and a call that nobody wants the context of. */
    @SuppressWarnings("unchecked") // The result is the work's own.
    static <T extends @Nullable Object> CompletableFuture<T> call(
            Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b) {
        Policy<?>[] policies = chain.policies;
        Gate[] gates = chain.gates;
        int loops = chain.leadingLoops;
        long[] stamps = new long[policies.length];
        long start = Gate.NO_TIME;
        long stop = Gate.NO_TIME;
        int depth = 0;
        Object value = null;
        Throwable failure = null;
        try {
            while (depth < loops) {
                if (((Loop<?>) policies[depth]).maxNanos() != Loop.NO_LIMIT) {
                    return AsyncEngine.<T>at(chain, shape, work, a, b, stamps, start, depth)
                            .goInward();
                }
                depth++;
            }
            while (depth < policies.length) {
                Gate gate = gates[depth];
                if (gate == null) {
                    // An around that nobody needs.
                    depth++;
                    continue;
                }
                long stamp = gate.enter(start);
                if (stamp == Gate.NEEDS_TIME) {
                    start = chain.now();
                    stamp = gate.enter(start);
                }
                if (stamp < 0 && stamp != Gate.PASS) {
                    return AsyncEngine.<T>at(chain, shape, work, a, b, stamps, start, depth)
                            .goOnWith(stamp);
                }
                stamps[depth++] = stamp;
            }
            CompletionStage<?> stage = (CompletionStage<?>) Work.run(shape, work, a, b, null);
            if (stage == null || !isSuccess(stage)) {
                return AsyncEngine.<T>at(chain, shape, work, a, b, stamps, start, depth)
                        .goOnWith(stage);
            }
            value = Work.resultOf(shape, ((CompletableFuture<?>) stage).join());
            while (depth > loops) {
                depth--;
                if (gates[depth] != null && stamps[depth] >= 0) {
                    stop = gates[depth].leave(chain.rules, stamps[depth], value, null, start, stop, null);
                }
            }
            while (depth > 0 && !chain.looksAtResults((Loop<?>) policies[depth - 1])) {
                depth--;
                ((Loop<?>) policies[depth]).succeededAtOnce();
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
        if (failure == null && depth == 0) {
            return CompletableFuture.completedFuture((T) Work.shown(value));
        }
        return AsyncEngine.<T>at(chain, shape, work, a, b, stamps, start, depth).goOutward(value, failure);
    }

    /** Whether a stage has a result already. */
    static boolean isSuccess(CompletionStage<?> stage) {
        return Stages.isPlain(stage)
                && ((CompletableFuture<?>) stage).isDone()
                && !((CompletableFuture<?>) stage).isCompletedExceptionally();
    }
}
