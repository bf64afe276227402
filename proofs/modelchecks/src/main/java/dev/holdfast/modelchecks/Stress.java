// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.modelchecks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;

/**
 * Runs the jcstress tests, and fails if one of them fails or if a negative control shows nothing: a test whose mutant
 * passes proves nothing. Arguments are jcstress's own; without them it takes
 * those that work on two processors.
 */
public final class Stress {
    private static final Map<String, String> DEFAULTS = Map.of(
            "-f",
            "1",
            "-fsm",
            "1",
            "-iters",
            "3",
            "-time",
            "300",
            "-sc",
            "false",
            "-af",
            "NONE",
            "-jvmArgs",
            "-XX:+UseParallelGC",
            "-hs",
            "128",
            "-r",
            "jcstress");

    private Stress() {}

    /**
     * Runs.
     *
     * @param args such as {@code -t RateLimiter}
     * @throws Exception what jcstress throws
     */
    public static void main(String[] args) throws Exception {
        List<String> all = new ArrayList<>(List.of(args));
        DEFAULTS.forEach((option, value) -> {
            if (!all.contains(option)) {
                all.addAll(List.of(option, value));
            }
        });
        Options options = new Options(all.toArray(String[]::new));
        if (!options.parse()) {
            throw new IllegalArgumentException("arguments: " + all);
        }
        new JCStress(options).run();
        InProcessCollector results = new InProcessCollector();
        new DiskReadCollector(options.getResultFile(), results).dump();
        List<TestResult> tests = ReportUtils.mergedByName(results.getTestResults());
        int controls = 0;
        for (TestResult test : tests) {
            if (test.getName().endsWith("Mutant")) {
                controls++;
                requireSeen(test);
            }
        }
        if (tests.isEmpty() || controls * 2 != tests.size()) {
            throw new AssertionError(controls + " negative controls for " + (tests.size() - controls) + " tests");
        }
        System.out.println(controls + " tests passed, and each of their negative controls failed as it must.");
    }

    private static void requireSeen(TestResult control) {
        for (GradingResult outcome : control.grading().gradingResults.values()) {
            if (outcome.description.startsWith("MUST BE SEEN") && outcome.count > 0) {
                return;
            }
        }
        throw new AssertionError(
                control.getName() + ": the forbidden outcome did not show; run again, or longer (-time)");
    }
}
