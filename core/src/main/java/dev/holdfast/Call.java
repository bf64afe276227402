// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The context of one attempt of one call: for the work itself, when it was given to {@link Policy#callWith}, and for
 * listeners. Built only for those who ask. Immutable, except that {@link #elapsed()} and {@link #timeLeft()} read the
 * clock, that {@link #onAbandon} takes hooks, and that {@link #commit} tells all contexts of the call.
 */
public final class Call {
    /** The argument of a call that has none; {@code null} is one. */
    static final Object NO_ARGUMENT = new Object();
    /** The deadline of a call that has none. */
    static final long NO_LIMIT = Long.MAX_VALUE;

    private static final VarHandle FURTHER;

    static {
        try {
            FURTHER = MethodHandles.lookup().findVarHandle(Call.class, "further", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Policy<?> pipeline;
    private final Environment environment;
    private final @Nullable Object argument;
    private final int attempt;
    private final long started;
    /** Nanoseconds from {@link #started} to the deadline: a difference, because clock readings wrap around. */
    private final long limit;
    /** Of the start of the work that was given this. */
    private final @Nullable AbandonHooks hooks;

    private final int lane;
    private final @Nullable Object target;

    /** The first context of this call, which keeps what all of them share. */
    private final Call root;
    /** Of the root. */
    private Class<?> operation = Object.class;
    /** Attempts beyond the first; of the root. */
    private volatile int further;
    /** Of the root. */
    private volatile boolean committed;

    private Call(
            @Nullable Call root,
            Policy<?> pipeline,
            Environment environment,
            @Nullable Object argument,
            int attempt,
            long started,
            long limit,
            @Nullable AbandonHooks hooks,
            int lane,
            @Nullable Object target) {
        this.root = root == null ? this : root;
        this.pipeline = pipeline;
        this.environment = environment;
        this.argument = argument;
        this.attempt = attempt;
        this.started = started;
        this.limit = limit;
        this.hooks = hooks;
        this.lane = lane;
        this.target = target;
    }

    static Call start(Chain chain, Object work, @Nullable Object argument) {
        Call call = new Call(null, chain.owner, chain.environment, argument, 1, chain.now(), NO_LIMIT, null, 0, null);
        call.operation = Work.classOf(work);
        return call;
    }

    /** The same call, made on the current thread, which may have deadlines of other pipelines. */
    Call onThread() {
        long left = Interruptions.nanosLeft(environment, started);
        return left == NO_LIMIT ? this : withDeadline(started, left);
    }

    Call withAttempt(int number) {
        if (number > 1) {
            FURTHER.getAndAdd(root, 1);
        }
        return new Call(root, pipeline, environment, argument, number, started, limit, hooks, lane, target);
    }

    /** The same call with a deadline no later than {@code nanos} after {@code now}. */
    Call withDeadline(long now, long nanos) {
        // A clock may go back.
        long spent = Math.max(0, now - started);
        long fromStart = nanos > NO_LIMIT - spent ? NO_LIMIT : spent + nanos;
        return fromStart < limit
                ? new Call(root, pipeline, environment, argument, attempt, started, fromStart, hooks, lane, target)
                : this;
    }

    Call withHooks(AbandonHooks own) {
        return new Call(root, pipeline, environment, argument, attempt, started, limit, own, lane, target);
    }

    /** An attempt of a race, on what its lease is of. */
    Call withLane(int number, @Nullable Lease<?> lease) {
        if (number > 0) {
            FURTHER.getAndAdd(root, 1);
        }
        Object on = lease == null ? target : lease.target();
        Object with = Lease.argumentOf(argument, on);
        return new Call(root, pipeline, environment, with, attempt, started, limit, hooks, number, on);
    }

    /**
     * What the call is called.
     *
     * @return the name of the pipeline, or of the policy where it stands alone
     */
    public String name() {
        return pipeline.name();
    }

    /**
     * The pipeline that the call was made through.
     *
     * @return the pipeline, or the policy itself where it stands alone
     */
    public Policy<?> pipeline() {
        return pipeline;
    }

    /** How many attempts there have been so far, of all loops and races together. */
    int attempts() {
        return 1 + root.further;
    }

    /**
     * From here on no further attempt is made: no retry repeats this call, and no race starts another attempt beside it. For work that
     * has begun to hand on what it got, such as a response whose first bytes are out. How the attempt ends counts as ever; a fallback
     * may still replace it. Without effect on attempts that are under way.
     */
    public void commit() {
        root.committed = true;
    }

    /**
     * Whether {@link #commit} has been called, at any attempt of this call.
     *
     * @return whether no further attempt is made
     */
    public boolean isCommitted() {
        return root.committed;
    }

    Duration sinceStart() {
        long now = Gate.readingOrNone(environment);
        return now == Gate.NO_TIME ? Duration.ZERO : Duration.ofNanos(Math.max(0, now - root.started));
    }

    /**
     * Which attempt this is.
     *
     * @return 1 for the first; counts the attempts of the innermost retry
     */
    public int attempt() {
        return attempt;
    }

    /**
     * Which attempt of the innermost race around this place it is: of a hedge, or a failover.
     *
     * @return 0 for the first, and where there is no race
     */
    public int lane() {
        return lane;
    }

    /**
     * What the attempt works on, where a race has chosen it, such as one node of many.
     *
     * @return empty where no race has
     */
    public Optional<Object> target() {
        return Optional.ofNullable(target);
    }

    /**
     * What the call was made with.
     *
     * @return the argument, where the work is a function or a consumer of one; a list of both, where it is a function of two;
     *     empty where it is neither, and where the argument is {@code null}
     */
    public Optional<Object> argument() {
        return Optional.ofNullable(argument == NO_ARGUMENT ? null : argument);
    }

    /**
     * Whether the work is a function or a consumer.
     *
     * @return also {@code true} where the argument is {@code null}
     */
    public boolean hasArgument() {
        return argument != NO_ARGUMENT;
    }

    /**
     * Which work it is, to tell calls of one operation from those of another: the class of the functional object. Each lambda and each
     * method reference in the source has a class of its own, so {@code pipeline.function(client::stock)} and
     * {@code pipeline.function(client::price)} differ; one object of one's own that does several things does not.
     *
     * @return a class; equal for all attempts of a call
     */
    public Class<?> operation() {
        return root.operation;
    }

    /**
     * How long the call has taken until now, all attempts and waits together.
     *
     * @return not negative
     */
    public Duration elapsed() {
        return Duration.ofNanos(Math.max(0, environment.nanoTime() - started));
    }

    /**
     * How long the call may still take: what to hand on to the next service. A blocking call knows the deadlines of its thread,
     * whatever pipelines they belong to; an asynchronous one those of its own pipeline.
     *
     * @return not negative; empty where no deadline applies
     */
    public Optional<Duration> timeLeft() {
        return limit == NO_LIMIT ? Optional.empty() : Optional.of(Duration.ofNanos(nanosLeft(environment.nanoTime())));
    }

    /** Nanoseconds until the deadline, not negative. */
    private long nanosLeft(long now) {
        return Math.max(0, limit - Math.max(0, now - started));
    }

    /**
     * Has something done if this start of the work is given up before it has ended: at a deadline, when the caller is interrupted,
     * or when the call's future is cancelled. For work that does not notice an interrupt, or goes on elsewhere: a request that can
     * be cancelled, a statement, a connection that can be closed.
     *
     * <pre>{@code
     * pipeline.callWith(call -> {
     *     Request request = client.request(...);
     *     call.onAbandon(request::cancel);
     *     return request.execute();
     * });
     * }</pre>
     *
     * <p>Some clients forget a cancellation that comes before their work has begun, as {@code java.sql.Statement.cancel()} does: hooks of
     * those cancel again until the work has ended.
     *
     * <p>Each hook runs once at most, on one of the environment's threads, also if it is added when the work has been given up
     * already: then at once, on the thread that adds it. It has the {@link ThreadContext} of the thread that added it. When the work
     * has ended, hooks are dropped: none begins to run any more; one that runs at that moment goes on. What a hook throws is logged. An
     * interrupt of the thread of a blocking call is noticed within 20 ms.
     *
     * <p>Without effect on a context that a listener or a policy got, and not the work.
     *
     * @param hook ends the work; may block
     */
    public void onAbandon(Runnable hook) {
        Require.nonNull(hook, "hook");
        if (hooks != null) {
            hooks.add(hook);
        }
    }

    @Override
    public String toString() {
        return "Call[" + Names.quoted(name()) + " attempt " + attempt + "]";
    }
}
