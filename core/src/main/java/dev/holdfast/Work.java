// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What user code looks like to the blocking engine, and to the asynchronous one: a functional object, a number that says which shape it has, and up to two
 * arguments. Wrapping every shape in a lambda of one kind would be shorter, and would allocate at each call.
 */
final class Work {
    static final int SUPPLIER = 0;
    static final int RUNNABLE = 1;
    static final int CALLABLE = 2;
    static final int FUNCTION = 3;
    static final int BI_FUNCTION = 4;
    static final int CONSUMER = 5;
    static final int CHECKED_SUPPLIER = 6;
    static final int CHECKED_RUNNABLE = 7;
    static final int CHECKED_FUNCTION = 8;
    static final int CHECKED_BI_FUNCTION = 9;
    static final int CHECKED_CONSUMER = 10;
    /** A function of the call's context, which is built for it. */
    static final int WITH_CALL = 11;
    /** A supplier of a stage whose result is nobody's business. */
    static final int RUN_STAGE = 12;
    /** A function that gives such a stage. */
    static final int CONSUME_STAGE = 13;

    /** A function of the call's context and of an argument. */
    static final int FUNCTION_WITH_CALL = 14;
    /** Work without a result, written as a function of the call's context. */
    static final int RUN_WITH_CALL = 15;
    /** The same, of an argument. */
    static final int CONSUME_WITH_CALL = 16;
    /** A function of the call's context that gives a stage whose result is nobody's business. */
    static final int RUN_STAGE_WITH_CALL = 17;

    /** Stands for the result of work that has none: no rule on results is asked about it, and nobody outside ever sees it. */
    static final Object NOTHING = new Object();

    private Work() {}

    /** Work that has been put into another form. */
    interface Adapted {
        /** What the user gave. */
        Object original();
    }

    /** Work of one attempt of a race, in the place of the call's. */
    interface OfAttempt {
        /** Whether the work has begun, once at least. */
        boolean hasBegun();

        /** The work of the call of which an attempt of this race runs it. */
        Object ofCall(Race<?> race);

        /** What an attempt is to run through all of its policies: its own work where it can be rolled back, or its race wants to know whether it has begun. */
        static Object of(Object work, Race<?> race, @Nullable Lease<?> lease, Chain whole) {
            if (lease == null) {
                return work;
            }
            if (work instanceof Rollback.Reversible reversible) {
                return reversible.attempt(race, lease);
            }
            return race.askWantsBegun() && whole.mayReplace ? new NotedWork(work, race) : work;
        }

        /** The other way round: the call's work, where an attempt of this race runs what {@link #of} has given. */
        static Object callsWork(Object own, Race<?> race) {
            return own instanceof OfAttempt attempt ? attempt.ofCall(race) : own;
        }
    }

    /** The class of what the user gave. */
    static Class<?> classOf(Object work) {
        return (work instanceof Adapted adapted ? adapted.original() : work).getClass();
    }

    /** Whether work of a shape has a result. */
    static boolean hasResult(int shape) {
        switch (shape) {
            case RUNNABLE,
                    CONSUMER,
                    CHECKED_RUNNABLE,
                    CHECKED_CONSUMER,
                    RUN_STAGE,
                    CONSUME_STAGE,
                    RUN_WITH_CALL,
                    CONSUME_WITH_CALL,
                    RUN_STAGE_WITH_CALL:
                return false;
            default:
                return true;
        }
    }

    /** Whether work of a shape is called with something. */
    static boolean hasArgument(int shape) {
        switch (shape) {
            case FUNCTION,
                    BI_FUNCTION,
                    CONSUMER,
                    CHECKED_FUNCTION,
                    CHECKED_BI_FUNCTION,
                    CHECKED_CONSUMER,
                    CONSUME_STAGE,
                    FUNCTION_WITH_CALL,
                    CONSUME_WITH_CALL:
                return true;
            default:
                return false;
        }
    }

    /** Whether work of a shape gets the context of its call. */
    static boolean wantsCall(int shape) {
        return shape == WITH_CALL || shape >= FUNCTION_WITH_CALL;
    }

    /** What a stage, or a policy in place of the work, has given to a call of a shape. */
    static @Nullable Object resultOf(int shape, @Nullable Object given) {
        return hasResult(shape) ? given : NOTHING;
    }

    /** A result as others than the engines may see it. */
    static @Nullable Object shown(@Nullable Object value) {
        return value == NOTHING ? null : value;
    }

    // Each shape is only ever paired with its own number, in Policy, and with arguments that its caller chose to be
    // null.
    @SuppressWarnings({"unchecked", "NullAway"})
    static @Nullable Object run(int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        switch (shape) {
            case SUPPLIER, RUN_STAGE:
                return ((Supplier<?>) work).get();
            case RUNNABLE:
                ((Runnable) work).run();
                return NOTHING;
            case CALLABLE:
                return ((Callable<?>) work).call();
            case FUNCTION, CONSUME_STAGE:
                return ((Function<Object, ?>) work).apply(a);
            case BI_FUNCTION:
                return ((BiFunction<Object, Object, ?>) work).apply(a, b);
            case CONSUMER:
                ((Consumer<Object>) work).accept(a);
                return NOTHING;
            case CHECKED_SUPPLIER:
                return ((Checked.Supplier<?, ?>) work).get();
            case CHECKED_RUNNABLE:
                ((Checked.Runnable<?>) work).run();
                return NOTHING;
            case CHECKED_FUNCTION:
                return ((Checked.Function<Object, ?, ?>) work).apply(a);
            case CHECKED_BI_FUNCTION:
                return ((Checked.BiFunction<Object, Object, ?, ?>) work).apply(a, b);
            case CHECKED_CONSUMER:
                ((Checked.Consumer<Object, ?>) work).accept(a);
                return NOTHING;
            case WITH_CALL, FUNCTION_WITH_CALL, RUN_WITH_CALL, CONSUME_WITH_CALL:
                return runWithCall(shape, work, a, Require.nonNull(frame, "frame"));
            default:
                throw new AssertionError("shape: " + shape);
        }
    }

    /** Applies work to the context of its call, and to its argument if it has one; what comes is a stage in asynchronous calls. */
    @SuppressWarnings({"unchecked", "NullAway"})
    static @Nullable Object apply(int shape, Object work, Call call, @Nullable Object argument) {
        return hasArgument(shape)
                ? ((BiFunction<Call, Object, ?>) work).apply(call, argument)
                : ((Function<Call, ?>) work).apply(call);
    }

    private static @Nullable Object runWithCall(int shape, Object work, @Nullable Object argument, Frame frame) {
        AbandonHooks hooks = AbandonHooks.ofBlocking(frame.chain);
        try {
            Call call = Require.nonNull(frame.call, "call").withHooks(hooks);
            return resultOf(shape, apply(shape, work, call, argument));
        } finally {
            hooks.end();
        }
    }
}
