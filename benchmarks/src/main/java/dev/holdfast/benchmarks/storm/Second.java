// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The calls that were due in one second, whenever they ended.
 *
 * @param offered how many there were
 * @param answered how many had an answer
 * @param refused how many the policies let not even try
 * @param requests how many requests were sent for them
 * @param times how long those took that had an answer
 */
record Second(int offered, int answered, int refused, int requests, Times times) {
    /** Answered calls over offered ones; 1 where none was offered. */
    double goodput() {
        return offered == 0 ? 1 : (double) answered / offered;
    }

    /** Counts calls, all of them as those of one second. */
    static Second of(Collection<Call> calls) {
        return new Second(
                calls.size(),
                (int) calls.stream().filter(Call::answered).count(),
                (int) calls.stream().filter(Call::refused).count(),
                calls.stream().mapToInt(Call::requests).sum(),
                Times.of(calls.stream()
                        .filter(Call::answered)
                        .mapToLong(Call::tookNanos)
                        .toArray()));
    }

    /** Sorts calls into seconds. */
    static List<Second> by(List<Call> calls, int seconds) {
        List<List<Call>> sorted = new ArrayList<>();
        for (int i = 0; i < seconds; i++) {
            sorted.add(new ArrayList<>());
        }
        for (Call call : calls) {
            sorted.get((int) (call.nanos() / 1_000_000_000)).add(call);
        }
        return sorted.stream().map(Second::of).collect(Collectors.toList());
    }
}
