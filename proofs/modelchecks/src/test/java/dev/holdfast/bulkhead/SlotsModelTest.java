// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Criticality;
import dev.holdfast.TurnEnd;
import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The hand-over of a bulkhead's permits. Its single steps have no order of their own: while a permit is on its way to a
 * waiter who has just given up, a newcomer is sent to the queue although a permit is about to be free. So the models look at
 * what holds when all threads have stopped; what a caller sees of one hand-over is in {@link #handOver}.
 */
class SlotsModelTest {
    /** One permit, which the first thread has, and two places in the queue, of which the second thread has one. */
    public static class Model {
        private final Line[] lines;
        private final Slots slots;
        private final List<AtomicInteger> inside =
                List.of(new AtomicInteger(), new AtomicInteger(), new AtomicInteger(), new AtomicInteger());
        private final List<Deque<Waiter>> waiting =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());

        public Model() {
            this(new Line(1, false));
        }

        Model(Line... lines) {
            this.lines = lines;
            this.slots = SlotsModelTest.slots(1, 2, lines);
            // So that few operations come to a hand-over.
            enter(1);
            queue(2);
        }

        Line line(int thread) {
            return lines[thread % lines.length];
        }

        Line lineToLeave(int thread) {
            return line(thread);
        }

        Criticality criticality(int thread) {
            return Criticality.CRITICAL;
        }

        @Operation
        public void enter(@Param(gen = ThreadIdGen.class) int thread) {
            if (slots.enter(line(thread), slots.rules().limit()) > 0) {
                inside.get(thread).incrementAndGet();
            }
        }

        @Operation
        public void leave(@Param(gen = ThreadIdGen.class) int thread) {
            if (inside.get(thread).get() > 0) {
                inside.get(thread).decrementAndGet();
                slots.leave(lineToLeave(thread));
            }
        }

        @Operation
        public void queue(@Param(gen = ThreadIdGen.class) int thread) {
            Waiter waiter = slots.queue(line(thread), criticality(thread));
            if (waiter != null) {
                waiting.get(thread).add(waiter);
            }
        }

        @Operation
        public void giveUp(@Param(gen = ThreadIdGen.class) int thread) {
            Waiter waiter = waiting.get(thread).poll();
            if (waiter != null && TurnEnd.giveUp(waiter) >= 0) {
                slots.leave(lineToLeave(thread));
            }
        }

        /** A caller that finds itself let in. */
        @Operation
        public void goIn(@Param(gen = ThreadIdGen.class) int thread) {
            Waiter waiter = waiting.get(thread).peek();
            if (waiter != null && TurnEnd.isGranted(waiter)) {
                waiting.get(thread).remove();
                inside.get(thread).incrementAndGet();
            }
        }

        @Validate
        public void balanced() {
            int in = inside.stream().mapToInt(AtomicInteger::get).sum();
            int still = 0;
            for (Deque<Waiter> line : waiting) {
                for (Waiter waiter : line) {
                    in += TurnEnd.isGranted(waiter) ? 1 : 0;
                    still += TurnEnd.isGranted(waiter) || TurnEnd.isTurnedAway(waiter) ? 0 : 1;
                }
            }
            Bulkhead.Report report = slots.report();
            int inLine = Arrays.stream(lines).mapToInt(Line::waiting).sum();
            if (report.inFlight() != in || report.waiting() != still || inLine != still) {
                throw new AssertionError(report + ", " + inLine + " in line (expected: " + in + " in, " + still + ")");
            }
            for (int i = 0; lines.length > 1 && i < lines.length; i++) {
                int ofPartition = 0;
                for (int thread = 0; thread < inside.size(); thread++) {
                    if (line(thread) == lines[i]) {
                        ofPartition += inside.get(thread).get();
                        ofPartition += (int) waiting.get(thread).stream()
                                .filter(TurnEnd::isGranted)
                                .count();
                    }
                }
                if (lines[i].inFlight() != ofPartition) {
                    throw new AssertionError(
                            "partition " + i + ": " + lines[i].inFlight() + " in (expected: " + ofPartition + ")");
                }
            }
            if (in > 1 || still > 0 && in == 0 || still > 2 * lines.length) {
                throw new AssertionError(in + " in, " + still + " waiting: too many, or nobody left to wake them");
            }
        }
    }

    /** The same permit, of which each thread has a half for its own partition. */
    public static class Partitions extends Model {
        public Partitions() {
            super(new Line(0.5, true), new Line(0.5, true));
        }
    }

    /** Calls of every second thread take the place of the others where the line is full. */
    public static class Displacing extends Model {
        @Override
        Criticality criticality(int thread) {
            return thread % 2 == 0 ? Criticality.SHEDDABLE : Criticality.CRITICAL_PLUS;
        }
    }

    /** Takes a call out of the line, and still counts it. */
    public static class ForgetsTheDisplaced extends Displacing {
        @Override
        @Operation
        public void queue(@Param(gen = ThreadIdGen.class) int thread) {
            line(thread).displace(criticality(thread), false);
            super.queue(thread);
        }
    }

    /** Calls leave the partition of the first thread, whichever they came from. */
    public static class WrongDoor extends Partitions {
        @Override
        Line lineToLeave(int thread) {
            return line(0);
        }
    }

    /** Two permits, both with the first of two partitions, which has a half; they come back at once, and both partitions wait. */
    public static class TwoGaps {
        private final Line first = new Line(0.5, true);
        private final Line second = new Line(0.5, true);
        private final Slots slots = slots(2, 2, first, second);
        private final AtomicInteger done = new AtomicInteger();

        /** Both are taken, and two wait in each line. */
        public TwoGaps() {
            slots.enter(first, 2);
            slots.enter(first, 2);
            for (int i = 0; i < 2; i++) {
                slots.queue(first, Criticality.CRITICAL);
                slots.queue(second, Criticality.CRITICAL);
            }
        }

        @Operation(runOnce = true)
        public void leave() {
            slots.leave(first);
            done.incrementAndGet();
        }

        @Operation(runOnce = true)
        public void leaveToo() {
            slots.leave(first);
            done.incrementAndGet();
        }

        @Validate
        public void eachHasItsShare() {
            if (done.get() == 2 && (first.inFlight() != 1 || second.inFlight() != 1)) {
                throw new AssertionError("in flight: " + first.inFlight() + " and " + second.inFlight());
            }
            double accounts = first.account() + second.account();
            if (done.get() == 2 && Math.abs(accounts) > 1e-9) {
                throw new AssertionError("accounts: " + accounts + " together");
            }
        }
    }

    /** Chooses by how many there are, and counts one more whatever has happened since; keeps the account by reading and writing. */
    public static class LookThenFill {
        private final List<AtomicInteger> inFlight = List.of(new AtomicInteger(), new AtomicInteger());
        private final AtomicInteger turns = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();

        @Operation(runOnce = true)
        public void leave() {
            inFlight.get(inFlight.get(0).get() < 1 ? 0 : 1).getAndIncrement();
            turns.set(turns.get() + 1);
            done.incrementAndGet();
        }

        @Operation(runOnce = true)
        public void leaveToo() {
            leave();
        }

        @Validate
        public void eachHasItsShare() {
            if (done.get() == 2 && (inFlight.get(0).get() != 1 || turns.get() != 2)) {
                throw new AssertionError("in flight: " + inFlight + ", " + turns + " turns");
            }
        }
    }

    /** Room for one more, while somebody comes who waits for it. */
    public static class Raising {
        private final Line line = new Line(1, false);
        private final Slots slots = slots(1, 1, line);
        private final AtomicInteger done = new AtomicInteger();
        private volatile @Nullable Waiter waiter;

        /** The permit is taken. */
        public Raising() {
            slots.enter(line, 1);
        }

        @Operation(runOnce = true)
        public void queue() {
            waiter = slots.queue(line, Criticality.CRITICAL);
            done.incrementAndGet();
        }

        @Operation(runOnce = true)
        public void raise() {
            raise(
                    slots,
                    new Rules(
                            new BulkheadBuilder("model")
                                    .environment(new ManualTime())
                                    .limit(2)
                                    .queue(1)
                                    .copy(),
                            null));
            done.incrementAndGet();
        }

        void raise(Slots of, Rules to) {
            of.replace(of.rules(), to);
            of.handOver();
        }

        @Validate
        public void wokenUp() {
            if (done.get() == 2 && !TurnEnd.isGranted(waiter)) {
                throw new AssertionError("waits although there is room");
            }
        }
    }

    /** Looks for those who wait, and raises the limit afterwards. */
    public static class LookThenRaise extends Raising {
        @Override
        void raise(Slots of, Rules to) {
            of.handOver();
            of.replace(of.rules(), to);
        }
    }

    /** Looks whether anybody waits, and gives the permit back afterwards: who queues in between is never woken. */
    public static class LookThenLeave {
        private final AtomicInteger inFlight = new AtomicInteger(1);
        private final Queue<AtomicBoolean> line = new ConcurrentLinkedQueue<>();

        @Operation(runOnce = true)
        public void leave() {
            if (!line.isEmpty()) {
                line.remove().set(true);
                return;
            }
            inFlight.set(0);
        }

        @Operation(runOnce = true)
        public void queue() {
            if (!inFlight.compareAndSet(0, 1)) {
                line.add(new AtomicBoolean());
            }
        }

        @Validate
        public void nobodyForgotten() {
            if (inFlight.get() == 0 && !line.isEmpty()) {
                throw new AssertionError("nobody left to wake them");
            }
        }
    }

    /** One permit, which somebody leaves while another, who waits for it, gives up. */
    public static class HandOver {
        private final Line line = new Line(1, false);
        private final Slots slots = slots(1, 1, line);
        private final AtomicBoolean got = new AtomicBoolean();
        private final AtomicInteger done = new AtomicInteger();
        final Waiter waiter;

        /** The permit is taken. */
        public HandOver() {
            slots.enter(line, 1);
            waiter = slots.queue(line, Criticality.CRITICAL);
        }

        @Operation(runOnce = true)
        public void leave() {
            leave(slots);
            done.incrementAndGet();
        }

        void leave(Slots from) {
            from.leave(line);
        }

        @Operation(runOnce = true)
        public void giveUp() {
            got.set(TurnEnd.giveUp(waiter) >= 0);
            done.incrementAndGet();
        }

        @Validate
        public void notLost() {
            int available = 1 - slots.report().inFlight();
            if (done.get() == 2 && available != (got.get() ? 0 : 1)) {
                throw new AssertionError("got: " + got + ", available: " + available);
            }
        }
    }

    /** Keeps the permit for the waiter, whether it takes the grant or not. */
    public static class UncheckedGrant extends HandOver {
        @Override
        void leave(Slots from) {
            waiter.grant(0);
        }
    }

    /** Closing, and the last call. */
    public static class Closing {
        final AtomicInteger ended = new AtomicInteger();
        final AtomicInteger done = new AtomicInteger();
        private final Line line = new Line(1, false);
        private final Slots slots = new Slots(
                new Rules(
                        new BulkheadBuilder("model")
                                .environment(new ManualTime())
                                .queue(1)
                                .copy(),
                        null),
                new Lines(line),
                ended::incrementAndGet);

        /** One is in. */
        public Closing() {
            slots.enter(line, 1);
        }

        @Operation(runOnce = true)
        public void close() {
            slots.close();
            done.incrementAndGet();
        }

        @Operation(runOnce = true)
        public void leave() {
            slots.leave(line);
            done.incrementAndGet();
        }

        @Validate
        public void ended() {
            if (done.get() == 2 && (ended.get() == 0 || slots.enter(line, 1) != 0)) {
                throw new AssertionError("never ended, or open afterwards");
            }
        }
    }

    /** Two words instead of one: neither sees that it was the last. */
    public static class LookThenCount extends Closing {
        private final AtomicBoolean closed = new AtomicBoolean();
        private final AtomicInteger inFlight = new AtomicInteger(1);

        @Override
        @Operation(runOnce = true)
        public void close() {
            if (inFlight.get() == 0) {
                ended.incrementAndGet();
            }
            closed.set(true);
            done.incrementAndGet();
        }

        @Override
        @Operation(runOnce = true)
        public void leave() {
            if (closed.get()) {
                ended.incrementAndGet();
            }
            inFlight.decrementAndGet();
            done.incrementAndGet();
        }
    }

    private static Slots slots(int limit, int queue, Line... lines) {
        BulkheadBuilder settings = new BulkheadBuilder("model")
                .environment(new ManualTime())
                .limit(limit)
                .queue(queue);
        return new Slots(new Rules(settings.copy(), null), new Lines(lines), () -> {});
    }

    @Test
    @DisplayName(
            "BH-1 BH-4 BH-5 no permit is lost or made up, nobody who waits is forgotten, the queue keeps its length")
    void slots() {
        Models.lockFree().actorsBefore(0).check(Model.class);
    }

    @Test
    @DisplayName("BH-1 BH-4 BH-5 the same where critical calls take the places of others")
    void displacing() {
        Models.lockFree().actorsBefore(0).check(Displacing.class);
    }

    @Test
    @DisplayName("BH-5 negative control: who takes a call out of the line and still counts it is found out")
    void displacedAndCounted() {
        Models.caught("expected: ", () -> Models.lockFree().actorsBefore(0).check(ForgetsTheDisplaced.class));
    }

    @Test
    @DisplayName("BH-4 negative control: who looks for waiters before it gives back forgets one")
    void mutant() {
        Models.caught(
                "nobody left to wake them",
                () -> Models.lockFree().actorsBefore(0).check(LookThenLeave.class));
    }

    @Test
    @DisplayName("BH-1 BH-4 the same with two partitions, whose calls are counted each")
    void partitions() {
        Models.lockFree().actorsBefore(0).check(Partitions.class);
    }

    @Test
    @DisplayName("BH-1 negative control: a call that leaves another partition than its own is found out")
    void wrongDoor() {
        Models.caught("partition ", () -> Models.lockFree().actorsBefore(0).check(WrongDoor.class));
    }

    @Test
    @DisplayName("BH-9 two permits that come back at once fill two gaps, and both turns are in the accounts")
    void twoGaps() {
        Models.race().check(TwoGaps.class);
    }

    @Test
    @DisplayName("BH-9 negative control: who looks for a gap and then fills it fills one twice")
    void filledTwice() {
        Models.caught("in flight: ", () -> Models.race().check(LookThenFill.class));
    }

    @Test
    @DisplayName("BH-4 who comes while the limit is raised waits for nobody")
    void raise() {
        Models.race().check(Raising.class);
    }

    @Test
    @DisplayName("BH-4 negative control: who looks for those who wait and then raises the limit forgets one")
    void raisedTooLate() {
        Models.caught("waits although there is room", () -> Models.race().check(LookThenRaise.class));
    }

    @Test
    @DisplayName("BH-3 who gives up while it is handed a permit gets it, or the permit is free")
    void handOver() {
        Models.race().check(HandOver.class);
    }

    @Test
    @DisplayName("BH-3 negative control: a granter who does not look whether its grant was taken loses the permit")
    void lost() {
        Models.caught("got: false, available: 0", () -> Models.race().check(UncheckedGrant.class));
    }

    @Test
    @DisplayName("BH-1 closing while the last call leaves: the end is told, and nobody enters after it")
    void close() {
        Models.race().check(Closing.class);
    }

    @Test
    @DisplayName("BH-1 negative control: who looks whether it is closed and then leaves does not tell the end")
    void neverEnds() {
        Models.caught("never ended", () -> Models.race().check(LookThenCount.class));
    }
}
