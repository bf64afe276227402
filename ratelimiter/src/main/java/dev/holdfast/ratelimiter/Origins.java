// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.util.Arrays;

/** Which limits go on in which when settings change. */
final class Origins {
    /** A limit that takes over from none. */
    static final int NONE = -1;

    private Origins() {}

    /**
     * Which limit each new one takes over: the one with the same settings, or else one of the same period, or else the one in
     * its place. {@link #NONE} for an additional one.
     */
    static int[] of(Limit[] from, Limit[] to) {
        int[] origins = new int[to.length];
        boolean[] taken = new boolean[from.length];
        Arrays.fill(origins, NONE);
        for (int likeness = 0; likeness < 3; likeness++) {
            for (int i = 0; i < to.length; i++) {
                for (int j = 0; origins[i] == NONE && j < from.length; j++) {
                    if (!taken[j] && isLike(from[j].spec, to[i].spec, i == j, likeness)) {
                        origins[i] = j;
                        taken[j] = true;
                    }
                }
            }
        }
        return origins;
    }

    private static boolean isLike(Limit.Spec from, Limit.Spec to, boolean inPlace, int likeness) {
        return switch (likeness) {
            case 0 -> from.equals(to);
            case 1 -> from.nanos() == to.nanos();
            default -> inPlace;
        };
    }
}
