// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/**
 * Forgets what tasks have left in the thread-locals of a thread that others use after them: one tenant's name, say, that the next
 * call would log.
 *
 * <p>The JDK does so for some of its own pools and offers it to nobody. Up to JDK 23 its {@code Unsafe} reaches the field; from
 * 24 on it must not be used any more, and there {@link SharedThreads} are virtual and serve one task each.
 */
final class ThreadLocals {
    private static final @Nullable MethodHandle FORGET = forget("threadLocals");
    private static final @Nullable MethodHandle FORGET_INHERITABLE = forget("inheritableThreadLocals");

    private ThreadLocals() {}

    /** Whether {@link #erase} does anything here. */
    static boolean canBeErased() {
        return FORGET != null && FORGET_INHERITABLE != null;
    }

    /** Of the current thread. */
    static void erase() {
        if (FORGET != null && FORGET_INHERITABLE != null) {
            try {
                Object thread = Thread.currentThread();
                FORGET.invokeExact(thread);
                FORGET_INHERITABLE.invokeExact(thread);
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }
    }

    /** {@code unsafe.putObject(thread, offset of the field, null)} of a thread, or {@code null} where that cannot be had. */
    private static @Nullable MethodHandle forget(String field) {
        if (Runtime.version().feature() >= 24) {
            return null;
        }
        try {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            Field instance = type.getDeclaredField("theUnsafe");
            instance.setAccessible(true);
            Object unsafe = instance.get(null);
            long offset = (long) type.getMethod("objectFieldOffset", Field.class)
                    .invoke(unsafe, Thread.class.getDeclaredField(field));
            MethodHandle put = MethodHandles.publicLookup()
                    .findVirtual(
                            type,
                            "putObject",
                            MethodType.methodType(void.class, Object.class, long.class, Object.class));
            return MethodHandles.insertArguments(
                    MethodHandles.insertArguments(put.bindTo(unsafe), 1, offset), 1, (Object) null);
        } catch (ReflectiveOperationException | RuntimeException absent) {
            return null;
        }
    }
}
