// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import java.util.Locale;

/** Shares for people. */
final class Percents {
    private Percents() {}

    /** Never rounded to all or nothing when it is neither. */
    static String of(double share) {
        if (Double.isNaN(share)) {
            return "-";
        }
        String text = String.format(Locale.ROOT, "%.3f", Math.floor(share * 100_000 + 1e-6) / 1000);
        return text.replaceAll("\\.?0+$", "") + " %";
    }
}
