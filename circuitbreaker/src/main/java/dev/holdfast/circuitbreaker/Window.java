// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;

/** Which results a breaker looks at: the last so many, or those of the last so long. Immutable. */
public final class Window {
    private static final int DEFAULT_BUCKETS = 10;

    /** 0 for a window over time. */
    final int calls;
    /** 0 for a window over calls. */
    final long nanos;

    final int buckets;

    private Window(int calls, long nanos, int buckets) {
        this.calls = calls;
        this.nanos = nanos;
        this.buckets = buckets;
    }

    /**
     * The last {@code size} results, exactly. Takes 8 bytes a result.
     *
     * @param size 1 to 100,000
     * @return a window
     */
    public static Window calls(int size) {
        return new Window(Require.range(size, 1, CountWindow.MAX_SIZE, "size"), 0, 0);
    }

    /**
     * The results of the last {@code length}, in 10 buckets.
     *
     * @param length at least 1 ms
     * @return a window
     */
    public static Window time(Duration length) {
        return time(length, DEFAULT_BUCKETS);
    }

    /**
     * The results of the last {@code length}. They are kept in buckets and leave a bucket at a time, so the window is
     * exact to {@code length / buckets}, and never longer than {@code length}.
     *
     * @param length at least 1 ms
     * @param buckets 1 to 1000
     * @return a window
     */
    public static Window time(Duration length, int buckets) {
        long nanos = Require.nanosAtLeast(length, Duration.ofMillis(1), "length");
        return new Window(0, nanos, Require.range(buckets, 1, 1000, "buckets"));
    }

    /** Of text as {@link #toString} gives it. */
    static Window read(String text) {
        String[] words = text.trim().split("\\s+", -1);
        if (words.length == 2 && words[1].startsWith("call")) {
            return calls(Integer.parseInt(words[0]));
        }
        if (words.length == 3 && words[1].equals("in")) {
            return time(Durations.read(words[0]), Integer.parseInt(words[2]));
        }
        return time(Durations.read(text));
    }

    boolean isSameAs(Window other) {
        return calls == other.calls && nanos == other.nanos && buckets == other.buckets;
    }

    @Override
    public String toString() {
        if (calls > 0) {
            return calls + " calls";
        }
        String time = Durations.write(Duration.ofNanos(nanos));
        return buckets == DEFAULT_BUCKETS ? time : time + " in " + buckets;
    }
}
