// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Manner.Rules;
import dev.holdfast.verification.chaotic.Program.Do;
import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Threads;
import dev.holdfast.verification.chaotic.Program.Trap;
import dev.holdfast.verification.chaotic.Program.What;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What holds when a program is over, whatever its user code has done. Each law gives what breaks it. What becomes true only
 * when abandoned work has ended, or a cancelled timer was swept, has all the patience there is to come true.
 */
final class Laws {
    private Laws() {}

    /** What all calls have seen. */
    static List<String> ofCalls(Execution execution) {
        List<String> broken = new ArrayList<>();
        long shortest = shortestDeadline(execution.program);
        boolean swallowed = mayTakeInterrupts(execution);
        for (Made call : execution.made) {
            if (!swallowed && call.hasLostInterrupt(shortest)) {
                broken.add("an interrupt by somebody else is lost: " + call);
            }
            if (call.hasStrayInterrupt()) {
                broken.add("an interrupt flag that nobody has set: " + call);
            }
            if (isTooLate(execution.program, call)) {
                broken.add("a result is given that came after its deadline: " + call);
            }
            if (goesOnAfterCommit(execution, call)) {
                broken.add("an attempt begins although the call is committed: " + call);
            }
            if (repeatsWhatRulesAllow(execution.program, call)) {
                broken.add("work is run again although the rules of the pipeline do not call it a failure: " + call);
            }
            if (call.starts.size() > attempts(execution.program, call)) {
                broken.add("work runs more often than there are attempts: " + call);
            }
            if (repeatsSuccess(execution.program, call)) {
                broken.add("work that has succeeded is run again: " + call);
            }
            if (call.hasSucceeded() && !mayGive(execution.program, call)) {
                broken.add("a result is given that nobody has made: " + call);
            }
        }
        execution.mischief.wrongs.stream().sorted().forEach(broken::add);
        return broken;
    }

    /** Not Holdfast, but user code takes an interrupt that was meant for the caller of another call. */
    private static boolean mayTakeInterrupts(Execution execution) {
        Program program = execution.program;
        boolean swallowed = execution.made.stream().anyMatch(call -> call.swallowed.get() > 0);
        boolean replaced =
                program.traps().anyMatch(new Trap(Place.PREDICATE, Misdeed.THROW)::equals) || ruleThrows(program);
        // Where whoever gives back a permit does the work of who gets it.
        boolean worksForOthers = program.threads() == Threads.INLINE || program.threads() == Threads.TWICE;
        // A thread has one flag: an interrupt that meets the one that calls an attempt off is taken for that.
        boolean calledOff = program.parts().stream().anyMatch(part -> part.kind() == Kind.HEDGE);
        return swallowed || replaced || worksForOthers || calledOff;
    }

    private static Stream<Part> parts(Program program, Plan plan) {
        return plan.way().stream().map(program.parts()::get);
    }

    private static long nanos(int millis) {
        return millis * 1_000_000L;
    }

    /** Before that no deadline can have interrupted anybody: timers never fire early. */
    private static long shortestDeadline(Program program) {
        LongStream ofParts = program.parts().stream()
                .filter(part -> part.kind().mayHaveDeadline())
                .mapToLong(part -> nanos(part.kind() == Kind.GUARD ? Guarding.SHORTEST_TIMEOUT : part.millis()));
        // A timeout ends no later than what is around it.
        LongStream ofLimits = program.allCalls()
                .map(Plan::manner)
                .filter(manner -> manner.isBound() && manner.limit() > 0)
                .mapToLong(Manner::nanos);
        return LongStream.concat(ofParts, ofLimits).min().orElse(Long.MAX_VALUE);
    }

    private static boolean isTooLate(Program program, Made call) {
        // What runs elsewhere is in time if it is there when its caller looks.
        long limit = parts(program, call.plan)
                .filter(part -> part.kind() == Kind.TIMEOUT || part.kind() == Kind.QUIET_TIMEOUT)
                .mapToLong(part -> nanos(canChange(program) ? Settings.LONGEST_TIMEOUT : part.millis()))
                .map(nanos -> call.plan.manner().isBound()
                        ? Math.min(nanos, call.plan.manner().nanos())
                        : nanos)
                .min()
                .orElse(Long.MAX_VALUE);
        return call.value instanceof Made.Start start && start.ended - start.begun > limit;
    }

    private static boolean canChange(Program program) {
        return program.has(Misdeed.RECONFIGURE) || program.has(What.RECONFIGURE);
    }

    static long attempts(Program program, Made call) {
        long most = 1;
        for (Part part : parts(program, call.plan).toList()) {
            if (part.kind() == Kind.ENDLESS_RETRY) {
                return Long.MAX_VALUE;
            }
            most *= part.kind().attempts(part.limit());
        }
        return most;
    }

