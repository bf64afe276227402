// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.Meter;
import dev.holdfast.Policy;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.UnaryOperator;
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
 * <p><b>The caller's time.</b> Where a call has less time left by its caller ({@link dev.holdfast.Pipeline#within}) than the duration, it
 * is that which ends it. It is counted and told here as ever, and the exception says so
 * ({@link TimeoutExceededException#isInherited}); others ignore it, because it says nothing about the dependency: no breaker counts
 * it, no retry repeats it.
 *
 * <p>Safe to share between threads. It has no state but its duration and counters.
 */
public final class Timeout extends Deadline {
    private static final VarHandle SETTINGS;

    static {
        try {
            SETTINGS = MethodHandles.lookup().findVarHandle(Timeout.class, "settings", TimeoutBuilder.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final LongAdder inTime = new LongAdder();
    private final LongAdder timedOut = new LongAdder();

    private volatile TimeoutBuilder settings;

    Timeout(TimeoutBuilder settings) {
        super(settings.name, settings.environment);
        this.settings = settings;
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
        return new TimeoutBuilder(name, null).duration(duration);
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
        return new TimeoutBuilder(name, Require.nonNull(duration, "duration"));
    }

    static long nanos(Duration duration, String name) {
        return Require.saturatedNanos(Require.nonNull(duration, name));
    }

    @Override
    protected boolean wantsCall() {
        return settings.perCall != null;
    }

    @Override
    protected long nanos(@Nullable Call call) {
        TimeoutBuilder now = settings;
        Function<? super Call, Duration> perCall = now.perCall;
        return perCall == null
                ? now.nanos
                : nanos(perCall.apply(Require.nonNull(call, "call")), "duration of the call");
    }

    @Override
    protected long fixedNanos() {
        TimeoutBuilder now = settings;
        return now.perCall == null ? now.nanos : Long.MAX_VALUE;
    }

    @Override
    protected @Nullable Executor executor() {
        return settings.executor;
    }

    @Override
    protected boolean interrupts() {
        return settings.interrupts;
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
    protected TimeoutExceededException exceededByCaller(long own, long left) {
        return new TimeoutExceededException(
                name(), quotedName(), Duration.ofNanos(own), Duration.ofNanos(Math.max(0, left)));
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
        reconfigure(now -> now.duration(duration));
    }

    /**
     * Changes settings for calls that come to this timeout from now on. Calls under way keep theirs.
     *
     * @param change gets a builder with the settings of now and gives it back changed; asked again if another
     *     reconfiguration was faster
     * @throws IllegalArgumentException if the environment or the executor is another; then nothing has changed
     * @throws IllegalStateException if it sets a duration although that depends on the call
     */
    public void reconfigure(UnaryOperator<TimeoutBuilder> change) {
        Require.nonNull(change, "change");
        TimeoutBuilder before;
        TimeoutBuilder after;
        do {
            before = settings;
            after = Require.nonNull(change.apply(before.copy()), "what change gave")
                    .copy();
            Require.same(after.environment, environment(), "environment of a reconfiguration");
            if (after.executor != before.executor) {
                throw new IllegalArgumentException("runOn: another executor (expected: the same as before, or none)");
            }
        } while (!SETTINGS.compareAndSet(this, before, after));
    }

    TimeoutBuilder settings() {
        return settings.copy();
    }

    @Override
    protected @Nullable String contradicts(List<Policy<?>> outside, List<Policy<?>> inside) {
        long own = limitNanos(this);
        for (Policy<?> other : outside) {
            if (own < Long.MAX_VALUE && limitNanos(other) <= own) {
                return "of " + Duration.ofNanos(own) + " ends no call that " + title(other) + " around it, of "
                        + Duration.ofNanos(limitNanos(other)) + ", would not end";
            }
        }
        return null;
    }

    @Override
    protected List<Meter> ownMeters() {
        String text = "Calls that had a limit, by whether they ended before it.";
        return List.of(
                Meter.counter("holdfast.timeout.calls", "{call}", text, inTime::sum)
                        .with("holdfast.outcome", "in_time"),
                Meter.counter("holdfast.timeout.calls", "{call}", text, timedOut::sum)
                        .with("holdfast.outcome", "timed_out"));
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
        TimeoutBuilder now = settings;
        String limit = now.perCall != null
                ? "by call"
                : now.nanos == Long.MAX_VALUE
                        ? "no limit"
                        : Duration.ofNanos(now.nanos).toString();
        return "Timeout[" + quotedName() + " " + limit + "]";
    }
}
