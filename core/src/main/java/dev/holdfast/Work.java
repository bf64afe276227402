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

    /** Stands for the result of work that has none: no rule on results is asked about it, and nobody outside ever sees it. */
    static final Object NOTHING = new Object();

    private Work() {}

    /** Whether work of a shape has a result. */
    static boolean hasResult(int shape) {
        switch (shape) {
            case RUNNABLE, CONSUMER, CHECKED_RUNNABLE, CHECKED_CONSUMER, RUN_STAGE, CONSUME_STAGE:
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
                    CONSUME_STAGE:
                return true;
            default:
                return false;
        }
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
            case WITH_CALL:
                return runWithCall((Function<Call, ?>) work, Require.nonNull(frame, "frame"));
            default:
                throw new AssertionError("shape: " + shape);
        }
    }

    private static @Nullable Object runWithCall(Function<Call, ?> work, Frame frame) {
        AbandonHooks hooks = AbandonHooks.ofBlocking(frame.chain);
        try {
            return work.apply(Require.nonNull(frame.call, "call").withHooks(hooks));
        } finally {
            hooks.end();
        }
    }
}
