// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline as the engines read it: the policies, outermost first, and what each of them is.
 *
 * <p>Longer than most files, because what can be known of a pipeline is found out once, here.
 */
final class Chain {
    static final byte GATE = 0;
    /** A gate with others directly inside of it: they share their clock readings. */
    static final byte GATES = 1;
    /** A gate with an executor: what is inside of it runs there. */
    static final byte HAND_OFF = 2;

    static final byte LOOP = 3;
    static final byte DEADLINE = 4;
    static final byte RECOVERY = 5;
    /** Stands behind the last policy: the work itself. */
    static final byte WORK = 6;

    static final byte RACE = 7;
    /** Stands behind the last policy of what is inside of a race: the work, which may be called off. */
    static final byte LANE_WORK = 8;

    static final byte AROUND = 9;
    /** As many gates as the blocking engine has written out. */
    static final int MAX_GATES = 4;

    /** Whose chain it is: a pipeline, or a policy alone. */
    final Policy<?> owner;

    final String name;
    final Environment environment;
    final Policy<?>[] policies;
    /** What its owner says of all of them. */
    final Terms terms;
    /** Rules that each policy asks before its own; a field of its own, because every end of a call asks for it. */
    final @Nullable Classifier<@Nullable Object> rules;
    /** The gates among them, at their places. */
    final @Nullable Gate[] gates;

    final byte[] kinds;
    /** For a gate: the index behind the last one of the group that it is in. */
    final int[] groupEnd;
    /** How many loops stand outside of everything else. */
    final int leadingLoops;
    /** Whether it is that of a policy alone, and not of a pipeline. */
    final boolean isAlone;
    /** Whether it has only loops around gates, nothing to carry along or to discard, and nobody to watch but at times. */
    final boolean isQuick;
    /** Whether gates around the race that it is inside of, if it is, hold until the work ends. */
    final boolean isHeld;
    /** Where a {@link Frame} keeps what it knows of each policy, see {@link Places}. */
    final int[] place;
    /** How many such places there are. */
    final int places;
    /** Whether a deadline interrupts its caller's own thread. */
    final boolean hasDeadline;

    /** Whether somebody has to be told of a blocking call: a gate that has a place, or gates around this chain. */
    final boolean hasGuards;
    /** The outermost gate that measures how long the work takes, or the number of policies. */
    final int measuredFrom;

    /** Whether a policy may put something else in the place of what the work came to, so that its outcome does not tell whether it has begun. */
    final boolean mayReplace;

    private final Around[] arounds;
    private @Nullable Chain @Nullable [] rests;

    private final boolean wantsCall;
    /** Of all but loops, whose rules may come and go. */
    private final boolean wantsArgument;

    /** The chain of a policy alone. */
    Chain(Policy<?> policy) {
        this(policy, List.of(policy), Terms.NONE, true, WORK, false);
    }

    /** The chain of a pipeline. */
    Chain(Policy<?> owner, List<? extends Policy<?>> policies, Terms terms) {
        this(owner, policies, terms, false, WORK, false);
    }

    private Chain(
            Policy<?> owner, List<? extends Policy<?>> policies, Terms terms, boolean alone, byte last, boolean held) {
        this.owner = owner;
        this.name = owner.name();
        this.environment = owner.environment();
        this.policies = policies.toArray(Policy<?>[]::new);
        this.terms = terms;
        this.rules = terms.rules();
        this.isAlone = alone;
        this.isHeld = held;
        int size = this.policies.length;
        this.kinds = new byte[size + 1];
        this.gates = new Gate[size];
        boolean call = false;
        boolean argument = false;
        for (int i = 0; i < size; i++) {
            Policy<?> policy = this.policies[i];
            kinds[i] = kindOf(policy);
            gates[i] = policy instanceof Gate gate ? gate : null;
            call |= !(policy instanceof Around) && policy.wantsCall();
            argument |= !(policy instanceof Loop) && policy.wantsArgument();
        }
        kinds[size] = last;
        this.mayReplace =
                IntStream.range(0, size).anyMatch(i -> kinds[i] == LOOP || kinds[i] == RECOVERY || kinds[i] == RACE);
        this.arounds =
                Arrays.stream(this.policies).filter(Around.class::isInstance).toArray(Around[]::new);
        this.wantsCall = call;
        this.wantsArgument = argument;
        this.leadingLoops = leadingLoops();
        this.isQuick = isQuick();
        this.groupEnd = groupGates();
        this.measuredFrom = measuredFrom();
        this.place = Places.of(this);
        this.places = Places.count(this);
        this.hasDeadline = isDeadlineOnCallersThread();
        this.hasGuards = IntStream.range(0, size)
                .anyMatch(i -> (gates[i] != null && place[i] >= 0) || (held && kinds[i] == RACE));
    }

