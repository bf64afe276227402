// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.Locale;

/** Numbers as people read them, the same on every machine. */
final class Units {
    static final String NONE = "-";

    private Units() {}

    /** Two significant digits or so; nothing for a negative number. */
    static String duration(long nanos) {
        if (nanos < 0) {
            return NONE;
        }
        double millis = nanos / 1e6;
        if (millis < 1) {
            return format("%.2f ms", millis);
        }
        if (millis < 10) {
            return format("%.1f ms", millis);
        }
        return millis < 1000 ? format("%.0f ms", millis) : format("%.1f s", millis / 1000);
    }

    static String seconds(long nanos) {
        return nanos < 0 ? NONE : format("%.1f s", nanos / 1e9);
    }

    static String percent(double percent) {
        // 99.97 must not become 100: that would be a claim.
        double shown = percent < 100 ? Math.min(percent, 99.9) : percent;
        return format("%.1f %%", shown);
    }

    static String perSecond(double rate) {
        return format("%.0f/s", rate);
    }

    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
