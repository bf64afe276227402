// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.chaos;

import dev.holdfast.Pipeline;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosPermission;
import dev.holdfast.chaos.Delay;
import dev.holdfast.chaos.Experiment;
import dev.holdfast.chaos.ExperimentRun;
import dev.holdfast.chaos.Probe;
import dev.holdfast.chaos.Report;
import dev.holdfast.chaos.Verdict;
import dev.holdfast.guard.Guard;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Do orders survive a stock service that fails and is slow? The same experiment twice, side by side: with a guard of which nothing is set, and with bare
 * calls. A service over HTTP, 25 orders a second each, most of a minute. Prints both reports and writes them as pages and journals.
 *
 * <p>It ends with 0 if the hypothesis was confirmed with the guard and refuted without.
 */
public final class Survive {
    private static final int OTHERWISE = 1;
    private static final int CANNOT_RUN = 3;
    private static final int ORDERS_PER_SECOND = 25;

    private static final long WARM_UP_MILLIS = 5_000;

    private Survive() {}

    /**
     * Runs and ends the process.
     *
     * @param args where to write, by default {@code target/chaos}, and how many seconds to inject, by default 30
     */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Gives the exit code. */
    static int run(String... args) {
        Path folder = Path.of(args.length > 0 ? args[0] : "target/chaos")
                .toAbsolutePath()
                .normalize();
        Duration lasting = Duration.ofSeconds(args.length > 1 ? Integer.parseInt(args[1]) : 30);
        ChaosPermission.grant("an example, whose service belongs to nobody");
        try (StockService service = new StockService()) {
            return compare(service, lasting, folder);
        } catch (IOException | InterruptedException e) {
            System.err.println("survive: " + e);
            return CANNOT_RUN;
        } finally {
            ChaosPermission.revoke();
        }
    }

    private static int compare(StockService service, Duration lasting, Path folder)
            throws IOException, InterruptedException {
        Chaos behindGuard = chaos();
        Chaos bare = chaos();
        try (Orders with = new Orders(Pipeline.of(Guard.of("stock"), behindGuard), service, ORDERS_PER_SECOND);
                Orders without = new Orders(bare, service, ORDERS_PER_SECOND)) {
            // A process that has just begun is slow by itself.
            Thread.sleep(WARM_UP_MILLIS);
            ExperimentRun first =
                    experiment("with a guard", behindGuard, with, lasting).start();
            ExperimentRun second = experiment("without", bare, without, lasting).start();
            Report guarded = first.await();
            Report unguarded = second.await();
            write(folder, "with-guard", guarded);
            write(folder, "without", unguarded);
            return guarded.verdict() == Verdict.CONFIRMED && unguarded.verdict() == Verdict.REFUTED ? 0 : OTHERWISE;
        }
    }

    private static Chaos chaos() {
        return Chaos.builder("stock")
                .fail(0.05, () -> new ConnectException("injected"))
                .delay(0.05, Delay.between(Duration.ofMillis(20), Duration.ofMillis(80)))
                .hang(0.002)
                .build();
    }

    private static Experiment experiment(String how, Chaos chaos, Orders orders, Duration lasting) {
        return Experiment.builder("orders survive a failing stock service, " + how)
                .owner("whoever reads this")
                .reason("to see what a guard is good for")
                .inject(chaos)
                .hypothesis(Probe.ratio("orders answered", orders::answered, orders::failed)
                        .atLeast(0.98))
                .before(Duration.ofSeconds(6))
                .lasting(lasting)
                .atMostAtOnce(50)
                .recoverWithin(Duration.ofSeconds(10))
                .seed(1)
                .build();
    }

    private static void write(Path folder, String name, Report report) throws IOException {
        System.out.print(report.text());
        Files.createDirectories(folder);
        Path page = folder.resolve(name + ".html");
        Files.writeString(page, report.html());
        Files.writeString(folder.resolve(name + ".json"), report.json());
        System.out.println("page         " + page);
        System.out.println();
    }
}
