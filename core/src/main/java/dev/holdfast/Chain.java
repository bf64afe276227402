// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A pipeline as the engines read it: the policies, outermost first, and what each of them is. */
final class Chain {
    static final byte GATE = 0;
    /** A gate with others directly inside of it: they share their clock readings. */
    static final byte GATES = 6;
    /** A gate with an executor: what is inside of it runs there. */
    static final byte HAND_OFF = 1;
    static final byte LOOP = 2;
    static final byte DEADLINE = 3;
    static final byte RECOVERY = 4;
    /** Stands behind the last policy: the work itself. */
    static final byte WORK = 5;
    /** As many gates as the blocking engine has written out. */
    static final int MAX_GATES = 4;

    final String name;
    final Environment environment;
    final Policy<?>[] policies;
    /** The gates among them, at their places. */
    final @Nullable Gate[] gates;
    final byte[] kinds;
    /** For a gate: the index behind the last one of the group that it is in. */
    final int[] groupEnd;

    /** How many loops stand outside of everything else. */
    final int leadingLoops;
    /** Whether it is that of a policy alone, and not of a pipeline. */
    final boolean isAlone;
    /** Whether it has only loops around gates, and no context to carry along. */
    final boolean isQuick;

    private final boolean wantsCall;

    /** The chain of a policy alone. */
    Chain(Policy<?> policy) {
        this(policy.name(), policy.environment(), List.of(policy), true);
    }

    Chain(String name, Environment environment, List<? extends Policy<?>> policies) {
        this(name, environment, policies, false);
    }

    private Chain(String name, Environment environment, List<? extends Policy<?>> policies, boolean alone) {
        this.name = name;
        this.environment = environment;
        this.policies = policies.toArray(Policy<?>[]::new);
        int size = this.policies.length;
        this.kinds = new byte[size + 1];
        this.groupEnd = new int[size];
        this.gates = new Gate[size];
        boolean wants = false;
        int threads = 0;
        boolean limited = false;
        for (int i = 0; i < size; i++) {
            kinds[i] = kindOf(this.policies[i]);
            gates[i] = this.policies[i] instanceof Gate ? (Gate) this.policies[i] : null;
            limited |= kinds[i] == DEADLINE;
            threads += kinds[i] == DEADLINE || kinds[i] == HAND_OFF ? 1 : 0;
            // A loop inside of a deadline must know it: it does not begin a wait that would end too late. And so must
            // what may interrupt the same thread.
            wants |= this.policies[i].wantsCall() || (limited && (kinds[i] == LOOP || threads > 1));
        }
        kinds[size] = WORK;
        for (int from = 0, i = 0; i < size; i++) {
            from = kinds[i] == GATE && i - from < MAX_GATES ? from : i;
            for (int k = from; k <= i; k++) {
                groupEnd[k] = i + 1;
            }
            from = kinds[i] == GATE ? from : i + 1;
        }
        for (int i = 0; i < size; i++) {
            kinds[i] = kinds[i] == GATE && groupEnd[i] > i + 1 ? GATES : kinds[i];
        }
        this.wantsCall = wants;
        int loops = 0;
        while (kinds[loops] == LOOP) {
            loops++;
        }
        this.leadingLoops = loops;
        boolean quick = environment.context() == ThreadContext.none();
        for (int i = loops; i < size; i++) {
            quick &= kinds[i] == GATE || kinds[i] == GATES;
        }
        this.isQuick = quick;
        this.isAlone = alone;
    }

    private static byte kindOf(Policy<?> policy) {
        if (policy instanceof Gate gate) {
            return gate.executor() == null ? GATE : HAND_OFF;
        } else if (policy instanceof Loop) {
            return LOOP;
        } else if (policy instanceof Deadline) {
            return DEADLINE;
        } else if (policy instanceof Recovery) {
            return RECOVERY;
        }
        throw new AssertionError("policy: " + policy + " (expected: not a pipeline, they are flattened)");
    }

    /** A clock reading, which is never the one that stands for none. */
    long now() {
        return Gate.reading(environment);
    }

    /** The context of a new call, where anybody is going to look at it. */
    @Nullable Call newCall(int shape, @Nullable Object a, @Nullable Object b) {
        return newCall(isCallWatched(), shape, a, b);
    }

    @Nullable Call newCall(boolean isWatched, int shape, @Nullable Object a, @Nullable Object b) {
        if (shape != Work.WITH_CALL && !wantsCall && !isWatched) {
            return null;
        }
        boolean two = shape == Work.BI_FUNCTION || shape == Work.CHECKED_BI_FUNCTION;
        return Call.start(this, two ? Arrays.asList(a, b) : a);
    }

    boolean isCallWatched() {
        for (Policy<?> policy : policies) {
            if (policy.isCallWatched()) {
                return true;
            }
        }
        return false;
    }
}
