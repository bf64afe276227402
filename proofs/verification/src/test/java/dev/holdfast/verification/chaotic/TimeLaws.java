// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.UnavailableException;
import dev.holdfast.verification.chaotic.Made.Start;
import dev.holdfast.verification.chaotic.Made.TimeLeft;
import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Plan;
import java.util.ArrayList;
import java.util.List;

/** What holds of calls whose time somebody further out has limited: as {@link Laws}. */
final class TimeLaws {
    private TimeLaws() {}

    static List<String> ofCalls(Execution execution) {
        List<String> broken = new ArrayList<>();
        for (Made call : execution.made) {
            if (call.isTop && call.leftAfterwards >= 0) {
                broken.add("a limit is left on the thread of a call that is over: " + call);
            }
            Manner manner = call.plan.manner();
            boolean isRefused = call.failure() instanceof UnavailableException && call.starts.isEmpty();
            if (manner.isBound() && manner.limit() == 0 && !isRefused) {
                broken.add("a call begins that has no time left: " + call);
            }
            for (Start start : List.copyOf(call.starts)) {
                // Attempts of a race go on without a context that cannot be restored, and without what goes along with
                // it.
                if (execution.program.context() != Context.THROWS_AT_RESTORE
                        && !isRight(execution.program, call, start.timeLeft)) {
                    broken.add("work is told a wrong time that is left: " + start.timeLeft + ", entered at "
                            + call.entered + ": " + call);
                }
                if (mayNotBegin(execution, call, start)) {
                    broken.add("an attempt begins whose time is over: " + call);
                }
            }
        }
        return broken;
    }

    private static boolean isRight(Program program, Made call, TimeLeft told) {
        Plan plan = call.plan;
        Manner manner = plan.manner();
        boolean isLimited = plan.way().stream()
                .anyMatch(part -> program.parts().get(part).kind().mayHaveDeadline());
        if (manner.isBound()) {
            // The limit of a pipeline counts from a moment after the call was entered, which nobody but it knows.
            long most = manner.nanos() - (manner.bound() == Bound.ENVIRONMENT ? told.asked() - call.entered : 0);
            // Of what the call is inside of, and of policies, there may be other limits.
            long least = call.isTop ? Math.max(0, manner.nanos() - (told.answered() - call.since)) : 0;
            return isWithin(told.ofThread(), least, most)
                    && (plan.manner().form() != Manner.Form.WITH_CALL
                            || isWithin(told.ofCall(), isLimited ? 0 : least, most));
        }
        if (manner.bound() == Bound.DETACHED) {
            return told.ofThread() == -1 && (isLimited || !call.isTop || told.ofCall() == -1);
        }
        return !call.isTop || told.ofThread() == -1 && (isLimited || told.ofCall() == -1);
    }

    private static boolean isWithin(long left, long least, long most) {
        return left >= least && left <= Math.max(0, most);
    }

    /** In virtual time nothing is late but for a reason, and a race asks for no limit before it goes again. */
    private static boolean mayNotBegin(Execution execution, Made call, Start start) {
        return execution.ground.isVirtual()
                && call.plan.manner().isBound()
                && call.plan.way().stream()
                        .noneMatch(part -> execution.program.parts().get(part).kind() == Kind.FAILOVER)
                && start.begun - call.entered > call.plan.manner().nanos();
    }
}