    /** A deadline may pass after the success, or a predicate throw, and that is then what is repeated. */
    private static boolean repeatsSuccess(Program program, Made call) {
        boolean isNull = call.plan.ending() == Ending.NULL && call.plan.shape().hasResult();
        boolean fails = parts(program, call.plan)
                // The work of a hedge may begin just as another attempt succeeds.
                .anyMatch(part -> part.kind().mayHaveDeadline()
                        || part.kind() == Kind.HEDGE
                        || predicateThrows(part)
                        || isNull && part.kind() == Kind.RETRY_OF_NULL);
        if (fails || call.plan.ruleThrows()) {
            return false;
        }
        List<Made.Start> starts = List.copyOf(call.starts);
        return starts.stream()
                .anyMatch(one -> one.good && starts.stream().anyMatch(other -> other.begun - one.ended > 0));
    }

    /**
     * Attempts whose work has not begun may be under way when the work of another commits: of a hedge, or of a retry when that work has
     * been given up, or commits later. In virtual time they have begun at the same moment.
     */
    private static boolean goesOnAfterCommit(Execution execution, Made call) {
        List<Part> parts = parts(execution.program, call.plan).toList();
        boolean canOverlap = call.plan.body().stream().anyMatch(step -> step.what() == Do.COMMIT_LATER)
                || parts.stream().anyMatch(part -> part.kind().mayHaveDeadline() || part.kind() == Kind.HEDGE);
        long atOnce = parts.stream()
                .filter(part -> part.kind() == Kind.HEDGE)
                .mapToLong(part -> 1 + part.limit())
                .reduce(canOverlap ? 1 : 0, (a, b) -> a * b);
        List<Made.Start> starts = List.copyOf(call.starts);
        return List.copyOf(call.commitments).stream()
                .anyMatch(commitment -> starts.size() > commitment.starts() + atOnce
                        || execution.ground.isVirtual()
                                && starts.stream().anyMatch(start -> start.begun - commitment.at() > 0));
    }

    /** Where they ignore whatever work throws, or call it a success, nothing but a refusal is repeated. */
    private static boolean repeatsWhatRulesAllow(Program program, Made call) {
        Plan plan = call.plan;
        boolean allows = plan.manner().rules() == Rules.IGNORE
                || plan.manner().rules() == Rules.SUCCEED && plan.ending().throwsFailure();
        boolean mayRepeat = parts(program, plan)
                .anyMatch(part -> part.kind() == Kind.HEDGE
                        || part.kind() == Kind.RETRY_OF_REFUSALS
                        || part.kind() == Kind.RETRY_OF_NULL && plan.ending() == Ending.NULL
                        || plan.manner().rules() == Rules.SUCCEED && part.kind().mayHaveDeadline()
                        || predicateThrows(part));
        return allows && !mayRepeat && !plan.ruleThrows() && call.starts.size() > 1;
    }

    /** A result is the work's own, also if it is null, or what is known to be put in its place. */
    private static boolean mayGive(Program program, Made call) {
        Plan plan = call.plan;
        Object result = call.result();
        if (result == null) {
            return !plan.shape().hasResult() || plan.ending() == Ending.NULL;
        }
        if (result.equals(Made.FROM_OUTSIDE)) {
            return plan.meddling() == Meddling.COMPLETE || plan.meddling() == Meddling.COMPLETE_ASYNC;
        }
        if (result.equals(Made.BY_ANOTHER)) {
            return program.has(Misdeed.COMPLETE_ANOTHER);
        }
        boolean isOwn = result instanceof Made.Start start && start.good && call.starts.contains(start);
        boolean isReplaced =
                result.equals(Made.REPLACED) && parts(program, plan).anyMatch(part -> part.kind() == Kind.FALLBACK);
        return plan.shape().hasResult()
                && (isOwn || isReplaced || result.equals(Made.SHARED) && plan.ending() == Ending.SHARED_STAGE);
    }

    static boolean ruleThrows(Program program) {
        return program.traps().anyMatch(new Trap(Place.RULE, Misdeed.THROW)::equals);
    }

    static boolean predicateThrows(Part part) {
        return part.traps().contains(new Trap(Place.PREDICATE, Misdeed.THROW));
    }

    /** Arguments of calls that have ended, and whose own user code does not run any more, which can be reached. */
    static List<String> retained(Execution execution) {
        System.gc();
        return execution.made.stream()
                .filter(call ->
                        call.isOver() && call.inside.get() == 0 && call.argument != null && call.argument.get() != null)
                .map(call -> "an argument is retained: " + call)
                .toList();
    }

    /** Executors that hold on to what nobody can take from them. */
    static boolean mayRetain(Program program) {
        Predicate<Threads> keeps = threads -> threads == Threads.DELAYING;
        return keeps.test(program.threads()) || program.parts().stream().anyMatch(part -> keeps.test(part.threads()));
    }
}
