// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Manner.Form;
import dev.holdfast.verification.chaotic.Manner.Rules;
import dev.holdfast.verification.chaotic.Program.Asking;
import dev.holdfast.verification.chaotic.Program.Change;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Do;
import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Hand;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Report;
import dev.holdfast.verification.chaotic.Program.Shape;
import dev.holdfast.verification.chaotic.Program.Step;
import dev.holdfast.verification.chaotic.Program.Threads;
import dev.holdfast.verification.chaotic.Program.Trap;
import dev.holdfast.verification.chaotic.Program.What;
import dev.holdfast.verification.chaotic.Program.Where;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Draws programs: the same one from the same seed, on every Java. */
final class Programs {
    private static final List<Kind> VIRTUAL_KINDS = List.of(Kind.values()).stream()
            .filter(kind ->
                    kind != Kind.OWN_THREADS && kind != Kind.RUN_ON && kind != Kind.TIMEOUT_ON && kind != Kind.HEDGE)
            .toList();
    /** On the one thread of virtual time nobody else is there to interrupt it, and nothing can block for ever. */
    private static final List<Misdeed> VIRTUAL_MISDEEDS = List.of(
            Misdeed.THROW, Misdeed.CANCEL_ANOTHER, Misdeed.COMPLETE_ANOTHER, Misdeed.RECONFIGURE, Misdeed.TAKE_PERMIT);
    /** Longer than anything waits that has a limit. */
    private static final int HOLDS = 16;
    /** Of which one in so many lets no call begin. */
    private static final int LONGEST_LIMIT = 12;

    private final SplittableRandom random;
    private final Where where;
    private int calls;
    private int hands;

    private Programs(SplittableRandom random) {
        this.random = random;
        this.where = oneIn(2) ? Where.SYSTEM : of(Where.values());
    }

    static Program draw(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        while (true) {
            Program program = new Programs(random.split()).program(seed);
            if (program.isFair()) {
                return program;
            }
        }
    }

    private Program program(long seed) {
        boolean virtual = where == Where.VIRTUAL;
        boolean ownTimer = where == Where.OWN_TIMER || where == Where.LATE_TIMER;
        Threads threads = virtual || oneIn(2) ? Threads.ENOUGH : of(Threads.values());
        // Who runs on the thread of a timer of his own what may block, has himself to blame.
        if (ownTimer && (threads == Threads.INLINE || threads == Threads.TWICE)) {
            threads = Threads.ENOUGH;
        }
        Context context = oneIn(2) ? Context.NONE : oneIn(2) ? Context.CARRIES : of(Context.values());
        List<Part> parts = some(1, 4, this::part);
        List<Plan> plans = some(1, 5, () -> call(parts, 2));
        List<Change> changes = some(0, 3, () -> change(parts));
        return new Program(seed, where, threads, context, parts, plans, hands(parts), changes);
    }

    private Part part() {
        // Oftener than others, because it is many kinds in one.
        Kind kind = oneIn(10)
                ? Kind.GUARD
                : where == Where.VIRTUAL ? VIRTUAL_KINDS.get(random.nextInt(VIRTUAL_KINDS.size())) : of(Kind.values());
        Threads threads = of(Threads.values());
        // A deadline's executor must be another thread.
        if (kind == Kind.TIMEOUT_ON && (threads == Threads.INLINE || threads == Threads.TWICE)) {
            threads = Threads.ENOUGH;
        }
        return new Part(kind, 1 + random.nextInt(3), 1 + random.nextInt(8), threads, oneIn(3), partTraps(kind));
    }

    private List<Trap> partTraps(Kind kind) {
        List<Trap> traps = new ArrayList<>();
        for (Place place : Place.values()) {
            boolean fits = switch (place) {
                case LISTENER -> kind != Kind.WATCH;
                case PREDICATE -> kind.isGate() || kind.isRetry() || kind.isRace();
                case STEP -> kind == Kind.FALLBACK || kind == Kind.WATCH;
                case DELAY -> kind.isRetry() || kind.isRace();
                default -> false;
            };
            if (fits && oneIn(4)) {
                traps.add(new Trap(place, misdeed()));
            }
        }
        return List.copyOf(traps);
    }

