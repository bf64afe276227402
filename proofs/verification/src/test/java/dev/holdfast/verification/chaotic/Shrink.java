// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Manner.Form;
import dev.holdfast.verification.chaotic.Manner.Rules;
import dev.holdfast.verification.chaotic.Program.Change;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Shape;
import dev.holdfast.verification.chaotic.Program.Step;
import dev.holdfast.verification.chaotic.Program.Threads;
import dev.holdfast.verification.chaotic.Program.Where;
import dev.holdfast.verification.chaotic.Trial.Broken;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Leaves out of a program whatever it does not need to break the same law. A program that breaks it now and then is run a few times,
 * and is taken as it is when time is over.
 */
final class Shrink {
    private static final int TRIES = 6;
    /** Less than a run of the suite has: what is lost does not come back, whoever waits for it. */
    private static final long PATIENCE_SECONDS = 3;

    private final long until;
    private Program smallest;
    private Broken broken;

    private Shrink(Program program, Broken broken, long seconds) {
        this.smallest = program;
        this.broken = broken;
        this.until = System.nanoTime() + seconds * 1_000_000_000;
    }

    /** Gives a message for maintainers: the law, the smallest program found, and what it did. */
    static String message(Program program, Broken broken, long seconds) throws InterruptedException {
        Shrink shrink = new Shrink(program, broken, seconds);
        while (shrink.goesOn()) {
            // Smaller still.
        }
        return "broken: " + broken.law() + "\n-Dchaotic.seed=" + program.seed() + "\n\n" + shrink.smallest + "\n\n"
                + shrink.broken.facts();
    }

    private boolean goesOn() throws InterruptedException {
        for (Program candidate : smaller(smallest)) {
            if (candidate.isFair() && breaks(candidate)) {
                smallest = candidate;
                return true;
            }
        }
        return false;
    }

