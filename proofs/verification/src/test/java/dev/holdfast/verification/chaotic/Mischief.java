// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Call;
import dev.holdfast.Event;
import dev.holdfast.Policy;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Trap;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The user code that misbehaves. Each trap springs a few times, so that what calls itself comes to an end. */
final class Mischief {
    static final ThreadLocal<String> LITTER = new ThreadLocal<>();
    static final ClassLoader FOREIGN_LOADER = new URLClassLoader("foreign", new URL[0], null);

    private static final int TIMES = 3;
    private static final int MILLIS = 3;

    /** Opened when all that does not need it has ended. */
    final CountDownLatch release = new CountDownLatch(1);
    /** What no thread that is shared must ever do. */
    final Set<String> wrongs = ConcurrentHashMap.newKeySet();

    private final Map<Trap, AtomicInteger> sprung = new ConcurrentHashMap<>();
    private final AtomicInteger victims = new AtomicInteger();
    private volatile Execution execution;

    /** Before anything is called. */
    void of(Execution all) {
        execution = all;
    }

    void listenTo(Policy<Object> policy, Part part) {
        if (part.traps().stream().anyMatch(trap -> trap.place() == Place.LISTENER)) {
            policy.on(Event.class, event -> {
                if (event instanceof Event.OfCall ofCall) {
                    looksAround("a listener", ofCall.call());
                }
                at(Place.LISTENER, part);
            });
        }
    }

    /** A predicate's answer, too: it never claims anything. */
    boolean at(Place place, Part part) {
        return at(place, part.traps());
    }

    boolean at(Place place, List<Trap> traps) {
        looksAround(place.toString(), null);
        for (Trap trap : traps) {
            if (trap.place() == place
                    && sprung.computeIfAbsent(trap, none -> new AtomicInteger()).incrementAndGet() <= TIMES) {
                commit(trap.misdeed());
            }
        }
        return false;
    }

    /** Where does user code run, and with whose context? */
    void looksAround(String what, Call call) {
        String thread = Thread.currentThread().getName();
        if (thread.startsWith("holdfast-timer") || thread.equals(Ground.TIMER)) {
            wrongs.add(what + " ran on the timer's thread " + thread);
        }
        if (call != null && call.argument().orElse(null) instanceof Made.Argument argument) {
            hasContext(what, argument.call);
        }
    }

    void hasContext(String what, Made call) {
        Integer tenant = Ground.TENANT.get();
        if (execution.program.context() == Program.Context.CARRIES
                && (tenant == null || tenant != call.plan.number())) {
            wrongs.add(what + " of call " + call.plan.number() + " ran in the context of " + tenant);
        }
    }

    /** A rule on results is asked. Whose call it is, the context says where it carries. */
    void hasResult() {
        Integer tenant = Ground.TENANT.get();
        boolean asked = execution.program.context() == Program.Context.CARRIES && tenant != null;
        if (asked
                && execution
                        .program
                        .allCalls()
                        .anyMatch(
                                plan -> plan.number() == tenant && !plan.shape().hasResult())) {
            wrongs.add("a rule on results was asked about call " + tenant + ", which has none");
        }
    }

    private void commit(Misdeed misdeed) {
        switch (misdeed) {
            case BLOCK -> block(MILLIS);
            case BLOCK_FOR_EVER -> waitFor(() -> release.getCount() == 0);
            case THROW -> throw new IllegalStateException("user code throws");
            case CANCEL_ANOTHER -> {
                Made victim = victim();
                if (victim != null && victim.future != null) {
                    victim.future.cancel(true);
                }
            }
            case COMPLETE_ANOTHER -> {
                Made victim = victim();
                if (victim != null && victim.future != null) {
                    victim.future.complete(Made.BY_ANOTHER);
                }
            }
            case INTERRUPT -> execution.interruptCurrentThread();
            case CALL_AGAIN -> execution.callAgain(victims.get(), false);
            case CALL_AGAIN_AND_JOIN -> execution.callAgain(victims.get(), true);
            case RECONFIGURE -> execution.outside.reconfigure(victims.incrementAndGet());
            case TAKE_PERMIT -> execution.outside.takePermit(victims.incrementAndGet());
            default -> litter();
        }
    }

    private Made victim() {
        List<Made> made = execution.made;
        return made.isEmpty() ? null : made.get(victims.getAndIncrement() % made.size());
    }

    /** Waits without taking the flag, which may be a deadline's, or somebody else's; an interrupt ends it. */
    static void waitFor(BooleanSupplier done) {
        while (!done.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(200_000);
        }
    }

    private static void block(long millis) {
        long until = System.nanoTime() + millis * 1_000_000;
        waitFor(() -> System.nanoTime() - until > 0);
    }

    /** Leaves on a thread what the next task must not find; a caller's own thread is his. */
    private void litter() {
        LITTER.set("litter");
        Thread thread = Thread.currentThread();
        thread.setContextClassLoader(FOREIGN_LOADER);
        if (execution.topOf(thread) == null) {
            thread.setPriority(Thread.MIN_PRIORITY);
            thread.interrupt();
        }
    }
}
