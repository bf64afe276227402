// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.internal.Require;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * On what terms an experiment arms its injections: who, why, until when, and how much.
 *
 * @param experiment its name
 * @param owner who answers for it; not blank
 * @param reason why; not blank
 * @param environment whose clock and timers it goes by, and everything that it arms
 * @param end a reading of that clock: past it nothing is injected, whatever has become of the experiment
 * @param seed from which draws follow
 * @param blast how much it may do, shared by all that it arms
 * @param control which calls are left alone for comparison; {@code null} if none
 */
record Terms(
        String experiment,
        String owner,
        String reason,
        Environment environment,
        long end,
        long seed,
        Blast blast,
        @Nullable Control control) {
    Terms {
        Require.name(experiment);
        Require.words(owner, "owner");
        Require.words(reason, "reason");
        Require.nonNull(environment, "environment");
        Require.nonNull(blast, "blast");
    }

    /**
     * Arms an injection.
     *
     * @throws IllegalStateException if chaos is off, or nobody has allowed it; if the safety lever is engaged; if another experiment has
     *     the injection
     * @throws IllegalArgumentException if the injection has another environment
     */
    Armed arm(Injection injection) {
        if (injection instanceof Chaos chaos) {
            return chaos.arm(this);
        }
        return injection instanceof ChaosReply<?> reply ? reply.arm(this) : ((Burden) injection).arm(this);
    }

    /** For messages. */
    String title() {
        return "Experiment " + Event.quoted(experiment);
    }

    /**
     * A group of calls that is left alone.
     *
     * @param key what calls are told apart by; calls for which it gives {@code null} are not in the experiment at all
     * @param share of the keys, more than 0 and less than 1
     * @param seed by which they are chosen
     */
    record Control(Function<? super Call, ? extends @Nullable Object> key, double share, long seed) {
        Control {
            Require.nonNull(key, "key");
            Require.range(share, 0, 1, "share");
        }

        /** Whether a call is in the control group; {@code null} if it has no key. */
        @Nullable Boolean has(Call call) {
            Object of = key.apply(call);
            return of == null ? null : Draws.unit(seed, of.hashCode(), 0) < share;
        }
    }
}
