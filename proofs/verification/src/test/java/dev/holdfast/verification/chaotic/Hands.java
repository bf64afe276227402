// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Ending;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.RejectedException;
import dev.holdfast.UnavailableException;
import dev.holdfast.verification.chaotic.Program.Asking;
import dev.holdfast.verification.chaotic.Program.Hand;
import dev.holdfast.verification.chaotic.Program.Report;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Permits that are taken by hand, and what becomes of them. */
final class Hands {
    /** So many ask in a flood, each with a key of its own where there are keys. */
    private static final int FLOOD = 50;

    /** A permit that somebody has. */
    static final class Held {
        final String what;
        final boolean isReported;
        /** Reports that were told to be the first. */
        final AtomicInteger firsts = new AtomicInteger();

        private final Permit permit;
        private final Told told;

        Held(String what, boolean isReported, Permit permit, Told told) {
            this.what = what;
            this.isReported = isReported;
            this.permit = permit;
            this.told = told;
        }

        void report(Ending ending) {
            counts(
                    ending,
                    switch (ending) {
                        case SUCCESS -> permit.succeeded();
                        case FAILURE -> permit.failed();
                        default -> permit.ignored();
                    });
        }

        private void counts(Ending ending, boolean isFirst) {
            if (isFirst) {
                firsts.incrementAndGet();
                told.byHand.ended(ending);
            }
        }
    }

    /** All that were held, for longer than a moment. */
    final Queue<Held> all = new ConcurrentLinkedQueue<>();

    private final Execution execution;
    private final Map<Integer, AtomicInteger> inHands = new ConcurrentHashMap<>();
    private final AtomicInteger next = new AtomicInteger(Cast.FIRST_OF_FLOOD);

    Hands(Execution execution) {
        this.execution = execution;
    }

    void take(Hand hand) {
        if (hand.asking() == Asking.IS_INTERRUPTED) {
            Thread.currentThread().interrupt();
        }
        Permit permit = ask(hand.part(), hand.number(), hand.asking() != Asking.TRIES);
        Thread.interrupted();
        if (permit != null) {
            Told told = execution.cast.told(hand.part(), hand.number());
            Held held = new Held(hand.toString(), hand.report() != Report.CLOSED, permit, told);
            all.add(held);
            execution.outside.later(hand.holds(), () -> end(held, hand));
        }
    }

    private void end(Held held, Hand hand) {
        inHands(hand.part()).decrementAndGet();
        switch (hand.report()) {
            case SUCCEEDED -> held.report(Ending.SUCCESS);
            case FAILED -> held.report(Ending.FAILURE);
            case IGNORED -> held.report(Ending.IGNORED);
            case NULL -> held.counts(Ending.SUCCESS, held.permit.ended(null, null));
            case TWICE -> {
                held.report(Ending.FAILURE);
                held.permit.close();
                held.report(Ending.SUCCESS);
            }
            case RACED -> {
                execution.outside.later(0, () -> held.report(Ending.SUCCESS));
                execution.outside.later(0, () -> held.report(Ending.FAILURE));
            }
            default -> {
                held.permit.close();
                held.told.byHand.ended(Ending.IGNORED);
            }
        }
    }

    /** Takes one, and gives it back at once. */
    void pass(int part, int number) {
        Permit permit = ask(part, number, false);
        if (permit != null) {
            inHands(part).decrementAndGet();
            permit.succeeded();
            execution.cast.told(part, number).byHand.ended(Ending.SUCCESS);
        }
    }

    void flood(int part) {
        for (int i = 0; i < FLOOD; i++) {
            pass(part, next.getAndIncrement());
        }
        if (execution.cast.keyed.containsKey(part)) {
            looksAtKeys(part);
        }
    }

    /** Those that come at the same moment may each find the last place free. */
    private void looksAtKeys(int part) {
        int places = execution.program.parts().get(part).limit();
        int atOnce = execution.ground.isVirtual()
                ? 0
                : execution.made.size()
                        + execution.program.hands().size()
                        + execution.program.changes().size();
        long keys = execution.cast.keyed.get(part).keys();
        if (keys > places + atOnce) {
            execution.mischief.wrongs.add(keys + " keys have a place of " + places);
        }
    }

    private Permit ask(int part, int number, boolean waits) {
        Cast cast = execution.cast;
        Told told = cast.told(part, number);
        told.arrived.incrementAndGet();
        Gate gate = (Gate) cast.met(part, number);
        long from = execution.ground.nanoTime();
        try {
            Permit permit = waits ? gate.acquire() : gate.tryAcquire();
            if (permit != null) {
                cast.settings.rates.entered(cast.door(part, number), from, execution.ground.nanoTime());
                holds(part);
                return permit;
            }
            told.byHand.rejected.incrementAndGet();
        } catch (CallInterruptedException | UnavailableException gaveUp) {
            told.byHand.abandoned.incrementAndGet();
        } catch (RejectedException refused) {
            told.byHand.rejected.incrementAndGet();
        }
        return null;
    }

    /** A permit is in somebody's hands now. */
    void holds(int part) {
        int now = inHands(part).incrementAndGet();
        if (execution.cast.isBulkhead(part) && now > execution.cast.settings.mostPermits(part)) {
            execution.mischief.wrongs.add(now + " permits are held of " + execution.cast.settings.mostPermits(part));
        }
    }

    private AtomicInteger inHands(int part) {
        return inHands.computeIfAbsent(part, none -> new AtomicInteger());
    }
}
