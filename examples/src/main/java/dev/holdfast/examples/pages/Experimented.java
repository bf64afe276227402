// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Pipeline;
import dev.holdfast.availability.Indicator;
import dev.holdfast.chaos.AbortGuard;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.Comparison;
import dev.holdfast.chaos.Experiment;
import dev.holdfast.chaos.ExperimentRun;
import dev.holdfast.chaos.Probe;
import dev.holdfast.chaos.Report;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Every Java block of the page on experiments. */
final class Experimented {
    private Experimented() {}

    static Report smallest(Indicator orders, Chaos chaos) {
        // tag: experiment-smallest
        Experiment slow = Experiment.builder("orders survive a slow stock service")
                .owner("payments on call")
                .reason("before the sale")
                .inject(chaos)
                .hypothesis(Probe.ratio("orders answered", orders::counts).atLeast(0.99))
                .abortAt(AbortGuard.badRate(0.01, 0.05))
                .lasting(Duration.ofMinutes(5))
                .build();
        Report report = slow.run();
        // end
        return report;
    }

    static void started(Experiment slow, Path page) throws IOException {
        // tag: experiment-started
        ExperimentRun run = slow.start();
        run.abort("the sale begins"); // when it returns, nothing is injected any more
        Report report = run.await();
        System.out.print(report.text());
        Files.writeString(page, report.html());
        // end
    }

    static Pipeline<Object> compared(Fallback<Object> fallback, Retry<Object> retry, Chaos chaos) {
        // tag: experiment-compared
        Comparison groups = Comparison.by("orders", call -> call.argument().orElse(null), 0.5);
        Pipeline<Object> pipeline = Pipeline.of(groups, fallback, retry, chaos);
        // end
        return pipeline;
    }
}
