// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Around;
import dev.holdfast.CallInterruptedException;
import dev.holdfast.Deadline;
import dev.holdfast.Gate;
import dev.holdfast.Loop;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.RejectedException;
import dev.holdfast.UnavailableException;
import dev.holdfast.testkit.Trial.Call;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** Looks at a trial that is over. */
final class Laws {
    private Laws() {}

    static void check(Trial trial) {
        for (Call call : trial.calls) {
            outcome(trial, call);
        }
        exits(trial);
        counts(trial);
        left(trial);
    }

    // ---- Outcomes -------------------------------------------------------------------------------------------------

    private static void outcome(Trial trial, Call call) {
        Throwable failure = call.result().failure();
        if (isOfWork(call) || isOfCaller(trial, failure) || isOfEnvironment(trial, failure)) {
            strangers(trial, failure);
        } else if (!isOfPolicy(trial.policy, call)) {
            throw new BrokenLaw(
                    Law.OUTCOME,
                    "the caller " + text(call.result()) + ", and its work "
                            + (call.last() == null ? "never ran" : call.last()));
        }
    }

    private static String text(Trial.Result result) {
        Throwable failure = result.failure();
        Throwable cause = failure == null ? null : failure.getCause();
        return failure == null
                ? "got " + result.value()
                : "got " + failure + (cause == null ? "" : " because of " + cause);
    }

    private static boolean isOfWork(Call call) {
        Trial.Result last = call.last();
        return last != null
                && last.failure() == call.result().failure()
                && last.value() == call.result().value();
    }

    private static boolean isOfCaller(Trial trial, @Nullable Throwable failure) {
        return trial.scenario.givenUpAfter() != null
                && (failure instanceof CancellationException
                        || failure instanceof InterruptedException
                        || failure instanceof CallInterruptedException);
    }

    /** Whatever comes of an environment that fails is accepted, if it is not an accident. */
    private static boolean isOfEnvironment(Trial trial, @Nullable Throwable failure) {
        return !trial.setup.isSound() && !(failure instanceof NullPointerException);
    }

    private static boolean isOfPolicy(Policy<?> policy, Call call) {
        Throwable failure = call.result().failure();
        if (failure instanceof NullPointerException || failure instanceof UnavailableException) {
            return false;
        }
        if (policy instanceof Gate gate) {
            boolean refuses = failure instanceof RejectedException rejection
                    && rejection.policy().equals(gate.name());
            // One that answers in place of the call counts it, and one that stumbles does not.
            return call.attempts() == 0
                    && (refuses || gate.counts().calls() > gate.counts().rejected());
        }
        if (policy instanceof Loop) {
            // It may put something in the place of a result, but not of a failure.
            return call.last() != null && call.last().failure() == null;
        }
        if (policy instanceof Deadline) {
            return failure != null;
        }
        return !(policy instanceof Around);
    }

    /** What code of the policy throws when a call has failed, the engine adds to the failure. */
    private static void strangers(Trial trial, @Nullable Throwable failure) {
        if (failure == null || !trial.setup.isSound() || trial.policy instanceof Race) {
            return;
        }
        for (Throwable added : failure.getSuppressed()) {
            boolean expected = added instanceof Scenario.Failure
                    || added instanceof InterruptedException
                    || added instanceof CancellationException
                    || added.getClass().getPackage() == Policy.class.getPackage();
            if (!expected) {
                throw new BrokenLaw(Law.OUTCOME, "a rule of the policy threw " + added);
            }
        }
    }

    // ---- Enters, exits and counts ---------------------------------------------------------------------------------

    private static void exits(Trial trial) {
        boolean ordered = trial.isOrdered();
        Deque<String> inside = new ArrayDeque<>();
        for (String line : List.copyOf(trial.trace)) {
            String who = line.substring(1).split(" ", 2)[0];
            if (line.startsWith("+")) {
                inside.push(who);
            } else if (line.startsWith("-") && !(ordered ? who.equals(inside.poll()) : inside.remove(who))) {
                throw new BrokenLaw(Law.EXITS, "left, but not next: " + line);
            }
        }
        if (!inside.isEmpty()) {
            throw new BrokenLaw(Law.EXITS, "never left: " + inside);
        }
    }

    private static void counts(Trial trial) {
        long made = trial.calls.size();
        boolean exact = trial.setup.isSound();
        counted("the gate around it", trial.outer.counts().calls(), made, exact);
        if (trial.policy instanceof Gate gate) {
            counted("the policy", gate.counts().calls(), made, exact);
        }
    }

    /** Where the clock fails, a call may end before the gate has been asked to let it in. */
    static void counted(String who, long counted, long made, boolean exact) {
        if (exact ? counted != made : counted > made) {
            throw new BrokenLaw(
                    Law.COUNTS,
                    who + " has counted " + counted + " of " + made
                            + " calls; what it does at enter or exit may have thrown, see the log");
        }
    }

    private static void left(Trial trial) {
        if (trial.time.pendingTimers() > trial.timersAtFirst) {
            throw new BrokenLaw(
                    Law.TIMERS,
                    trial.time.pendingTimers() + " pending, " + trial.timersAtFirst + " before the first call");
        }
        if (trial.hasStrayInterrupt() || Thread.interrupted()) {
            throw new BrokenLaw(Law.INTERRUPTS, "the caller's flag was set after the call");
        }
        if (trial.script.underWay() > 0) {
            throw new BrokenLaw(Law.HELD, trial.script.underWay() + " attempts are still under way");
        }
    }

    // ---- One trial beside another ---------------------------------------------------------------------------------

    /** @param law which one says that they are the same */
    static void same(Law law, Trial first, Trial other) {
        if (first.isByChance() || other.isByChance()) {
            return;
        }
        for (int number = 0; number < first.calls.size(); number++) {
            String expected = text(first, first.calls.get(number));
            String found = text(other, other.calls.get(number));
            if (!expected.equals(found)) {
                throw new BrokenLaw(law, "call " + (number + 1) + " " + found + "; " + first.setup + ": " + expected);
            }
        }
        // The caller of deaf work waits for it, or not.
        if (!first.scenario.isDeaf() && !first.took.equals(other.took)) {
            throw new BrokenLaw(law, "took " + other.took + "; " + first.setup + ": " + first.took);
        }
        boolean ordered = first.isOrdered() && other.isOrdered() && !first.scenario.isDeaf();
        if (ordered && !first.trace.equals(other.trace)) {
            throw new BrokenLaw(law, difference(first, other));
        }
    }

    private static String difference(Trial first, Trial other) {
        List<String> expected = new ArrayList<>(first.trace);
        List<String> found = new ArrayList<>(other.trace);
        int at = 0;
        while (at < expected.size() && at < found.size() && expected.get(at).equals(found.get(at))) {
            at++;
        }
        return (at < found.size() ? found.get(at) : "nothing more") + "; " + first.setup + ": "
                + (at < expected.size() ? expected.get(at) : "nothing more");
    }

    /** What is the same in each trial, though its objects are not. */
    private static String text(Trial trial, Call call) {
        Throwable failure = call.result().failure();
        Object value = call.result().value();
        if (failure != null) {
            return "threw " + failure.getClass().getName() + ": " + failure.getMessage();
        }
        return "gave "
                + (value == null
                        ? "null"
                        : value == trial.result()
                                ? "the result"
                                : value.getClass().getName());
    }

    static void held(@Nullable Object atFirst, @Nullable Object now) {
        if (!Objects.equals(atFirst, now)) {
            throw new BrokenLaw(Law.HELD, "at first it held " + atFirst + ", and now " + now);
        }
    }
}