    /** That of another view of a gate: what is known of the one is right for the other. */
    static Chain ofView(Gate view, Chain original) {
        boolean same = original.isAlone
                && original.kinds[0] == kindOf(view)
                && original.wantsCall == view.wantsCall()
                && original.wantsArgument == view.wantsArgument()
                && original.measures(0) == view.measuresWork();
        return same ? new Chain(view, original) : new Chain(view);
    }

    /** Made for single calls, so it takes over what it can. */
    private Chain(Gate view, Chain original) {
        this.owner = view;
        this.gates = new Gate[] {view};
        this.policies = gates;
        this.name = original.name;
        this.environment = original.environment;
        this.terms = original.terms;
        this.rules = original.rules;
        this.isAlone = original.isAlone;
        this.isHeld = original.isHeld;
        this.kinds = original.kinds;
        this.mayReplace = original.mayReplace;
        this.arounds = original.arounds;
        this.wantsCall = original.wantsCall;
        this.wantsArgument = original.wantsArgument;
        this.leadingLoops = original.leadingLoops;
        this.isQuick = original.isQuick;
        this.groupEnd = original.groupEnd;
        this.measuredFrom = original.measuredFrom;
        this.place = original.place;
        this.places = original.places;
        this.hasDeadline = original.hasDeadline;
        this.hasGuards = original.hasGuards;
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
        } else if (policy instanceof Race) {
            return RACE;
        } else if (policy instanceof Around) {
            return AROUND;
        }
        throw new AssertionError("policy: " + policy + " (expected: not a pipeline, they are flattened)");
    }

    private int leadingLoops() {
        int loops = 0;
        while (kinds[loops] == LOOP) {
            loops++;
        }
        return loops;
    }

    private boolean isQuick() {
        boolean quick = terms.discards() == Discards.NONE && carriesNothing();
        for (int i = leadingLoops; i < policies.length; i++) {
            quick &= kinds[i] == GATE || kinds[i] == AROUND;
        }
        return quick;
    }

    private boolean carriesNothing() {
        try {
            return environment.context() == ThreadContext.none();
        } catch (Throwable broken) {
            // Each call finds out for itself, and is refused.
            return false;
        }
    }

    /** Gates that follow each other form groups, which have a kind of their own. */
    private int[] groupGates() {
        int[] ends = new int[policies.length];
        for (int from = 0, i = 0; i < policies.length; i++) {
            from = kinds[i] == GATE && i - from < MAX_GATES ? from : i;
            for (int k = from; k <= i; k++) {
                ends[k] = i + 1;
            }
            from = kinds[i] == GATE ? from : i + 1;
        }
        for (int i = 0; i < policies.length; i++) {
            kinds[i] = kinds[i] == GATE && ends[i] > i + 1 ? GATES : kinds[i];
        }
        return ends;
    }

    private int measuredFrom() {
        int from = 0;
        while (from < policies.length && !measures(from)) {
            from++;
        }
        return from;
    }

    boolean measures(int level) {
        Gate gate = gates[level];
        return gate != null && gate.measuresWork();
    }

    /** Whether a gate outside of this level measures how long the work takes. */
    boolean isMeasured(int level) {
        return measuredFrom < level;
    }

    /** Whether a call that waits for this gate may wait again for one of the same group, which the {@link Frame} does not keep. */
    boolean mayWaitAgain(int level) {
        return level + 1 < groupEnd[level] && place[level] < 0 && isMeasured(level + 1);
    }

    /** The outermost of the gates directly around a deadline, or the deadline itself. */
    int guardedFrom(int deadline) {
        int from = deadline;
        for (int level = deadline - 1; level >= 0; level--) {
            if (gates[level] != null && kinds[level] != HAND_OFF) {
                from = level;
            } else if (kinds[level] != AROUND) {
                break;
            }
        }
        return from;
    }

    boolean isDeadlineOnCallersThread(int level) {
        return policies[level] instanceof Deadline deadline && deadline.executor() == null;
    }

    private boolean isDeadlineOnCallersThread() {
        for (int level = 0; level < policies.length; level++) {
            if (isDeadlineOnCallersThread(level)) {
                return true;
            }
        }
        return false;
    }

    /** What is inside of a race, which is run once for each attempt. */
    Chain rest(int race) {
        // Two threads may both make one, as of the chain itself.
        Chain[] made = rests;
        if (made == null) {
            made = new Chain[policies.length];
            rests = made;
        }
        Chain rest = made[race];
        if (rest == null) {
            boolean held = isHeld;
            for (int level = 0; level < race; level++) {
                held |= gates[level] != null && gates[level].holdsUntilWorkEnds();
            }
            rest = like(Arrays.asList(policies).subList(race + 1, policies.length), held);
            made[race] = rest;
        }
        return rest;
    }

    private Chain like(List<? extends Policy<?>> inside, boolean held) {
        return new Chain(owner, inside, terms, false, LANE_WORK, held);
    }

    /** What an attempt of a race runs through. */
    Chain like(List<? extends Policy<?>> inside) {
        return like(inside, isHeld);
    }

    /** Nobody gets this result. */
    void drop(@Nullable Object value) {
        terms.discards().drop(this, value);
    }

    /** Whether stages that the work gives may be cancelled when nobody waits for them any more. */
    boolean ownsStages() {
        return terms.ownsStages();
    }

    /** Whether a loop can tell from an outcome that is no exception whether to repeat it. */
    boolean looksAtResults(Loop<?> loop) {
        return loop.classifier().looksAtResults() || (rules != null && rules.looksAtResults());
    }

    /** Whether the call as a whole is watched, and not only what its policies do. */
    boolean isWholeWatched() {
        return !isAlone && owner.isWatched(Event.CallCompleted.class);
    }

    /** A clock reading, which is never the one that stands for none. */
    long now() {
        return Gate.reading(environment);
    }

    /** What a new blocking call has to remember, where it has to. */
    @Nullable Frame newFrame(boolean isWatched, int shape, Object work, @Nullable Object a, @Nullable Object b) {
        Call call = newCall(isWatched, shape, work, a, b);
        return call == null && !hasGuards && !isObserved()
                ? null
                : new Frame(this, call == null ? null : call.onThread());
    }

    /** The context of a new call, where anybody is going to look at it. */
    @Nullable Call newCall(boolean isWatched, int shape, Object work, @Nullable Object a, @Nullable Object b) {
        if (!Work.wantsCall(shape)
                && !wantsCall
                && !isWatched
                && !(Work.hasArgument(shape) && wantsArgument())
                && !observersWantCall()) {
            return null;
        }
        if (!Work.hasArgument(shape)) {
            return Call.start(this, work, Call.NO_ARGUMENT);
        }
        boolean two = shape == Work.BI_FUNCTION || shape == Work.CHECKED_BI_FUNCTION;
        return Call.start(this, work, two ? Arrays.asList(a, b) : a);
    }

    private boolean wantsArgument() {
        if (wantsArgument) {
            return true;
        }
        for (Policy<?> policy : policies) {
            if (policy instanceof Loop && policy.wantsArgument()) {
                return true;
            }
        }
        return false;
    }

    /** An around that is off looks at nothing, so it costs no context. */
    private boolean observersWantCall() {
        for (Around around : arounds) {
            if (around.wantsCall() && around.asksIsOn()) {
                return true;
            }
        }
        return false;
    }

    /** Whether anybody watches calls here: see {@link Around}. */
    boolean isObserved() {
        for (Around around : arounds) {
            if (around.asksIsOn()) {
                return true;
            }
        }
        return false;
    }

    boolean isCallWatched() {
        if (owner.isCallWatched()) {
            return true;
        }
        for (Policy<?> policy : policies) {
            if (policy.isCallWatched()) {
                return true;
            }
        }
        return false;
    }
}
