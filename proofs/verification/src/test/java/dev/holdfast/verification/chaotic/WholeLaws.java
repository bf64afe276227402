// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Made.Completion;
import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.What;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;

/** What holds of a call as a whole, which somebody was told of: as {@link Laws}. */
final class WholeLaws {
    /** What lets every attempt begin, and begin its work, unless somebody interrupts. */
    private static final Set<Kind> LET_ALL_IN =
            Set.of(Kind.RETRY, Kind.RETRY_OF_NULL, Kind.ENDLESS_RETRY, Kind.FALLBACK, Kind.FAILOVER, Kind.WATCH);

    private WholeLaws() {}

    /** A call whose caller is gone may end later. */
    static List<String> ofEnds(Execution execution) {
        return execution.made.stream()
                .filter(call -> call.completions.size() != (call.plan.manner().told() ? 1 : 0))
                .map(call -> "a call has not ended once: " + call)
                .toList();
    }

    static List<String> ofOutcomes(Execution execution) {
        List<String> broken = new ArrayList<>();
        for (Made call : execution.made) {
            for (Completion told : List.copyOf(call.completions)) {
                if (!call.mayBeCompleted(execution.program) && !isWhatCallerGot(call, told)) {
                    broken.add("a call has ended with what its caller did not get: " + call);
                }
                int starts = call.starts.size();
                if (told.attempts() < starts && !mayBeginAtTheEnd(execution.program, call)
                        || told.attempts() != starts && letsAllIn(execution.program, call)) {
                    broken.add("attempts are not counted: " + call);
                }
                if (told.attempts() > Laws.attempts(execution.program, call)) {
                    broken.add("more attempts are counted than there may be: " + call);
                }
            }
        }
        return broken;
    }

    /** The work of a hedge may begin just as the call ends, which is too late for those who are told. */
    private static boolean mayBeginAtTheEnd(Program program, Made call) {
        return call.plan.way().stream()
                .anyMatch(part -> program.parts().get(part).kind() == Kind.HEDGE);
    }

    private static boolean isWhatCallerGot(Made call, Completion told) {
        Throwable failure = call.failure();
        return failure == null ? told.failure() == null && told.value() == call.result() : told.failure() == failure;
    }

    private static boolean letsAllIn(Program program, Made call) {
        return call.plan.manner().bound() == Bound.NONE
                && call.isTop
                && call.plan.meddling() == Meddling.NONE
                && !call.mayBeCompleted(program)
                && !program.has(What.CLOSE_ENVIRONMENT)
                && !program.has(Program.Misdeed.INTERRUPT)
                && !program.has(Program.Misdeed.LITTER)
                && (program.context() == Context.NONE || program.context() == Context.CARRIES)
                && call.plan.way().stream()
                        .allMatch(part ->
                                LET_ALL_IN.contains(program.parts().get(part).kind()));
    }

    /** A caller gets what was thrown, as it was thrown. */
    static List<String> ofFailures(Execution execution) {
        return execution.made.stream()
                .filter(call -> call.failure() instanceof CompletionException)
                .map(call -> "a failure is wrapped: " + call)
                .toList();
    }
}
