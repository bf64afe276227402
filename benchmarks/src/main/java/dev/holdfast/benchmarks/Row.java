// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row: a path under the same conditions for all.
 *
 * @param path what was measured
 * @param value the value of the parameter that grows, or empty
 * @param threads how many threads called at the same time
 * @param polluted see {@link Profile#polluted}
 * @param floor nanoseconds of the bare call and the clock readings that the path needs, measured in the same run; NaN if
 *     they were not
 * @param target nanoseconds that Holdfast may take here; NaN where there is no target
 * @param scores one for each form of each library, in the order in which they were measured
 */
record Row(Path path, String value, int threads, boolean polluted, double floor, double target, List<Score> scores) {
    /**
     * One form of one library.
     *
     * @param library whose
     * @param variant which form, or empty for its usual one
     * @param nanos a call, on each thread
     * @param bytes allocated by a call; NaN if unknown
     */
    record Score(Library library, String variant, double nanos, double bytes) {
        String title() {
            return variant.isEmpty() ? library.title : library.title + " " + variant;
        }
    }

    String title() {
        return String.format(path.title, value);
    }

    /** Holdfast's score, or {@code null} if it was left out. */
    @Nullable Score holdfast() {
        return scores.stream()
                .filter(score -> score.library() == Library.HOLDFAST)
                .findFirst()
                .orElse(null);
    }

    /** The fastest first. */
    List<Score> peers() {
        List<Score> peers = new ArrayList<>(scores);
        peers.removeIf(score -> score.library() == Library.HOLDFAST);
        peers.sort(Comparator.comparingDouble(Score::nanos));
        return peers;
    }

    /** Holdfast's time as a part of the fastest rival's; NaN where one is missing. */
    double toBestPeer() {
        Score holdfast = holdfast();
        return holdfast == null
                ? Double.NaN
                : peers().stream()
                        .filter(peer -> path.comparesWith(peer.variant()))
                        .mapToDouble(peer -> holdfast.nanos() / peer.nanos())
                        .findFirst()
                        .orElse(Double.NaN);
    }

    /** Holdfast's time as a multiple of the floor. */
    double toFloor() {
        Score holdfast = holdfast();
        return holdfast == null ? Double.NaN : holdfast.nanos() / floor;
    }
}
