// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Meter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** What a {@link Poll} counts of its calls, and how that and the counters of its nodes are shown. Safe to use from any thread. */
final class PollCounters {
    final LongAdder reached = new LongAdder();
    final LongAdder failed = new LongAdder();
    final LongAdder ignored = new LongAdder();
    final LongAdder abandoned = new LongAdder();
    final LongAdder late = new LongAdder();
    final LongAdder missing = new LongAdder();
    final LongAdder noThread = new LongAdder();

    /** Those of all polls, and what the poll has besides. */
    List<Meter> meters(
            String prefix, Roster<?> roster, Set<Node.Answer> answers, LongSupplier lateNanos, List<Meter> own) {
        List<Meter> meters = new ArrayList<>(List.of(
                calls(prefix, "reached", reached::sum),
                calls(prefix, "failed", failed::sum),
                calls(prefix, "ignored", ignored::sum),
                calls(prefix, "abandoned", abandoned::sum),
                extras(prefix, "late", late::sum),
                extras(prefix, "missing", missing::sum)));
        for (Node<?> node : roster.nodes) {
            for (Node.Answer answer : answers) {
                meters.add(answers(prefix, node, answer));
            }
        }
        meters.add(Meter.counter(
                prefix + "no.thread",
                "{node}",
                "Nodes that were not asked, because there was no thread to ask them.",
                noThread::sum));
        meters.add(Meter.gauge(
                prefix + "delay",
                "s",
                "How late the answers of the nodes that were asked have to be for one more to be asked.",
                () -> lateNanos.getAsLong() / 1e9));
        meters.addAll(own);
        return List.copyOf(meters);
    }

    private static Meter calls(String prefix, String outcome, LongSupplier count) {
        return Meter.counter(
                        prefix + "calls",
                        "{call}",
                        "Calls for which enough answers came together, or for which that was impossible; those that ended with what says"
                                + " nothing about the nodes; and those that were given up before, by a timeout or a cancellation.",
                        count)
                .with("holdfast.outcome", outcome);
    }

    private static Meter extras(String prefix, String reason, LongSupplier count) {
        return Meter.counter(
                        prefix + "extras",
                        "{node}",
                        "Nodes that were asked beyond those that were asked first: because answers were late, or because those asked so far could not"
                                + " be enough any more.",
                        count)
                .with("holdfast.reason", reason);
    }

    private static Meter answers(String prefix, Node<?> node, Node.Answer answer) {
        return Meter.counter(
                        prefix + "answers",
                        "{answer}",
                        "What each node has come to: its answer counted, was another than that of the nodes that agree, failed, or was absent when"
                                + " the call was decided; late are those of the absent that came after all. Nodes that were there when the meters were"
                                + " first asked for.",
                        () -> node.sum(answer))
                .with("holdfast.node", node.name())
                .with("holdfast.outcome", answer.name().toLowerCase(Locale.ROOT));
    }
}
