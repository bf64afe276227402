// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an adversary does with Holdfast: policies, and calls through them that run side by side, with user code that misbehaves.
 * A value: {@link Programs} draws it from a seed, {@link Execution} runs it, {@link Shrink} makes it smaller, and its text is what
 * a maintainer reads. All times are milliseconds.
 */
record Program(
        long seed,
        Where where,
        Threads threads,
        Context context,
        List<Part> parts,
        List<Plan> calls,
        List<Hand> hands,
        List<Change> changes) {
    /** Whose clock and timer. */
    enum Where {
        SYSTEM,
        OWN_TIMER,
        LATE_TIMER,
        VIRTUAL
    }

    /** What an executor of the user's does with a task. */
    enum Threads {
        ENOUGH,
        INLINE,
        REFUSING,
        TWICE,
        DISCARDING,
        DELAYING,
        SHUT_DOWN_SOON
    }

    /** What the environment's thread context does. */
    enum Context {
        NONE,
        CARRIES,
        THROWS_AT_CAPTURE,
        THROWS_AT_RESTORE,
        THROWS_AT_CLOSE
    }

    enum Kind {
        BREAKER,
        RAMP,
        BULKHEAD,
        QUEUE,
        OWN_THREADS,
        RUN_ON,
        PARTITIONS,
        ADAPTIVE,
        ADAPTIVE_PARTITIONS,
        LIMITER,
        SMOOTH,
        WINDOW,
        FIXED_WINDOW,
        KEYED,
        RETRY,
        RETRY_OF_REFUSALS,
        RETRY_OF_NULL,
        ENDLESS_RETRY,
        TIMEOUT,
        QUIET_TIMEOUT,
        TIMEOUT_ON,
        FALLBACK,
        HEDGE,
        FAILOVER,
        WATCH,
        /** A pipeline of settings, which are loaded anew. */
        GUARD;

        boolean isGate() {
            return ordinal() <= KEYED.ordinal();
        }

        boolean hasPartitions() {
            return this == PARTITIONS || this == ADAPTIVE_PARTITIONS;
        }

        boolean isLimiter() {
            return ordinal() >= LIMITER.ordinal() && ordinal() <= KEYED.ordinal();
        }

        boolean isRetry() {
            return ordinal() >= RETRY.ordinal() && ordinal() <= ENDLESS_RETRY.ordinal();
        }

        boolean isRace() {
            return this == HEDGE || this == FAILOVER;
        }

        boolean isTimeout() {
            return this == TIMEOUT || this == QUIET_TIMEOUT || this == TIMEOUT_ON;
        }

        /** Whether a deadline may be among what it consists of. */
        boolean mayHaveDeadline() {
            return isTimeout() || this == GUARD;
        }

        /** How many attempts it makes of one, at most. */
        int attempts(int limit) {
            return isRetry() || isRace() ? 1 + limit : this == GUARD ? Guarding.MOST_ATTEMPTS : 1;
        }

        /** Whether it may interrupt the thread of a call that blocks. */
        boolean mayInterrupt() {
            return endsWork() || this == GUARD;
        }

        /** Whether it ends work that waits for ever and notices interrupts, also where that holds a thread. */
        boolean endsWork() {
            return this == TIMEOUT || this == TIMEOUT_ON;
        }
    }

    /** Where user code is called. */
    enum Place {
        LISTENER,
        PREDICATE,
        STEP,
        DELAY,
        HOOK,
        DEPENDENT,
        /** The rules of a pipeline. */
        RULE
    }

    /** What user code does there. */
    enum Misdeed {
        BLOCK,
        BLOCK_FOR_EVER,
        THROW,
        CANCEL_ANOTHER,
        COMPLETE_ANOTHER,
        INTERRUPT,
        CALL_AGAIN,
        CALL_AGAIN_AND_JOIN,
        RECONFIGURE,
        /** By hand, and gives it back at once. */
        TAKE_PERMIT,
        /** Leaves an interrupt, a thread-local, a class loader and a priority on its thread. */
        LITTER
    }

    record Trap(Place place, Misdeed misdeed) {
        @Override
        public String toString() {
            return place + ": " + misdeed;
        }
    }

    /** A policy: what {@code limit} and {@code millis} stand for is up to its kind. */
    record Part(Kind kind, int limit, int millis, Threads threads, boolean watched, List<Trap> traps) {
        @Override
        public String toString() {
            boolean runsOn = kind == Kind.RUN_ON || kind == Kind.TIMEOUT_ON || kind == Kind.HEDGE;
            return kind + " (" + limit + ", " + millis + " ms" + (runsOn ? ", executor " + threads : "") + ")"
                    + (watched ? ", watched" : "") + (traps.isEmpty() ? "" : ", " + traps);
        }
    }

    /** A step of a call's work, on the thread on which it begins. */
    enum Do {
        /** Sleeps, and throws when it is interrupted. */
        SLEEP,
        /** Sleeps, and when it is interrupted sets the flag again and goes on. */
        SLEEP_AND_SET_FLAG,
        /** Sleeps; when it is interrupted it cleans up, for as long again, before it throws. */
        SLEEP_AND_CLEAN_UP,
        /** Sleeps, and when it is interrupted forgets that. */
        SLEEP_AND_SWALLOW,
        /** Notices nothing. */
        BUSY,
        /** Waits until it is interrupted. */
        WAIT_FOR_EVER,
        /** Makes a call of its own, blocking, whose failure it ignores. */
        CALL,
        /** Says that no further attempt may be made, where the work has its call. */
        COMMIT,
        /** The same, by somebody else, when the work may be over. */
        COMMIT_LATER
    }

    record Step(Do what, int millis, Plan call) {
        @Override
        public String toString() {
            return switch (what) {
                case CALL -> "CALL {" + call + "}";
                case WAIT_FOR_EVER, COMMIT -> what.toString();
                default -> what + " " + millis;
            };
        }
    }

    /** How work ends after its steps; the later ones need a stage, and are what they look like where a call blocks. */
    enum Ending {
        VALUE,
        NULL,
        EXCEPTION,
        ERROR,
        VALUE_LATER,
        EXCEPTION_LATER,
        NEVER,
        SHARED_STAGE,
        NO_STAGE;

        /** Whether work, if it comes to its end, throws what it throws on purpose. */
        boolean throwsFailure() {
            return this == EXCEPTION || this == EXCEPTION_LATER;
        }
    }

    /** What others do to a call from outside. */
    enum Meddling {
        NONE,
        CANCEL,
        CANCEL_QUIETLY,
        COMPLETE,
        COMPLETE_ASYNC,
        INTERRUPT
    }

    enum Shape {
        BLOCKING,
        ASYNC,
        BLOCKING_WITHOUT_RESULT,
        ASYNC_WITHOUT_RESULT;

        boolean hasResult() {
            return this == BLOCKING || this == ASYNC;
        }

        /** The same for a caller who waits. */
        Shape blocking() {
            return hasResult() ? BLOCKING : BLOCKING_WITHOUT_RESULT;
        }
    }

    /** A call through some policies, outermost first. */
    record Plan(
            int number,
            List<Integer> way,
            Shape shape,
            List<Step> body,
            Ending ending,
            int endsAfter,
            List<Trap> traps,
            Meddling meddling,
            int meddlesAfter,
            Manner manner) {
        boolean async() {
            return shape == Shape.ASYNC || shape == Shape.ASYNC_WITHOUT_RESULT;
        }

        /** What the pipeline's rules ask before they speak. */
        boolean ruleThrows() {
            return manner.rules() != Manner.Rules.NONE && traps.contains(new Trap(Place.RULE, Misdeed.THROW));
        }

        Plan with(Manner other) {
            return new Plan(number, way, shape, body, ending, endsAfter, traps, meddling, meddlesAfter, other);
        }

        Plan with(List<Integer> other) {
            return new Plan(number, other, shape, body, ending, endsAfter, traps, meddling, meddlesAfter, manner);
        }

        Stream<Plan> withNested() {
            return Stream.concat(
                    Stream.of(this),
                    body.stream()
                            .filter(step -> step.call() != null)
                            .flatMap(s -> s.call().withNested()));
        }

        @Override
        public String toString() {
            return "call " + number + ", " + shape + (manner.equals(Manner.PLAIN) ? "" : ", " + manner) + ", through "
                    + way + ": "
                    + body.stream().map(step -> step + ", ").collect(Collectors.joining())
                    + "ends with " + ending + (endsAfter > 0 ? " after " + endsAfter : "")
                    + (traps.isEmpty() ? "" : ", " + traps)
                    + (meddling == Meddling.NONE ? "" : "; " + meddling + " after " + meddlesAfter);
        }
    }

    /** How somebody asks for a permit by hand. */
    enum Asking {
        TRIES,
        WAITS,
        IS_INTERRUPTED
    }

    /** How a permit that was taken by hand ends: by one report, by being closed, by two reports, or by two threads' at once. */
    enum Report {
        SUCCEEDED,
        FAILED,
        IGNORED,
        NULL,
        CLOSED,
        TWICE,
        RACED
    }

    /** A permit taken by hand from a gate, and how long it is held: longer than trials may take, or than the gate is open. */
    record Hand(int number, int part, Asking asking, int after, int holds, Report report) {
        @Override
        public String toString() {
            return "hand " + number + " at " + part + ": " + asking + " after " + after + ", " + report + " after "
                    + holds;
        }
    }

    /** What the application does meanwhile. */
    enum What {
        CLOSE_ENVIRONMENT,
        CLOSE_BULKHEAD,
        RECONFIGURE,
        /** With the settings that are there. */
        RECONFIGURE_EQUALLY,
        /** Permits by hand; of a keyed limiter, with as many keys. */
        FLOOD,
        /** Other settings, also wrong ones, for a pipeline that is made of them. */
        RELOAD
    }

    /** Done so many times, a millisecond after each other. */
    record Change(What what, int part, int after, int times) {
        @Override
        public String toString() {
            return what + (what == What.CLOSE_ENVIRONMENT ? "" : " of " + part) + " after " + after
                    + (times > 1 ? ", times " + times : "");
        }
    }

    Stream<Plan> allCalls() {
        return calls.stream().flatMap(Plan::withNested);
    }

    Stream<Trap> traps() {
        return Stream.concat(
                // Also of those that no call goes through: a reconfiguration may make them tell their listeners.
                parts.stream().flatMap(part -> part.traps().stream()),
                allCalls().flatMap(call -> call.traps().stream()));
    }

    boolean has(Misdeed misdeed) {
        return traps().anyMatch(trap -> trap.misdeed() == misdeed);
    }

    boolean has(Do what) {
        return allCalls().anyMatch(call -> call.body().stream().anyMatch(step -> step.what() == what));
    }

    private Stream<Integer> used() {
        Stream<Integer> ofOthers =
                Stream.concat(hands.stream().map(Hand::part), changes.stream().map(Change::part));
        return Stream.concat(allCalls().flatMap(call -> call.way().stream()), ofOthers)
                .distinct();
    }

    boolean has(What what) {
        return changes.stream().anyMatch(change -> change.what() == what);
    }

    boolean blocksForEver() {
        return has(Misdeed.BLOCK_FOR_EVER);
    }

    boolean isFair() {
        return new Fairness(this).isFair();
    }

    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        lines.add("program " + seed + ": time " + where + ", executor " + threads + ", context " + context);
        used().sorted().forEach(part -> lines.add("  policy " + part + ": " + parts.get(part)));
        calls.forEach(call -> lines.add("  " + call));
        hands.forEach(hand -> lines.add("  " + hand));
        changes.forEach(change -> lines.add("  " + change));
        return String.join("\n", lines);
    }
}
