// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.List;
import java.util.Locale;

/** All seconds of all results, for whoever wants to draw them otherwise. */
final class Csv {
    private static final String HEADER =
            "contender,scenario,clients,second,phase,offered,answered,refused,requests,p50_ms,p99_ms\n";

    private Csv() {}

    static String of(List<Result> results) {
        StringBuilder out = new StringBuilder(HEADER);
        results.forEach(result -> append(out, result));
        return out.toString();
    }

    private static void append(StringBuilder out, Result result) {
        for (int i = 0; i < result.seconds().size(); i++) {
            Second second = result.seconds().get(i);
            out.append(String.format(
                    Locale.ROOT,
                    "%s,%s,%d,%d,%s,%d,%d,%d,%d,%s,%s%n",
                    result.contender().id(),
                    result.setting().scenario().title(),
                    result.setting().clients(),
                    i,
                    phase(result.setting(), i),
                    second.offered(),
                    second.answered(),
                    second.refused(),
                    second.requests(),
                    millis(second, 0.5),
                    millis(second, 0.99)));
        }
    }

    private static String phase(Case setting, int second) {
        return second < setting.before() ? "before" : second < setting.faultEnd() ? "fault" : "after";
    }

    /** Empty where nothing was answered. */
    private static String millis(Second second, double part) {
        double millis = second.times().millis(part);
        return Double.isNaN(millis) ? "" : String.format(Locale.ROOT, "%.1f", millis);
    }
}
