// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.CallInterruptedException;
import dev.holdfast.testkit.VirtualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/** What happened, in order, with the virtual time at which it did; and which admissions have not ended. */
final class Trace {
    private final VirtualTime time;
    private final long start;
    private final List<String> lines = new ArrayList<>();
    private final List<String> wrongs = new ArrayList<>();
    private final Deque<String> inside = new ArrayDeque<>();
    private IntConsumer onLine = number -> {};
    private int entered;
    private int left;
    private boolean anyOrder;

    Trace(VirtualTime time) {
        this.time = time;
        this.start = time.nanoTime();
    }

    /** Runs with the number of each line that is added. */
    void onLine(IntConsumer action) {
        onLine = action;
    }

    /** For several calls at once, or work that is left behind: no one admission is the innermost. */
    void inAnyOrder() {
        anyOrder = true;
    }

    void add(String line) {
        lines.add((time.nanoTime() - start) + " " + line);
        onLine.accept(lines.size());
    }

    void entered(String admission) {
        entered++;
        inside.push(admission);
        add("enter " + admission);
    }

    void left(String admission, Object ending) {
        left++;
        if (anyOrder) {
            if (!inside.remove(admission)) {
                wrong("left: " + admission + " (expected: one of " + inside + ")");
            }
        } else {
            String innermost = inside.poll();
            if (!admission.equals(innermost)) {
                wrong("left: " + admission + " (expected: the innermost, " + innermost + ")");
            }
        }
        add("exit " + admission + " " + ending);
    }

    /** Remembers what must not happen: thrown from a policy, it would be one more failure of the call. */
    void wrong(String what) {
        wrongs.add(what);
    }

    List<String> wrongs() {
        return wrongs;
    }

    List<String> lines() {
        return lines;
    }

    /** Admissions that have not ended, innermost first. */
    List<String> inside() {
        return List.copyOf(inside);
    }

    int entered() {
        return entered;
    }

    int left() {
        return left;
    }

    /** An outcome in words that are the same whether a call was blocking or not. */
    static String outcome(Object value, Throwable thrown) {
        return thrown == null ? "gives " + value : "throws " + describe(thrown);
    }

    private static String describe(Throwable thrown) {
        if (thrown instanceof InterruptedException
                || thrown instanceof CallInterruptedException
                || thrown instanceof CancellationException) {
            return "(gone)";
        }
        return Arrays.stream(thrown.getSuppressed())
                .map(Trace::describe)
                .collect(Collectors.joining(
                        ", ", thrown.getClass().getSimpleName() + ": " + thrown.getMessage() + " [", "]"));
    }
}
