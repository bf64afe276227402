// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Classifier;
import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** What can be set of a {@link Bulkhead} without code. */
public final class BulkheadType extends PolicyType<Bulkhead, BulkheadBuilder> {
    private static final Schema<BulkheadBuilder> SCHEMA = Schema.<BulkheadBuilder>empty()
            .setting(
                    "limit",
                    Kind.of(LimitText.EXPECTED, LimitText::checked, text -> text),
                    "How many calls may be in flight at once: a number, or the bounds in which an algorithm looks for it.",
                    LimitText::set,
                    LimitText::shown)
            .setting(
                    "queue",
                    Kind.whole(0, Integer.MAX_VALUE),
                    "How many calls may wait when the limit is reached; with partitions, in each of them.",
                    (b, n) -> b.queue(n.intValue()),
                    b -> (long) b.queue)
            .setting(
                    "wait-up-to",
                    Kind.duration(Duration.ofNanos(1)),
                    "How long a call may wait in the queue before it is refused.",
                    BulkheadBuilder::setWait,
                    b -> Duration.ofNanos(b.waitNanos))
            .setting(
                    "order",
                    Kind.oneOf(Order.class),
                    "Who is next of those that wait: whoever has waited longest, or whoever came last.",
                    (b, order) -> {
                        if (order == Order.LIFO) {
                            b.lifo();
                        } else {
                            b.fifo();
                        }
                    },
                    b -> b.lifo ? Order.LIFO : Order.FIFO)
            .fixed(
                    "threads",
                    Kind.of(
                            "one of caller, own, virtual",
                            BulkheadBuilder.Threads::read,
                            BulkheadBuilder.Threads::written),
                    "Where calls run: on their callers' threads, on a pool of the bulkhead's own, or on virtual threads.",
                    BulkheadBuilder::setThreads,
                    b -> b.threads)
            .fixed(
                    "partitions",
                    Kind.listOf(
                            Kind.of("a name and its share, such as batch=30%", PartitionText::checked, text -> text)),
                    "Parts of the limit that are guaranteed to the calls made through them, in code, by bulkhead.partition(name). They need a queue.",
                    (b, all) -> all.forEach(text -> PartitionText.add(b, text)),
                    PartitionText::shown)
            .outcomes(BulkheadBuilder::replaceRules, b -> b.rulesOnTop(), Classifier.standard())
            .inCodeOnly("environment", "classify", "runOn");

    /** Who is next of those that wait. */
    private enum Order {
        FIFO,
        LIFO
    }

    /** For the service loader. */
    public BulkheadType() {
        super("bulkhead", Bulkhead.class, 700, SCHEMA);
    }

    @Override
    protected BulkheadBuilder builder(String policy) {
        return Bulkhead.builder(policy);
    }

    @Override
    protected Bulkhead build(BulkheadBuilder builder) {
        return builder.build();
    }

    @Override
    protected BulkheadBuilder settingsOf(Bulkhead policy) {
        return policy.settings();
    }

    @Override
    protected void reconfigure(Bulkhead policy, UnaryOperator<BulkheadBuilder> change) {
        policy.reconfigure(change);
    }

    /** A share with its name. */
    private static final class PartitionText {
        static String checked(String text) {
            add(new BulkheadBuilder("partitions"), text);
            return text;
        }

        static void add(BulkheadBuilder builder, String text) {
            int at = text.lastIndexOf('=');
            builder.partition(
                    text.substring(0, at).trim(),
                    Kind.share().read(text.substring(at + 1).trim()));
        }

        static List<String> shown(BulkheadBuilder builder) {
            return builder.partitions.entrySet().stream()
                    .map(each -> each.getKey() + "=" + each.getValue())
                    .toList();
        }
    }
}