    private Plan call(List<Part> parts, int depth) {
        int number = calls++;
        // A call without a result is a shape of its own.
        Shape shape = oneIn(4) ? of(Shape.values()) : oneIn(2) ? Shape.BLOCKING : Shape.ASYNC;
        boolean async = shape == Shape.ASYNC || shape == Shape.ASYNC_WITHOUT_RESULT;
        List<Integer> way = some(1, 4, () -> random.nextInt(parts.size()));
        List<Step> body = some(0, 2, () -> step(parts, depth));
        // Work cannot commit a call that it does not have.
        boolean commits = body.stream().anyMatch(step -> step.what() == Do.COMMIT || step.what() == Do.COMMIT_LATER);
        Manner manner = manner(shape, commits ? Form.WITH_CALL : oneIn(2) ? Form.PLAIN : of(Form.values()));
        List<Trap> traps = new ArrayList<>();
        if (manner.form() == Form.WITH_CALL && oneIn(2)) {
            traps.add(new Trap(Place.HOOK, misdeed()));
        }
        if (manner.rules() != Rules.NONE && oneIn(4)) {
            traps.add(new Trap(Place.RULE, misdeed()));
        }
        if (async && oneIn(2)) {
            traps.add(new Trap(Place.DEPENDENT, misdeed()));
        }
        return new Plan(
                number,
                way,
                shape,
                body,
                of(Ending.values()),
                random.nextInt(6),
                List.copyOf(traps),
                meddling(async, depth),
                random.nextInt(8),
                manner);
    }

    private Manner manner(Shape shape, Form form) {
        // Limits that are shorter than work, than waits, and longer than both.
        Bound bound = oneIn(2) ? Bound.NONE : of(Bound.values());
        return new Manner(
                form == Form.INTERRUPTIBLE && shape != Shape.BLOCKING ? Form.WITH_CALL : form,
                bound,
                bound == Bound.NONE ? 0 : random.nextInt(LONGEST_LIMIT),
                oneIn(2) ? Rules.NONE : of(Rules.values()),
                oneIn(2));
    }

    private Meddling meddling(boolean async, int depth) {
        if (!oneIn(2) || where == Where.VIRTUAL && !async || depth < 2) {
            return Meddling.NONE;
        }
        if (!async) {
            return Meddling.INTERRUPT;
        }
        Meddling drawn = of(Meddling.values());
        return drawn == Meddling.INTERRUPT ? Meddling.CANCEL : drawn;
    }

    private Step step(List<Part> parts, int depth) {
        Do what = of(Do.values());
        if (what == Do.CALL && depth == 0) {
            what = Do.BUSY;
        }
        Plan call = what == Do.CALL ? blocking(call(parts, depth - 1)) : null;
        return new Step(what, 1 + random.nextInt(8), call);
    }

    private static Plan blocking(Plan drawn) {
        List<Trap> traps = drawn.traps().stream()
                .filter(trap -> trap.place() != Place.DEPENDENT)
                .toList();
        return new Plan(
                drawn.number(),
                drawn.way(),
                drawn.shape().blocking(),
                drawn.body(),
                drawn.ending(),
                drawn.endsAfter(),
                traps,
                Meddling.NONE,
                0,
                drawn.manner());
    }

    private Change change(List<Part> parts) {
        What what = of(What.values());
        // Seldom, because it ends much else.
        if (what == What.CLOSE_ENVIRONMENT && !oneIn(3)) {
            what = What.RECONFIGURE;
        }
        int part = random.nextInt(parts.size());
        boolean isGuard = parts.get(part).kind() == Kind.GUARD;
        if (what == What.RECONFIGURE || what == What.RELOAD) {
            what = isGuard ? What.RELOAD : What.RECONFIGURE;
        }
        int times =
                what == What.CLOSE_ENVIRONMENT || what == What.CLOSE_BULKHEAD || oneIn(2) ? 1 : 1 + random.nextInt(12);
        return new Change(what, part, random.nextInt(10), times);
    }

    private List<Hand> hands(List<Part> parts) {
        List<Integer> gates = IntStream.range(0, parts.size())
                .filter(part -> parts.get(part).kind().isGate())
                .boxed()
                .toList();
        return gates.isEmpty()
                ? List.of()
                : some(
                        0,
                        5,
                        () -> new Hand(
                                hands++,
                                gates.get(random.nextInt(gates.size())),
                                of(Asking.values()),
                                random.nextInt(8),
                                random.nextInt(HOLDS),
                                of(Report.values())));
    }

    private Misdeed misdeed() {
        if (where == Where.VIRTUAL) {
            return VIRTUAL_MISDEEDS.get(random.nextInt(VIRTUAL_MISDEEDS.size()));
        }
        Misdeed drawn = of(Misdeed.values());
        // Seldom, because the laws that say when a call ends do not hold beside it.
        return drawn == Misdeed.BLOCK_FOR_EVER && !oneIn(3) ? Misdeed.BLOCK : drawn;
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private <T> T of(T[] all) {
        return all[random.nextInt(all.length)];
    }

    private <T> List<T> some(int least, int most, Supplier<T> draw) {
        int size = least + random.nextInt(most - least + 1);
        List<T> drawn = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            drawn.add(draw.get());
        }
        return List.copyOf(drawn);
    }
}
