// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Program.Do;
import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Threads;
import java.util.Collections;
import java.util.function.Predicate;

/** Whether all that a program does has an end that Holdfast can bring about: what has none says nothing about Holdfast. */
final class Fairness {
    /** So that a program takes milliseconds. */
    private static final int MOST_ATTEMPTS = 16;

    private final Program program;

    Fairness(Program program) {
        this.program = program;
    }

    boolean isFair() {
        boolean swallows = program.has(Do.SLEEP_AND_SWALLOW);
        boolean joins = program.has(Misdeed.CALL_AGAIN_AND_JOIN);
        // A thread that waits for a task behind it in its own queue waits for itself.
        if (joins && program.threads() == Threads.DISCARDING) {
            return false;
        }
        boolean callsAgain = joins || program.has(Misdeed.CALL_AGAIN) || program.has(Do.CALL);
        return program.calls().stream()
                        .allMatch(call -> isFair(call, false, swallows) && attempts(call) <= MOST_ATTEMPTS)
                && program.allCalls()
                        .allMatch(call -> call.way().stream()
                                .filter(this::isOneThread)
                                .allMatch(part -> !callsAgain && Collections.frequency(call.way(), part) == 1));
    }

    /** Of all retries around each other. */
    private long attempts(Plan call) {
        long own = call.way().stream()
                .map(program.parts()::get)
                .filter(part -> part.kind() != Kind.ENDLESS_RETRY)
                .mapToLong(part -> part.kind().attempts(part.limit()))
                .reduce(1, (a, b) -> a * b);
        long nested = call.body().stream()
                .filter(step -> step.call() != null)
                .mapToLong(step -> attempts(step.call()))
                .max()
                .orElse(1);
        return own * nested;
    }

    private boolean isOneThread(int part) {
        return program.parts().get(part).kind() == Kind.RUN_ON
                && program.parts().get(part).threads() == Threads.DISCARDING;
    }

    private boolean isFair(Plan call, boolean endedFromOutside, boolean swallows) {
        boolean ended = endedFromOutside || any(call, Kind::endsWork);
        boolean cancelled = call.async() && call.meddling() != Meddling.NONE && call.meddling() != Meddling.INTERRUPT;
        if (call.ending() == Ending.NEVER && call.async() && !cancelled && !any(call, Kind::isTimeout)) {
            return false;
        }
        if (call.body().stream().anyMatch(step -> step.what() == Do.WAIT_FOR_EVER)
                && (!ended || call.async() || swallows)) {
            return false;
        }
        for (int i = 0; i < call.way().size(); i++) {
            if (program.parts().get(call.way().get(i)).kind() == Kind.ENDLESS_RETRY) {
                boolean outside = call.way().subList(0, i).stream()
                        .anyMatch(part -> program.parts().get(part).kind() == Kind.TIMEOUT);
                // Once; and of an interrupt that comes when a deadline has interrupted as well, nobody can say whose it
                // was.
                boolean interrupted = !call.async()
                        && call.meddling() == Meddling.INTERRUPT
                        && call.withNested().noneMatch(each -> any(each, Kind::mayInterrupt));
                if (!outside && !cancelled && !interrupted || swallows && !call.async()) {
                    return false;
                }
            }
        }
        return call.body().stream()
                .allMatch(step -> step.call() == null || isFair(step.call(), ended && !call.async(), swallows));
    }

    private boolean any(Plan call, Predicate<Kind> kind) {
        return call.way().stream()
                .anyMatch(part -> kind.test(program.parts().get(part).kind()));
    }
}
