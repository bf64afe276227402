// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.internal.Teller;
import java.util.function.IntSupplier;

/**
 * The limit that listeners know of. Each change that they are told of begins where the one before ended, and the last one ends at the
 * limit of now, whoever changed it: several changes at once are told as one.
 *
 * <pre>
 *   told ── the limit is another one ──▶ tell(told, limit) ──▶ told
 *     └ one thread at a time tells, for all who find that the limit has changed meanwhile; they go on
 * </pre>
 */
final class ToldLimit extends Teller {
    private static final long serialVersionUID = 1L;

    private final transient IntSupplier limit;
    private final transient Listener listener;
    /** Of the thread that tells. */
    private int told;

    /** Gets one change after the other; what it throws goes no further. */
    interface Listener {
        void changed(int from, int to);
    }

    ToldLimit(int first, IntSupplier limit, Listener listener) {
        this.told = first;
        this.limit = limit;
        this.listener = listener;
    }

    void mayHaveChanged() {
        tell();
    }

    @Override
    protected void round() {
        int from = told;
        int to = limit.getAsInt();
        told = to;
        if (from != to) {
            listener.changed(from, to);
        }
    }
}
