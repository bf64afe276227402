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
final class ToldLimit {
    private final IntSupplier limit;
    private final Listener listener;
    private final Teller teller = Teller.of(this::tellChange);
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
        teller.tell();
    }

    private void tellChange() {
        int from = told;
        int to = limit.getAsInt();
        told = to;
        if (from != to) {
            listener.changed(from, to);
        }
    }
}
