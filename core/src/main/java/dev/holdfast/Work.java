// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

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

    private Work() {}

    // Each shape is only ever paired with its own number, in Policy, and with arguments that its caller chose to be null.
    @SuppressWarnings({"unchecked", "NullAway"})
    static @Nullable Object run(int shape, Object work, @Nullable Object a, @Nullable Object b, @Nullable Frame frame)
            throws Throwable {
        switch (shape) {
            case SUPPLIER:
                return ((Supplier<?>) work).get();
            case RUNNABLE:
                ((Runnable) work).run();
                return null;
            case CALLABLE:
                return ((Callable<?>) work).call();
            case FUNCTION:
                return ((Function<Object, ?>) work).apply(a);
            case BI_FUNCTION:
                return ((BiFunction<Object, Object, ?>) work).apply(a, b);
            case CONSUMER:
                ((Consumer<Object>) work).accept(a);
                return null;
            case CHECKED_SUPPLIER:
                return ((Checked.Supplier<?, ?>) work).get();
            case CHECKED_RUNNABLE:
                ((Checked.Runnable<?>) work).run();
                return null;
            case CHECKED_FUNCTION:
                return ((Checked.Function<Object, ?, ?>) work).apply(a);
            case CHECKED_BI_FUNCTION:
                return ((Checked.BiFunction<Object, Object, ?, ?>) work).apply(a, b);
            case CHECKED_CONSUMER:
                ((Checked.Consumer<Object, ?>) work).accept(a);
                return null;
            case WITH_CALL:
                return runWithCall((Function<Call, ?>) work, Require.nonNull(frame, "frame"));
            default:
                throw new AssertionError("shape: " + shape);
        }
    }

    private static @Nullable Object runWithCall(Function<Call, ?> work, Frame frame) {
        AbandonHooks hooks = AbandonHooks.ofBlocking(frame.chain.environment);
        try {
            return work.apply(Require.nonNull(frame.call, "call").withHooks(hooks));
        } finally {
            hooks.end();
        }
    }
}
