// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The long form: every case with many calls, a table, and an exit code that says whether all came back. */
public final class Drill {
    private static final long IDLE_MILLIS = 20_000;

    private Drill() {}

    /**
     * Runs the drill and ends the process.
     *
     * @param args how many calls to make through each client; then, if not all, parts of the names of cases
     */
    public static void main(String[] args) throws Exception {
        int calls = Integer.parseInt(args[0]);
        List<String> parts = List.of(args).subList(1, args.length);
        List<Case> cases =
                Case.all().stream().filter(each -> isAsked(each, parts)).toList();
        System.exit(run(calls, cases) ? 0 : 1);
    }

    private static boolean isAsked(Case each, List<String> parts) {
        String name = each.name().toLowerCase(Locale.ROOT);
        return parts.isEmpty() || parts.stream().anyMatch(part -> name.contains(part.toLowerCase(Locale.ROOT)));
    }

    private static boolean run(int calls, List<Case> cases) throws Exception {
        System.out.printf(
                "%,d calls each, %s, JDK %s, %d processors%n%n%s%n",
                calls, LocalDate.now(), Runtime.version(), Runtime.getRuntime().availableProcessors(), Result.HEAD);
        List<String> faults = new ArrayList<>();
        for (Case each : cases) {
            try {
                Result result = Round.run(each, calls);
                System.out.println(result.row());
                result.faults(Result.Law.STRICT).forEach(fault -> faults.add(each.name() + ": " + fault));
            } catch (CannotRunException absent) {
                System.out.println("| " + each.name() + " | skipped: " + absent.getMessage() + " |");
            }
        }
        int threads = awaitNoThreads();
        if (threads > 0) {
            faults.add("threads of Holdfast that are left: " + threads);
        }
        System.out.println();
        faults.forEach(System.out::println);
        System.out.println(faults.isEmpty() ? "all is back" : faults.size() + " faults");
        return faults.isEmpty();
    }

    /** Those of Holdfast end when they have been idle for ten seconds. */
    private static int awaitNoThreads() throws InterruptedException {
        for (long waited = 0; waited < IDLE_MILLIS && Resources.ours() > 0; waited += 100) {
            Thread.sleep(100);
        }
        return Resources.ours();
    }
}
