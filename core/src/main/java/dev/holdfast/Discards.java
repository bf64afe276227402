// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where results go that nobody gets: see {@link Pipeline#discarding}. Whichever engine lets go of a result says so here, at the one
 * place where it does, so that each comes here once.
 *
 * <pre>
 *   result ── the caller gets it ─────────────────────────────────────────▶ his to close
 *     └────── repeated, replaced, too late, or a policy throws at it ─▶ drop ─▶ the user's code
 *   stage ─── given up ── gives a result all the same ────────────────▶ drop ─▶ the user's code
 * </pre>
 */
final class Discards {
    /** For results that need no closing. */
    static final Discards NONE = new Discards();

    private final @Nullable Policy<?> owner;
    private final @Nullable Consumer<@Nullable Object> discard;

    private Discards() {
        this.owner = null;
        this.discard = null;
    }

    /**
     * Hands results to code of the user's.
     *
     * @param owner whose name the log says when that code throws
     */
    Discards(Policy<?> owner, Consumer<@Nullable Object> discard) {
        this.owner = owner;
        this.discard = discard;
    }

    /** Whether results come to the same code of the user's. */
    boolean isSame(Discards other) {
        return discard == other.discard;
    }

    /** Nobody gets this result of the work's, or of a policy's in its place. */
    void drop(Chain chain, @Nullable Object value) {
        Consumer<@Nullable Object> to = discard;
        if (to == null || value == null || value == Work.NOTHING) {
            return;
        }
        try {
            if (!isShared(chain, value)) {
                to.accept(value);
            }
        } catch (Throwable thrown) {
            Require.nonNull(owner, "owner").ruleThrew(thrown, "the result that it was to discard is left alone");
        }
    }

    @SuppressWarnings("unchecked") // A policy in the chain accepts the results of the call.
    private static boolean isShared(Chain chain, Object value) {
        for (Policy<?> policy : chain.policies) {
            if (policy instanceof Recovery<?> recovery && ((Recovery<Object>) recovery).isShared(value)) {
                return true;
            }
        }
        return false;
    }
}
