// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.modelchecks.Models;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The timer without its thread: a model's thread does by turns what the timer's thread does in a loop, because a loop that
 * waits for the clock has no end in a model. The steps are private, so they are looked up by their names.
 */
class TimerThreadModelTest {
    private static final MethodHandle DRAIN = step("drain");
    private static final MethodHandle RUN_DUE = step("runDue", long.class);

    private static MethodHandle step(String name, Class<?>... parameters) {
        try {
            Method method = TimerThread.class.getDeclaredMethod(name, parameters);
            method.setAccessible(true);
            return MethodHandles.lookup().unreflect(method);
        } catch (ReflectiveOperationException absent) {
            throw new AssertionError(absent);
        }
    }

    /** Two timers that are due at once: each runs once, unless it was cancelled, and in the order in which they were set. */
    public static class Model {
        /** With one inbox, in which all threads meet. */
        private final TimerThread timer = new TimerThread(1, TimerThread.Rhythm.DEFAULT);

        private final List<Integer> ran = new ArrayList<>();
        private final AtomicInteger numbers = new AtomicInteger();
        private final AtomicReference<Environment.Timer> cancellable = new AtomicReference<>();
        private final AtomicBoolean ranCancelled = new AtomicBoolean();
        private final AtomicInteger cancelledUnrun = new AtomicInteger();
        private int set;

        /** With a thread that is not one, so that none is started. */
        public Model() {
            try {
                Field thread = TimerThread.class.getDeclaredField("thread");
                thread.setAccessible(true);
                @SuppressWarnings("unchecked")
                AtomicReference<Thread> running = (AtomicReference<Thread>) thread.get(timer);
                running.set(new Thread(() -> {}));
            } catch (ReflectiveOperationException absent) {
                throw new AssertionError(absent);
            }
        }

        /** One thread only, so that the numbers are in the order of the inbox. */
        @Operation(nonParallelGroup = "setter")
        public void schedule() {
            int number = numbers.incrementAndGet();
            timer.schedule(() -> ran.add(number), 0);
            set++;
        }

        @Operation(nonParallelGroup = "setter", runOnce = true)
        public void scheduleCancellable() {
            cancellable.set(timer.schedule(() -> ranCancelled.set(true), 0));
        }

        @Operation(runOnce = true)
        public void cancel() {
            Environment.Timer found = cancellable.get();
            if (found != null) {
                boolean before = ranCancelled.get();
                found.cancel();
                cancelledUnrun.addAndGet(before ? 0 : 1);
            }
        }

        /** As most timeouts are. */
        @Operation
        public void scheduleAndCancel() {
            timer.schedule(() -> {}, 1).cancel();
        }

        /** What the timer's thread does at each tick. */
        @Operation(nonParallelGroup = "timer")
        public void tick() {
            try {
                boolean any = (boolean) DRAIN.invokeExact(timer);
                RUN_DUE.invokeExact(timer, Long.MAX_VALUE / 4);
            } catch (Throwable thrown) {
                throw new AssertionError(thrown);
            }
        }

        @Validate
        public void eachOnceInOrder() {
            boolean before = ranCancelled.get();
            tick();
            boolean sorted = true;
            for (int i = 0; i < ran.size(); i++) {
                sorted &= ran.get(i) == i + 1;
            }
            if (ran.size() != set || !sorted) {
                throw new AssertionError("ran " + ran + " of " + set);
            }
            if (cancelledUnrun.get() > 0 && !before && ranCancelled.get()) {
                throw new AssertionError("ran after it was cancelled");
            }
        }
    }

    /** An inbox that is read and then emptied: what is pushed in between is lost. */
    public static class ReadThenClear {
        private final AtomicReference<List<Integer>> inbox = new AtomicReference<>(List.of());
        private final AtomicInteger set = new AtomicInteger();
        private final AtomicInteger ran = new AtomicInteger();

