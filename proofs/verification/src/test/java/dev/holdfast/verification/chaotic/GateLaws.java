// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.CallCounts;
import dev.holdfast.Gate;
import dev.holdfast.UnavailableException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Plan;
import java.util.ArrayList;
import java.util.List;

/** What holds of gates when a program is over: as {@link Laws}. */
final class GateLaws {
    private GateLaws() {}

    /** What gates hold and have counted, and what those have seen who watch. */
    static List<String> ofCounts(Execution execution) {
        List<String> broken = new ArrayList<>();
        execution.cast.gates.forEach((gate, told) -> {
            broken.addAll(empty(gate));
            broken.addAll(ofCounts(execution, gate, told));
        });
        execution.cast.watchers.stream()
                .filter(watching -> watching.begun.get() != watching.ended.get())
                .map(watching -> "who watches has seen " + watching.begun + " begin and " + watching.ended + " end")
                .forEach(broken::add);
        execution.hands.all.stream()
                .filter(held -> held.isReported && held.firsts.get() != 1)
                .map(held -> "a permit has taken " + held.firsts + " reports for the first: " + held.what)
                .forEach(broken::add);
        return broken;
    }

    static List<String> empty(Gate gate) {
        List<String> broken = new ArrayList<>();
        if (gate instanceof Bulkhead bulkhead
                && (bulkhead.report().inFlight() != 0 || bulkhead.report().waiting() != 0)) {
            broken.add("a permit or a place in the queue is not back: " + bulkhead + " " + bulkhead.report());
        }
        if (gate instanceof CircuitBreaker breaker && breaker.report().trialsRunning() != 0) {
            broken.add("a trial is not back: " + breaker.report());
        }
        return broken;
    }

    private static List<String> ofCounts(Execution execution, Gate gate, Told told) {
        List<String> broken = new ArrayList<>();
        CallCounts counts = gate.counts();
        boolean isFirstOnly =
                execution.made.stream().map(call -> call.plan).noneMatch(plan -> comesLater(execution, gate, plan));
        // A call whose context cannot be had ends before its first gate.
        boolean allArrive = execution.program.context() != Context.THROWS_AT_CAPTURE;
        // Nor does one that has no time left come to it.
        long refused = execution.made.stream()
                .filter(call -> call.starts.isEmpty() && call.failure() instanceof UnavailableException)
                .count();
        long lost = told.arrived.get() - counts.calls();
        if (isFirstOnly && allArrive && (lost < 0 || lost > refused)) {
            broken.add("calls are not counted once: " + told.arrived + " came to " + gate + " " + counts);
        }
        Part part = execution.cast.partOf(gate);
        if (part.watched() && !Laws.predicateThrows(part) && !Laws.ruleThrows(execution.program)) {
            broken.addAll(toldOnce(gate, told));
        }
        return broken;
    }

    static List<String> toldOnce(Gate gate, Told told) {
        CallCounts counts = gate.counts();
        CallCounts heard = told.heard.counts();
        CallCounts byHand = told.byHand.counts();
        long abandonedByHand = counts.abandoned() - heard.abandoned();
        boolean same = counts.successes() == heard.successes() + byHand.successes()
                && counts.failures() == heard.failures() + byHand.failures()
                && counts.rejected() == heard.rejected() + byHand.rejected()
                // Who gives up may have been let in just then, and counts as ignored.
                && abandonedByHand >= 0
                && abandonedByHand <= byHand.abandoned();
        return same
                ? List.of()
                : List.of("listeners are not told once: " + gate + " " + counts + ", told " + heard + ", by hand "
                        + byHand);
    }

    private static boolean comesLater(Execution execution, Gate gate, Plan plan) {
        return plan.way().stream().skip(1).anyMatch(part -> execution.cast.counted(part, plan.number()) == gate);
    }

    /** What limiters have let in, in any stretch of time. */
    static List<String> ofRates(Execution execution) {
        Rates rates = execution.cast.settings.rates;
        execution.made.forEach(call -> entered(execution, call));
        List<String> broken = new ArrayList<>();
        for (String door : rates.doors()) {
            int part = Integer.parseInt(door.split(" ")[0]);
            Kind kind = execution.program.parts().get(part).kind();
            String tooMany = kind.isLimiter() ? rates.tooMany(door, part, kind) : null;
            if (tooMany != null) {
                broken.add("a limiter lets too many in: at " + door + ", " + tooMany);
            }
        }
        return broken;
    }

    /** Each start of the work has come in at the innermost policy since the one before; of those further out this is not known. */
    private static void entered(Execution execution, Made call) {
        List<Integer> way = call.plan.way();
        int last = way.get(way.size() - 1);
        long from = call.since;
        for (Made.Start start : List.copyOf(call.starts)) {
            execution.cast.settings.rates.entered(execution.cast.door(last, call.plan.number()), from, start.begun);
            from = start.begun;
        }
    }

    /** Keys that still have a place, although nobody has asked for them for long enough. */
    static List<String> ofKeys(Execution execution) {
        execution.ground.pass();
        return execution.cast.keyed.values().stream()
                .filter(keyed -> keyed.keys() != 0)
                .map(keyed -> "keys are not forgotten: " + keyed)
                .toList();
    }

    /** Limits that have learnt something that they must not. */
    static List<String> ofLimits(Execution execution) {
        List<String> broken = new ArrayList<>();
        for (int part = 0; part < execution.program.parts().size(); part++) {
            if (execution.cast.policies.get(part) instanceof Bulkhead bulkhead) {
                int most = execution.cast.settings.mostPermits(part);
                if (bulkhead.report().limit() > most) {
                    broken.add("a limit is out of its bounds: " + bulkhead + " (expected: at most " + most + ")");
                }
            }
        }
        return broken;
    }
}