    private boolean breaks(Program candidate) throws InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            if (System.nanoTime() - until > 0) {
                return false;
            }
            Broken found = Trial.of(candidate, PATIENCE_SECONDS, true);
            if (found != null && found.law().equals(broken.law())) {
                broken = found;
                return true;
            }
        }
        return false;
    }

    private static List<Program> smaller(Program p) {
        List<Program> all = new ArrayList<>();
        without(p.calls()).forEach(calls -> all.add(with(p, calls)));
        without(p.changes())
                .forEach(changes -> all.add(new Program(
                        p.seed(), p.where(), p.threads(), p.context(), p.parts(), p.calls(), p.hands(), changes)));
        without(p.hands())
                .forEach(hands -> all.add(new Program(
                        p.seed(), p.where(), p.threads(), p.context(), p.parts(), p.calls(), hands, p.changes())));
        each(p.changes(), Shrink::smaller)
                .forEach(changes -> all.add(new Program(
                        p.seed(), p.where(), p.threads(), p.context(), p.parts(), p.calls(), p.hands(), changes)));
        if (p.where() != Where.SYSTEM && p.where() != Where.VIRTUAL) {
            all.add(new Program(
                    p.seed(), Where.SYSTEM, p.threads(), p.context(), p.parts(), p.calls(), p.hands(), p.changes()));
        }
        if (p.threads() != Threads.ENOUGH) {
            all.add(new Program(
                    p.seed(), p.where(), Threads.ENOUGH, p.context(), p.parts(), p.calls(), p.hands(), p.changes()));
        }
        if (p.context() != Context.NONE) {
            all.add(new Program(
                    p.seed(), p.where(), p.threads(), Context.NONE, p.parts(), p.calls(), p.hands(), p.changes()));
        }
        each(p.calls(), Shrink::smaller).forEach(calls -> all.add(with(p, calls)));
        each(p.parts(), Shrink::smaller)
                .forEach(parts -> all.add(new Program(
                        p.seed(), p.where(), p.threads(), p.context(), parts, p.calls(), p.hands(), p.changes())));
        return all;
    }

    private static List<Change> smaller(Change change) {
        return change.times() == 1
                ? List.of()
                : List.of(new Change(change.what(), change.part(), change.after(), change.times() / 2));
    }

    private static Program with(Program p, List<Plan> calls) {
        return new Program(p.seed(), p.where(), p.threads(), p.context(), p.parts(), calls, p.hands(), p.changes());
    }

    private static List<Part> smaller(Part part) {
        List<Part> all = new ArrayList<>();
        without(part.traps())
                .forEach(traps -> all.add(
                        new Part(part.kind(), part.limit(), part.millis(), part.threads(), part.watched(), traps)));
        if (part.watched()) {
            all.add(new Part(part.kind(), part.limit(), part.millis(), part.threads(), false, part.traps()));
        }
        if (part.threads() != Threads.ENOUGH) {
            all.add(new Part(part.kind(), part.limit(), part.millis(), Threads.ENOUGH, part.watched(), part.traps()));
        }
        return all;
    }

    private static List<Plan> smaller(Plan c) {
        List<Plan> all = new ArrayList<>();
        without(c.way()).stream().filter(way -> !way.isEmpty()).forEach(way -> all.add(c.with(way)));
        without(c.body()).forEach(body -> all.add(with(c, body)));
        each(c.body(), Shrink::smaller).forEach(body -> all.add(with(c, body)));
        without(c.traps())
                .forEach(traps -> all.add(new Plan(
                        c.number(),
                        c.way(),
                        c.shape(),
                        c.body(),
                        c.ending(),
                        c.endsAfter(),
                        traps,
                        c.meddling(),
                        c.meddlesAfter(),
                        c.manner())));
        if (c.meddling() != Meddling.NONE) {
            all.add(new Plan(
                    c.number(),
                    c.way(),
                    c.shape(),
                    c.body(),
                    c.ending(),
                    c.endsAfter(),
                    c.traps(),
                    Meddling.NONE,
                    0,
                    c.manner()));
        }
        if (!c.shape().hasResult()) {
            Shape shape = c.async() ? Shape.ASYNC : Shape.BLOCKING;
            all.add(new Plan(
                    c.number(),
                    c.way(),
                    shape,
                    c.body(),
                    c.ending(),
                    c.endsAfter(),
                    c.traps(),
                    c.meddling(),
                    c.meddlesAfter(),
                    c.manner()));
        }
        smaller(c.manner()).forEach(manner -> all.add(c.with(manner)));
        if (c.ending() != Ending.VALUE) {
            all.add(new Plan(
                    c.number(),
                    c.way(),
                    c.shape(),
                    c.body(),
                    Ending.VALUE,
                    0,
                    c.traps(),
                    c.meddling(),
                    c.meddlesAfter(),
                    c.manner()));
        }
        return all;
    }

    private static List<Manner> smaller(Manner m) {
        return Stream.of(m.with(Form.PLAIN), m.with(Bound.NONE), m.with(Rules.NONE), m.untold())
                .filter(less -> !less.equals(m))
                .toList();
    }

    private static List<Step> smaller(Step step) {
        return step.call() == null
                ? List.of()
                : smaller(step.call()).stream()
                        .map(call -> new Step(step.what(), step.millis(), call))
                        .toList();
    }

    private static Plan with(Plan c, List<Step> body) {
        return new Plan(
                c.number(),
                c.way(),
                c.shape(),
                body,
                c.ending(),
                c.endsAfter(),
                c.traps(),
                c.meddling(),
                c.meddlesAfter(),
                c.manner());
    }

    /** All lists with one element less. */
    private static <T> List<List<T>> without(List<T> list) {
        return each(list, gone -> List.of(), true);
    }

    /** All lists with one element made smaller. */
    private static <T> List<List<T>> each(List<T> list, Function<T, List<T>> smaller) {
        return each(list, smaller, false);
    }

    private static <T> List<List<T>> each(List<T> list, Function<T, List<T>> smaller, boolean leaveOut) {
        List<List<T>> all = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            List<T> others = new ArrayList<>(list);
            T one = others.remove(i);
            if (leaveOut) {
                all.add(List.copyOf(others));
            }
            for (T less : smaller.apply(one)) {
                List<T> with = new ArrayList<>(others);
                with.add(i, less);
                all.add(List.copyOf(with));
            }
        }
        return all;
    }
}
