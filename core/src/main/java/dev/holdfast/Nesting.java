// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * How deep calls are nested on the stack of a thread because one that ends lets the next one go on: it completes a stage that the
 * next one waits for, or its executor runs tasks inside of {@code execute}. From a certain depth on they go on elsewhere.
 *
 * <p>A thread-local, which is gone when the outermost of them has returned.
 */
final class Nesting {
    /** A level takes 6 KiB of stack and more in code that is not compiled yet; the smallest stacks in use have some 100 KiB. */
    private static final int DEEPEST = 8;

    private static final ThreadLocal<int @Nullable []> DEPTH = new ThreadLocal<>();

    private Nesting() {}

    /** One deeper, and {@link #exit} must follow; {@code false} if that would be too deep. */
    static boolean enter() {
        int[] depth = DEPTH.get();
        if (depth == null) {
            DEPTH.set(new int[] {1});
            return true;
        }
        if (depth[0] == DEEPEST) {
            return false;
        }
        depth[0]++;
        return true;
    }

    static void exit() {
        int[] depth = DEPTH.get();
        if (depth == null || --depth[0] == 0) {
            DEPTH.remove();
        }
    }
}
