// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.retry;

import dev.holdfast.Policy;
import dev.holdfast.testkit.VirtualTime;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The ways to make a call, so that each rule is tested for all of them. */
enum Way {
    SYNC {
        @Override
        Outcome call(Policy<Object> policy, VirtualTime time, Backend backend) {
            try {
                return new Outcome(policy.call(backend::answer), null);
            } catch (Throwable thrown) {
                return new Outcome(null, thrown);
            }
        }
    },
    CHECKED {
        @Override
        Outcome call(Policy<Object> policy, VirtualTime time, Backend backend) {
            try {
                return new Outcome(policy.callChecked(backend::answer), null);
            } catch (Throwable thrown) {
                return new Outcome(null, thrown);
            }
        }
    },
    /** Stages that are complete when they are given back, where they take no time. */
    ASYNC {
        @Override
        Outcome call(Policy<Object> policy, VirtualTime time, Backend backend) {
            return join(time, policy.callAsync(() -> backend.answerAsync(false)));
        }
    },
    /** Stages that are completed by a timer. */
    LATE {
        @Override
        Outcome call(Policy<Object> policy, VirtualTime time, Backend backend) {
            return join(time, policy.callAsync(() -> backend.answerAsync(true)));
        }
    },
    /** Suppliers that throw instead of giving a stage. */
    THROWING {
        @Override
        Outcome call(Policy<Object> policy, VirtualTime time, Backend backend) {
            return join(time, policy.callAsync(() -> CompletableFuture.completedFuture(backend.answer())));
        }
    };

    record Outcome(Object value, Throwable thrown) {}

    abstract Outcome call(Policy<Object> policy, VirtualTime time, Backend backend);

    boolean isAsync() {
        return ordinal() >= ASYNC.ordinal();
    }

    static Outcome join(VirtualTime time, CompletableFuture<Object> future) {
        try {
            time.join(future);
        } catch (CompletionException | CancellationException thrown) {
            // What the future holds is looked at below, without the wrapper.
        }
        return future.handle(Outcome::new).join();
    }
}
