// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * When attempts end that a race of this call has called off. Nobody waits for them but gates around the race that hold until the work
 * ends, each for those of its own stay. There only once a race had such attempts.
 */
final class AttemptEnds {
    private final List<CompletableFuture<?>> ends = new ArrayList<>();
    /** For each level: how many of them there were when the call came in. */
    private final int[] before;

    AttemptEnds(int levels) {
        before = new int[levels];
    }

    void add(CompletableFuture<?> end) {
        ends.add(end);
    }

    /** Those of a part of this call. */
    void addAll(AttemptEnds inner) {
        ends.addAll(inner.ends);
    }

    /** The call has come into the gate of this level. */
    void entered(int level) {
        before[level] = ends.size();
    }

    /** When the attempts inside of this level end; {@code null} if there are none. */
    @Nullable CompletableFuture<Void> inside(int level) {
        List<CompletableFuture<?>> inside = ends.subList(before[level], ends.size());
        return inside.isEmpty() ? null : CompletableFuture.allOf(inside.toArray(CompletableFuture<?>[]::new));
    }

    CompletableFuture<Void> all() {
        return CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new));
    }
}
