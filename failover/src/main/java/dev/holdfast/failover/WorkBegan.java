// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Event;
import dev.holdfast.RejectedException;

/** Hangs on a refusal that the work itself has thrown: what it did before, nobody knows, so it is no proof that nothing has happened. */
final class WorkBegan extends Throwable {
    private static final long serialVersionUID = 1L;

    private WorkBegan(String node) {
        super("the work had begun at " + Event.quoted(node), null, false, false);
    }

    static void mark(RejectedException refusal, String node) {
        if (!isOn(refusal)) {
            refusal.addSuppressed(new WorkBegan(node));
        }
    }

    static boolean isOn(RejectedException refusal) {
        for (Throwable each : refusal.getSuppressed()) {
            if (each instanceof WorkBegan) {
                return true;
            }
        }
        return false;
    }
}
