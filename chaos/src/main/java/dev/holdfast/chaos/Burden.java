// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Something of the application's own that an experiment takes, holds up or changes, and that is undone exactly when it is over: permits of
 * a bulkhead, the rate of a limiter, the state of a breaker, memory, or whatever can be done and undone.
 *
 * <pre>
 *   set-up, step by step ──▶ set up ── the experiment is over ──▶ undone, the last step first
 *            └── a step fails ──▶ the steps before it are undone, and the experiment does not start
 * </pre>
 *
 * <p>Undoing runs on a thread of the environment's, so that it may block without holding up who ends the experiment. What a step of it throws
 * is kept for the experiment's report, and the other steps are undone all the same.
 *
 * <p>Safe to share between threads.
 */
public final class Burden implements Injection {
    /** More than any gate has permits. */
    private static final int MOST = 1_000_000;

    private static final int BLOCK = 1 << 20;

    private final String name;
    private final Inside setUp;
    private final Seat seat;

    /** Does what a burden is. */
    @FunctionalInterface
    public interface SetUp {
        /**
         * Does it.
         *
         * @param undo is told after each step what undoes it
         * @throws Exception if a step fails; what was told before is undone
         */
        void begin(Undo undo) throws Exception;
    }

    /** Is told what undoes a burden; for the thread that sets it up. */
    @FunctionalInterface
    public interface Undo {
        /**
         * A step has been taken.
         *
         * @param step undoes it; runs once
         */
        void with(Checked.Runnable<? extends Exception> step);
    }

    private interface Inside {
        void begin(Environment environment, Undo undo) throws Exception;
    }

    private Burden(String name, Inside setUp) {
        this.name = Require.name(name);
        this.setUp = setUp;
        this.seat = new Seat(this, null, (event, message) -> {});
    }

    /**
     * A burden of several steps, each of which is undone by itself.
     *
     * <pre>{@code
     * Burden.of("warehouse cut off", undo -> {
     *     proxy.close("eu");
     *     undo.with(() -> proxy.open("eu"));
     *     proxy.close("us");
     *     undo.with(() -> proxy.open("us"));
     * })
     * }</pre>
     *
     * @param name 1 to 256 characters, not blank
     * @param setUp runs on the thread that starts the experiment
     * @return a new burden
     */
    public static Burden of(String name, SetUp setUp) {
        Require.nonNull(setUp, "setUp");
        return new Burden(name, (environment, undo) -> setUp.begin(undo));
    }

    /**
     * A burden of one step.
     *
     * <pre>{@code
     * Burden.of("breaker open", () -> breaker.transitionTo(State.FORCED_OPEN), breaker::reset)
     * }</pre>
     *
     * @param name 1 to 256 characters, not blank
     * @param act does it, on the thread that starts the experiment; if it throws, it is taken for not done
     * @param undo undoes it
     * @return a new burden
     */
    public static Burden of(
            String name, Checked.Runnable<? extends Exception> act, Checked.Runnable<? extends Exception> undo) {
        Require.nonNull(act, "act");
        Require.nonNull(undo, "undo");
        return of(name, steps -> {
            act.run();
            steps.with(undo);
        });
    }

    /**
     * Takes permits of a gate, such as a bulkhead, and keeps them.
     *
     * @param gate whose
     * @param permits how many, from 1 up; if there are not so many left, the experiment does not start
     * @return a new burden
     */
    public static Burden take(Gate gate, int permits) {
        Require.nonNull(gate, "gate");
        Require.range(permits, 1, MOST, "permits");
        return of(permits + " permits of " + gate.name(), undo -> {
            for (int i = 0; i < permits; i++) {
                Permit permit = gate.tryAcquire();
                if (permit == null) {
                    throw new IllegalStateException(
                            gate + ": " + i + " permits left (expected: " + permits + ", for a burden)");
                }
                undo.with(permit::close);
            }
        });
    }

