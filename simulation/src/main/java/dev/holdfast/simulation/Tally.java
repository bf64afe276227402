// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.RejectedException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Counts, second by second: a call belongs to the second in which it was made, a request to that in which it was sent. */
final class Tally {
    private static final long SECOND = 1_000_000_000L;

    private final Second[] seconds;
    private final Map<String, long[]> sent = new TreeMap<>();
    private final Latencies latencies = new Latencies();
    private long open;

    Tally(long lengthNanos) {
        seconds = new Second[(int) ((lengthNanos + SECOND - 1) / SECOND)];
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] = new Second(i);
        }
    }

    int seconds() {
        return seconds.length;
    }

    Second second(int index) {
        return seconds[index];
    }

    Latencies latencies() {
        return latencies;
    }

    /** Requests of each service, by second, and at last those that were sent after the end. */
    Map<String, long[]> sent() {
        return sent;
    }

    void offered(long now) {
        at(now).offered++;
        open++;
    }

    /** Calls that have not ended. */
    long open() {
        return open;
    }

    void sent(String service, long now) {
        int second = (int) Math.min(seconds.length, now / SECOND);
        sent.computeIfAbsent(service, name -> new long[seconds.length + 1])[second]++;
    }

    void ended(long start, long now, @Nullable Reply reply, @Nullable Throwable failure) {
        Second second = at(start);
        open--;
        if (reply != null && reply.isAnswerTo(start)) {
            second.answered++;
            second.latencies.add(now - start);
            latencies.add(now - start);
        } else if (failure == null) {
            second.degraded++;
        } else if (cause(failure) instanceof RejectedException) {
            second.refused++;
        } else {
            second.failed++;
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    /** What comes after the end belongs to the last second. */
    private Second at(long now) {
        return seconds[(int) Math.min(seconds.length - 1, now / SECOND)];
    }
}