        @Operation(nonParallelGroup = "setter")
        public void schedule() {
            inbox.updateAndGet(before -> {
                List<Integer> more = new ArrayList<>(before);
                more.add(0);
                return more;
            });
            set.incrementAndGet();
        }

        @Operation(nonParallelGroup = "timer")
        public void tick() {
            int found = inbox.get().size();
            inbox.set(List.of());
            ran.addAndGet(found);
        }

        @Validate
        public void eachOnce() {
            tick();
            if (ran.get() != set.get()) {
                throw new AssertionError("ran " + ran + " of " + set);
            }
        }
    }

    /** A stack whose canceller pops what it has pushed without a look whether that is still on top. */
    public static class PopsBlindly {
        private record Entry(int number, Entry next) {}

        private final AtomicReference<Entry> inbox = new AtomicReference<>();
        private final AtomicInteger set = new AtomicInteger();
        private final AtomicInteger ran = new AtomicInteger();

        @Operation(nonParallelGroup = "setter")
        public void schedule() {
            push(1);
            set.incrementAndGet();
        }

        private Entry push(int number) {
            return inbox.updateAndGet(top -> new Entry(number, top));
        }

        @Operation(nonParallelGroup = "canceller")
        public void scheduleAndCancel() {
            inbox.set(push(0).next());
        }

        @Validate
        public void eachOnce() {
            for (Entry entry = inbox.getAndSet(null); entry != null; entry = entry.next()) {
                ran.addAndGet(entry.number());
            }
            if (ran.get() != set.get()) {
                throw new AssertionError("ran " + ran + " of " + set);
            }
        }
    }

    /** The essential step of a thread that gives up when it is idle, while somebody schedules: somebody has the timer. */
    public static class GivingUp {
        final AtomicInteger inbox = new AtomicInteger();
        final AtomicReference<String> thread = new AtomicReference<>("old");
        final AtomicBoolean stopped = new AtomicBoolean();

        @Operation(runOnce = true)
        public void schedule() {
            inbox.set(1);
            thread.compareAndSet(null, "new");
        }

        @Operation(runOnce = true)
        public void stop() {
            thread.set(null);
            stopped.set(inbox.get() == 0 || !thread.compareAndSet(null, "old"));
        }

        @Validate
        public void notForgotten() {
            if (inbox.get() != 0 && stopped.get() && thread.get() == null) {
                throw new AssertionError("a timer and no thread");
            }
            if (!stopped.get() && "new".equals(thread.get())) {
                throw new AssertionError("two threads");
            }
        }
    }

    /** Looks into the inbox, and then gives up. */
    public static class LooksThenGivesUp extends GivingUp {
        @Override
        @Operation(runOnce = true)
        public void stop() {
            if (inbox.get() == 0) {
                thread.set(null);
                stopped.set(true);
            }
        }
    }

    @Test
    @DisplayName("TO-4 XC-10 each timer runs once and in order, or was cancelled, whenever it was set")
    void timer() {
        Models.lockFree().actorsBefore(0).check(Model.class);
    }

    @Test
    @DisplayName("TO-4 negative control: an inbox that is read and then emptied loses a timer")
    void mutant() {
        Models.caught(
                "AssertionError: ran", () -> Models.lockFree().actorsBefore(0).check(ReadThenClear.class));
    }

    @Test
    @DisplayName("TO-4 negative control: a canceller that pops without a look loses the timers of others")
    void popsBlindly() {
        Models.caught(
                "AssertionError: ran", () -> Models.lockFree().actorsBefore(0).check(PopsBlindly.class));
    }

    @Test
    @DisplayName("XC-5 of a thread that gives up and a timer that is set, one sees the other (the step, modelled)")
    void givingUp() {
        Models.race().check(GivingUp.class);
    }

    @Test
    @DisplayName("XC-5 negative control: a thread that looks and then gives up leaves a timer behind")
    void looksThenGivesUp() {
        Models.caught("a timer and no thread", () -> Models.race().check(LooksThenGivesUp.class));
    }
}
