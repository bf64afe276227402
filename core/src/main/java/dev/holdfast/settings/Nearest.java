// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * What somebody may have meant who has written an unknown name: the known one with the fewest letters to insert, leave out, replace or
 * swap with their neighbours (optimal string alignment).
 */
public final class Nearest {
    /** Names that nobody has mistyped. */
    private static final int LONGEST = 64;

    private Nearest() {}

    /**
     * What is said behind an unknown name.
     *
     * @param written the unknown name
     * @param known the known ones
     * @return the nearest one, where there is one near enough, and all of them
     */
    public static String hint(String written, Collection<String> known) {
        String nearest = null;
        int least = Math.max(2, written.length() / 3) + 1;
        for (String name : written.length() > LONGEST ? List.<String>of() : new TreeSet<>(known)) {
            int distance = distance(written, name);
            if (distance < least) {
                least = distance;
                nearest = name;
            }
        }
        String all = " (expected: one of " + String.join(", ", known) + ")";
        return nearest == null ? all : ", did you mean " + nearest + "?" + all;
    }

    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
