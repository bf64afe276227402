// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Limits how long a call may take.
 *
 * <pre>
 *                    ┌── the work ends ──────────▶ its outcome
 *   call ── starts ──┤   (one compare-and-set decides)
 *                    └── the duration is over ───▶ TimeoutExceededException; the work is
 *                                                  interrupted, abandoned or cancelled
 * </pre>
 *
 * <p><b>Blocking calls</b> run on their caller's thread, which is interrupted when the time is over, and at no other time:
 * when the call returns, the thread's interrupt flag is as it was. Work that does not react to interrupts holds its caller
 * until it ends; its late result is not given. Whatever the work does, when its time is over the call is counted, listeners hear of
 * it, and a breaker around this timeout learns of a failure. To end such work, give it the way to do it
 * ({@link Call#onAbandon}), or the client's own timeout ({@link Call#timeLeft}); to let the caller go, give the timeout an executor:
 * {@link TimeoutBuilder#runOn}.
 *
 * <p><b>What an interrupt destroys.</b> An interruptible channel on which the thread reads or writes at that moment is closed for
 * everybody: a shared {@code FileChannel}, and with it an embedded database (H2 or Lucene on a file cannot be used any more); on
 * virtual threads also a socket, so that a JDBC connection is lost to its pool. Where such things are shared, see
 * {@link TimeoutBuilder#interrupt}.
 *
 * <p><b>Asynchronous calls</b>: the stage that is under way is cancelled, and the caller's future completes, on the thread
 * that the environment has for what follows a wait. Whether work stops that has been cancelled is up to the work; most
 * futures of the JDK only stop telling what it gave. A stage that others share can be left alone:
 * {@link dev.holdfast.Pipeline#sharingStages}. Work that blocks before it gives its stage is given up as well, and interrupted,
 * where it runs on a thread that is there for calls: a bulkhead's, or that of a further attempt. The first attempt begins on its
 * caller's thread, and nobody but the work can free that.
 *
 * <p><b>How late.</b> Never early. On a machine that keeps up, a timer fires within a few milliseconds; on one that does not, later,
 * and a result that comes after its time is a timeout all the same.
 *
 * <p><b>Durations.</b> Zero or less: the work is not started, and the call fails at once. A duration that is longer than a
 * {@code long} of nanoseconds (292 years): no limit, and no timer. A timer never fires early, and is removed when its call
 * ends, however that ends.
 *
 * <p><b>Nested.</b> The timeout whose time is over first ends everything inside of it, including waits of retries and
 * other timeouts. {@link Call#timeLeft()} tells the work the smallest rest, to hand it on to the next service. Inside of a
 * retry, a timeout limits each attempt; outside, all of them together.
 *
 * <p>Safe to share between threads. It has no state but its duration and counters.
 */
public final class Timeout extends Deadline {
    /** {@code null} for a duration that is the same for every call. */
    private final @Nullable Function<? super Call, Duration> perCall;

    private final @Nullable Executor executor;
    private final boolean interrupts;
    private final LongAdder inTime = new LongAdder();
    private final LongAdder timedOut = new LongAdder();

    private volatile long nanos;

    Timeout(TimeoutBuilder settings) {
        super(settings.name, settings.environment);
        this.nanos = settings.nanos;
        this.perCall = settings.perCall;
        this.executor = settings.executor;
        this.interrupts = settings.interrupts;
    }

    /**
     * Creates a timeout on the caller's thread.
     *
     * @param name 1 to 256 characters, not blank
     * @param duration how long a call may take; zero, negative and huge ones as the class says
     * @return a new timeout
     */
    public static Timeout of(String name, Duration duration) {
        return builder(name, duration).build();
    }

    /**
     * Starts to build a timeout.
     *
     * @param name 1 to 256 characters, not blank
     * @param duration how long a call may take; zero, negative and huge ones as the class says
     * @return a builder
     */
    public static TimeoutBuilder builder(String name, Duration duration) {
        return new TimeoutBuilder(name, nanos(duration, "duration"), null);
    }

    /**
     * Starts to build a timeout whose duration depends on the call: on its argument, its attempt, or the time that is
     * left. Costs an allocation a call.
     *
     * @param name 1 to 256 characters, not blank
     * @param duration asked whenever a call comes to this timeout, which inside of a retry is once an attempt; from any
     *     thread; zero, negative and huge ones as the class says; if it throws, or gives {@code null}, the call is refused
     *     by an {@link dev.holdfast.UnavailableException} before the work is started
     * @return a builder
     */
    public static TimeoutBuilder builder(String name, Function<? super Call, Duration> duration) {
        return new TimeoutBuilder(name, 0, Require.nonNull(duration, "duration"));
    }

    private static long nanos(Duration duration, String name) {
        return Require.saturatedNanos(Require.nonNull(duration, name));
    }

    @Override
    protected boolean wantsCall() {
        return perCall != null;
    }

    @Override
    protected long nanos(@Nullable Call call) {
        return perCall == null ? nanos : nanos(perCall.apply(Require.nonNull(call, "call")), "duration of the call");
    }

    @Override
    protected @Nullable Executor executor() {
        return executor;
    }

    @Override
    protected boolean interrupts() {
        return interrupts;
    }

    @Override
    protected void passed() {
        timedOut.increment();
    }

    @Override
    protected TimeoutExceededException exceeded(long limit) {
        return new TimeoutExceededException(name(), quotedName(), Duration.ofNanos(Math.max(0, limit)));
    }

    @Override
    protected void kept() {
        inTime.increment();
    }

    /**
     * Changes the duration for calls that come to this timeout from now on. Calls under way keep theirs.
     *
     * @param duration how long a call may take; zero, negative and huge ones as the class says
     * @throws IllegalStateException if the duration depends on the call
     */
    public void reconfigure(Duration duration) {
        long changed = nanos(duration, "duration");
        if (perCall != null) {
            throw new IllegalStateException(
                    this + ": duration " + duration + " (expected: a timeout of a fixed duration)");
        }
        nanos = changed;
    }

    /**
     * What has happened here since the timeout was built.
     *
     * @return counts that only grow
     */
    public Counts counts() {
        return new Counts(inTime.sum(), timedOut.sum());
    }

    /**
     * What has happened at a timeout since it was built. Calls that had no limit are not counted.
     *
     * @param inTime calls that ended before their deadline, whatever their outcome
     * @param timedOut calls that did not
     */
    public record Counts(long inTime, long timedOut) {}

    @Override
    public String toString() {
        long now = nanos;
        String limit = perCall != null
                ? "by call"
                : now == Long.MAX_VALUE ? "no limit" : Duration.ofNanos(now).toString();
        return "Timeout[" + quotedName() + " " + limit + "]";
    }
}