    /**
     * Takes all the permits that a gate has, such as a rate limiter, again and again.
     *
     * @param gate whose; what it has given out is not given back, because it fills up by itself
     * @param period longer than zero: how often it is drained
     * @return a new burden
     */
    public static Burden drain(Gate gate, Duration period) {
        Require.nonNull(gate, "gate");
        long nanos = Require.positiveNanos(period, "period");
        return new Burden("drained " + gate.name(), (environment, undo) -> {
            Draining draining = new Draining(gate, environment, nanos);
            undo.with(draining::end);
            draining.run();
        });
    }

    /**
     * Takes memory of the heap.
     *
     * @param megabytes how many, from 1 up
     * @return a new burden
     */
    public static Burden heap(int megabytes) {
        Require.range(megabytes, 1, MOST, "megabytes");
        return of(megabytes + " MB of the heap", undo -> {
            AtomicReference<@Nullable List<byte[]>> held = new AtomicReference<>();
            undo.with(() -> held.set(null));
            List<byte[]> blocks = new ArrayList<>();
            held.set(blocks);
            for (int i = 0; i < megabytes; i++) {
                blocks.add(new byte[BLOCK]);
            }
        });
    }

    /**
     * Holds threads of an operating system that do nothing.
     *
     * @param count how many, from 1 up
     * @return a new burden
     */
    public static Burden threads(int count) {
        Require.range(count, 1, MOST, "threads");
        return of(count + " threads", undo -> {
            CountDownLatch end = new CountDownLatch(1);
            undo.with(end::countDown);
            for (int i = 0; i < count; i++) {
                start(() -> awaitEnd(end));
            }
        });
    }

    /**
     * Keeps processors busy.
     *
     * @param count how many threads, from 1 up, each of which takes a processor as far as it gets one
     * @return a new burden
     */
    public static Burden processors(int count) {
        Require.range(count, 1, MOST, "processors");
        return of(count + " processors", undo -> {
            CountDownLatch end = new CountDownLatch(1);
            undo.with(end::countDown);
            for (int i = 0; i < count; i++) {
                start(() -> {
                    while (end.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                });
            }
        });
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "holdfast-burden");
        thread.setDaemon(true);
        thread.start();
    }

    private static void awaitEnd(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException over) {
            // Somebody else wants this thread to end.
        }
    }

    /** A gate that is drained again and again until that ends. */
    private static final class Draining implements Runnable {
        private final Gate gate;
        private final Environment environment;
        private final long nanos;
        private volatile boolean over;
        private volatile Environment.@Nullable Timer timer;

        Draining(Gate gate, Environment environment, long nanos) {
            this.gate = gate;
            this.environment = environment;
            this.nanos = nanos;
        }

        @Override
        public void run() {
            for (int i = 0; i < MOST && !over; i++) {
                Permit permit = gate.tryAcquire();
                if (permit == null) {
                    break;
                }
                permit.close();
            }
            // A gate may be somebody's, and is not asked on the timer's thread.
            timer = environment.schedule(() -> environment.executor().execute(this), nanos);
            if (over) {
                end();
            }
        }

        void end() {
            over = true;
            Environment.Timer next = timer;
            if (next != null) {
                next.cancel();
            }
        }
    }

    Armed arm(Terms terms) {
        return seat.take(terms, armed -> {
            try {
                setUp.begin(terms.environment(), step -> armed.undoing(() -> run(step)));
            } catch (RuntimeException | Error thrown) {
                throw thrown;
            } catch (Exception thrown) {
                throw new IllegalStateException(this + ": could not be set up for " + terms.title(), thrown);
            }
            armed.counts(Fault.BURDEN);
        });
    }

    private static void run(Checked.Runnable<? extends Exception> step) {
        try {
            step.run();
        } catch (RuntimeException thrown) {
            throw thrown;
        } catch (Exception thrown) {
            throw new IllegalStateException("could not be undone", thrown);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String toString() {
        return "Burden[" + Event.quoted(name) + " " + seat + "]";
    }
}
