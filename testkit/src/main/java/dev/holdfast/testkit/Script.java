// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A scripted dependency, for tests: it gives values, fails and takes time, in the order that was written down. The last step repeats
 * for ever.
 *
 * <pre>{@code
 * VirtualTime time = VirtualTime.create();
 * Script<String> inventory = Script.<String>of(time)
 *     .fails(new IOException("down")).times(2)
 *     .gives("late").after(Duration.ofMillis(200))
 *     .hangs();
 * String stock = retry.call(inventory);
 * CompletableFuture<String> later = retry.callAsync(inventory::stage);
 * }</pre>
 *
 * <p>{@link #gives}, {@link #fails} and {@link #hangs} add a step; {@link #after}, {@link #times} and {@link #deaf} say more about the
 * step before them. A call takes the next step when it starts. Calls made as a {@link Supplier}, {@link Callable} or
 * {@link Checked.Supplier} spend their time on the calling thread, and end with an {@link InterruptedException} when that is
 * interrupted. Stages spend it on a timer, and end when they are cancelled.
 *
 * <p>Safe to use from any thread; steps may be added while calls are made.
 *
 * <p>Longer than most files, because each step has its Javadoc.
 *
 * @param <T> the results
 */
public final class Script<T extends @Nullable Object>
        implements Supplier<T>, Callable<T>, Checked.Supplier<T, Exception> {
    private static final int MOST_TIMES = 1_000_000;

    private final Environment environment;
    private final long origin;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<ScriptStep<T>> steps = new ArrayList<>();
    private final List<Duration> starts = new ArrayList<>();
    private int underWay;

    private Script(Environment environment) {
        this.environment = Require.nonNull(environment, "environment");
        this.origin = environment.nanoTime();
    }

    /**
     * Starts a script without steps.
     *
     * @param <T> the results
     * @param environment whose time the steps take: that of the policies under test
     * @return a new script
     */
    public static <T extends @Nullable Object> Script<T> of(Environment environment) {
        return new Script<>(environment);
    }

    // ---- Writing it -----------------------------------------------------------------------------------------------

    /**
     * Adds a step that gives a value.
     *
     * @param value the result; may be {@code null}
     * @return this
     */
    public Script<T> gives(T value) {
        return add(new ScriptStep<>(value, null, false));
    }

    /**
     * Adds a step that fails.
     *
     * @param failure what is thrown, as it is, also if it is checked; each time the same object
     * @return this
     */
    public Script<T> fails(Throwable failure) {
        return add(new ScriptStep<>(null, Require.nonNull(failure, "failure"), false));
    }

    /**
     * Adds a step that never ends by itself: only when its thread is interrupted, or its stage is cancelled.
     *
     * @return this
     */
    public Script<T> hangs() {
        return add(new ScriptStep<>(null, null, true));
    }

    private Script<T> add(ScriptStep<T> step) {
        lock.lock();
        try {
            steps.add(step);
        } finally {
            lock.unlock();
        }
        return this;
    }

    /**
     * How long the step before takes.
     *
     * @param time zero, the default, or longer
     * @return this
     * @throws IllegalStateException if there is no step before, or it hangs
     */
    public Script<T> after(Duration time) {
        long nanos = Require.nanosAtLeast(time, Duration.ZERO, "after");
        lock.lock();
        try {
            lastLocked("after", false).nanos = nanos;
        } finally {
            lock.unlock();
        }
        return this;
    }

    /**
     * For how many calls the step before stands. The last step stands for all that follow.
     *
     * @param calls from 1, the default, to 1,000,000
     * @return this
     * @throws IllegalStateException if there is no step before
     */
    public Script<T> times(int calls) {
        Require.range(calls, 1, MOST_TIMES, "times");
        lock.lock();
        try {
            ScriptStep<T> step = lastLocked("times", true);
            for (int more = 1; more < calls; more++) {
                steps.add(step);
            }
        } finally {
            lock.unlock();
        }
        return this;
    }

    /**
     * The step before does not notice that it is given up: it goes on when its thread is interrupted, and sets the flag again at its end;
     * its stage cannot be cancelled.
     *
     * @return this
     * @throws IllegalStateException if there is no step before, or it hangs and would never end
     */
    public Script<T> deaf() {
        lock.lock();
        try {
            lastLocked("deaf", false).deaf = true;
        } finally {
            lock.unlock();
        }
        return this;
    }

    private ScriptStep<T> lastLocked(String asked, boolean mayHang) {
        if (steps.isEmpty() || (!mayHang && steps.get(steps.size() - 1).hangs)) {
            throw new IllegalStateException(asked + ": " + (steps.isEmpty() ? "without a step" : "of a step that hangs")
                    + " (expected: gives, fails" + (mayHang ? " or hangs" : "") + " before it)");
        }
        return steps.get(steps.size() - 1);
    }

    // ---- Calling it -----------------------------------------------------------------------------------------------

    /**
     * Makes a call on this thread.
     *
     * @return what the next step gives
     * @throws IllegalStateException if there are no steps
     */
    @Override
    public T get() {
        try {
            return call();
        } catch (Throwable thrown) {
            throw Script.<RuntimeException>asThrown(thrown);
        }
    }

    /**
     * Makes a call on this thread.
     *
     * @return what the next step gives
     * @throws Exception what the step fails with, or an {@link InterruptedException}
     * @throws IllegalStateException if there are no steps
     */
    @Override
    @SuppressWarnings("NullAway") // A value is null only where its type says so.
    public T call() throws Exception {
        ScriptStep<T> step = start();
        try {
            step.spend(environment);
            if (step.failure != null) {
                throw Script.<Exception>asThrown(step.failure);
            }
            return step.value;
        } finally {
            ended();
        }
    }

    /**
     * Makes an asynchronous call.
     *
     * @return what the next step gives; complete if that takes no time
     * @throws IllegalStateException if there are no steps
     */
    public CompletableFuture<T> stage() {
        return stage(false);
    }

    /** @param later whether it is not complete even if the step takes no time */
    @SuppressWarnings("FutureReturnValueIgnored") // What follows the stage's end cannot fail.
    CompletableFuture<T> stage(boolean later) {
        ScriptStep<T> step = start();
        CompletableFuture<T> stage = step.newStage();
        stage.whenComplete((value, failure) -> ended());
        if (step.hangs) {
            return stage;
        }
        if (step.nanos == 0 && !later) {
            step.complete(stage);
        } else {
            Environment.Timer timer = environment.schedule(() -> step.complete(stage), step.nanos);
            stage.whenComplete((value, failure) -> timer.cancel());
        }
        return stage;
    }

    private ScriptStep<T> start() {
        lock.lock();
        try {
            if (steps.isEmpty()) {
                throw new IllegalStateException("Script: called without a step (expected: gives, fails or hangs)");
            }
            ScriptStep<T> step = steps.get(Math.min(starts.size(), steps.size() - 1));
            starts.add(Duration.ofNanos(environment.nanoTime() - origin));
            underWay++;
            return step;
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            underWay--;
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X asThrown(Throwable failure) throws X {
        throw (X) failure;
    }

    // ---- Asking it ------------------------------------------------------------------------------------------------

    /**
     * How many calls were made.
     *
     * @return from 0 up
     */
    public int calls() {
        return starts().size();
    }

    /**
     * When each call started.
     *
     * @return one entry a call, in their order, as the time since this script was made
     */
    public List<Duration> starts() {
        lock.lock();
        try {
            return List.copyOf(starts);
        } finally {
            lock.unlock();
        }
    }

    /**
     * How many calls have not ended.
     *
     * @return from 0 up; 0 when nothing was left behind
     */
    public int underWay() {
        lock.lock();
        try {
            return underWay;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "Script[" + calls() + " calls]";
    }
}
