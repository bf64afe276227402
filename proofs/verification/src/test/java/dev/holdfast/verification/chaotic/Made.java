// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.Event;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import dev.holdfast.verification.chaotic.Program.Plan;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A call that was made, and what its caller and its work have seen. Written by many threads, read when all is over. */
final class Made {
    /** Results that no work gives. */
    static final String FROM_OUTSIDE = "completed from outside";

    static final String BY_ANOTHER = "completed by another";
    static final String SHARED = "shared";
    static final String REPLACED = "replaced";

    /** What a call is made with, and nobody must keep. */
    static final class Argument {
        final Made call;
        private final byte[] weight = new byte[1024];

        Argument(Made call) {
            this.call = call;
        }

        @Override
        public String toString() {
            return "argument of " + call.plan.number() + ", " + weight.length + " bytes";
        }
    }

    /** A start of the work; also the result that it gives. */
    static final class Start {
        final int number;
        final long begun;
        /** What the work was told of the time left, and when it asked. */
        volatile TimeLeft timeLeft = TimeLeft.UNLIMITED;

        volatile long ended;
        volatile boolean good;

        Start(int number, long begun) {
            this.number = number;
            this.begun = begun;
        }

        @Override
        public String toString() {
            return "result of start " + number + ", after " + (ended - begun) / 1_000 + " us";
        }
    }

    /**
     * What a start of the work was told. All are nanoseconds.
     *
     * @param asked when
     * @param ofThread by the environment, -1 if there is no limit
     * @param ofCall by its call, -1 if there is no limit
     * @param answered when
     */
    record TimeLeft(long asked, long ofThread, long ofCall, long answered) {
        static final TimeLeft UNLIMITED = new TimeLeft(0, -1, -1, 0);
    }

    /** What was told of the end of a call. Not the event itself, which knows the argument. */
    record Completion(Object value, Throwable failure, int attempts) {
        static Completion of(Event.CallCompleted event) {
            return new Completion(
                    event.outcome().result().orElse(null), event.outcome().failure(), event.attempts());
        }
    }

    /**
     * Its work has said that no further attempt may be made.
     *
     * @param starts how many there had been
     * @param at when
     */
    record Commitment(int starts, long at) {}

    final Plan plan;
    final List<Start> starts = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger swallowed = new AtomicInteger();
    /** User code of this call that runs now. */
    final AtomicInteger inside = new AtomicInteger();

    final List<Completion> completions = Collections.synchronizedList(new ArrayList<>());
    final List<Commitment> commitments = Collections.synchronizedList(new ArrayList<>());

    /** Made on a thread that has nothing else to do. */
    volatile boolean isTop;
    /** When it was about to be made, and the limit of a surrounding {@code within} ran already. */
    volatile long entered;
    /** What its thread is told of the time left when the call is over; -1 if there is no limit. */
    volatile long leftAfterwards = -1;

    /** Before it came to any policy. */
    volatile long since;

    volatile WeakReference<Argument> argument;
    volatile CompletableFuture<Object> future;
    /** An asynchronous call has given its future, a blocking one its outcome. */
    volatile boolean returned;

    volatile Object value;
    volatile Throwable failure;

    private Thread caller;
    private long begun;
    private final List<Long> interrupts = new ArrayList<>();
    /** When user code has last set a flag again that it had taken. */
    private long lastSetAgain;

    private boolean flagAfterwards;

    Made(Plan plan) {
        this.plan = plan;
    }

    synchronized void begins(long now) {
        caller = Thread.currentThread();
        begun = now;
        lastSetAgain = now;
    }

    /** The caller has its thread back. Whoever interrupts it has done so before, or does not any more. */
    synchronized void ends() {
        flagAfterwards = Thread.interrupted();
        caller = null;
        returned = true;
    }

    /** By somebody else than a deadline. Gives whether there was a caller. */
    synchronized boolean interrupt(long now) {
        if (caller == null) {
            return false;
        }
        interrupts.add(now);
        caller.interrupt();
        return true;
    }

    synchronized void setsFlagAgain(long now) {
        lastSetAgain = now;
        Thread.currentThread().interrupt();
    }

    boolean isOver() {
        return returned && (future == null || future.isDone());
    }

    /** Whether its caller got a result, or came back without one. */
    boolean hasSucceeded() {
        return future == null ? returned && failure == null : future.isDone() && !future.isCompletedExceptionally();
    }

    /** What its caller got. A future has it before others are told. */
    Object result() {
        return future == null ? value : future.isCompletedExceptionally() ? null : future.getNow(null);
    }

    /** What its caller got instead of a result, or {@code null}: as {@link #result}. */
    Throwable failure() {
        CompletableFuture<Object> there = future;
        if (there == null || !there.isDone()) {
            return failure;
        }
        return there.handle((result, thrown) -> thrown).join();
    }

    /** Whether somebody beside Holdfast may have completed its future. */
    boolean mayBeCompleted(Program program) {
        return plan.async()
                && (plan.meddling() != Meddling.NONE
                        || program.has(Misdeed.CANCEL_ANOTHER)
                        || program.has(Misdeed.COMPLETE_ANOTHER));
    }

    boolean sawFailure(Class<?>... types) {
        return chain(failure, 0).anyMatch(each -> Arrays.stream(types).anyMatch(type -> type.isInstance(each)));
    }

    private static Stream<Throwable> chain(Throwable from, int depth) {
        if (from == null || depth > 8) {
            return Stream.empty();
        }
        Stream<Throwable> rest = Stream.concat(Stream.of(from.getSuppressed()), Stream.ofNullable(from.getCause()));
        return Stream.concat(Stream.of(from), rest.flatMap(each -> chain(each, depth + 1)));
    }

    /**
     * Whether an interrupt is gone that came before any deadline can have interrupted the thread itself.
     *
     * @param limit nanoseconds of the shortest deadline
     */
    synchronized boolean hasLostInterrupt(long limit) {
        return !interrupts.isEmpty()
                && interrupts.get(0) - begun < limit
                // A deadline that interrupts a thread between an interrupt's being taken and set again cannot be told
                // from it.
                && lastSetAgain - begun < limit
                && !flagAfterwards
                && !sawFailure(InterruptedException.class, CallInterruptedException.class);
    }

    synchronized boolean hasStrayInterrupt() {
        return !plan.async() && flagAfterwards && interrupts.isEmpty();
    }

    @Override
    public synchronized String toString() {
        return "call " + plan.number() + " [returned " + returned + ", value " + value + ", failure " + failure
                + ", future " + future
                + ", starts " + starts + ", completions " + completions + ", commitments " + commitments
                + ", interrupts "
                + interrupts.stream().map(at -> (at - begun) / 1_000 + " us").toList()
                + ", flag " + flagAfterwards + ", swallowed " + swallowed + "]";
    }
}
