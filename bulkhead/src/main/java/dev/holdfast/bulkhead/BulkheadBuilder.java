// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc.
/**
 * The settings of a bulkhead: see {@link Bulkhead#builder}. Not thread-safe; a bulkhead keeps a copy.
 */
public final class BulkheadBuilder {
    private static final long DEFAULT_WAIT = Duration.ofSeconds(1).toNanos();

    /** Where calls run. */
    enum Threads {
        CALLER,
        OWN,
        VIRTUAL,
        /** An executor, which only code can give. */
        GIVEN;

        static Threads read(String text) {
            for (Threads each : values()) {
                if (each != GIVEN && each.written().equals(text)) {
                    return each;
                }
            }
            throw new IllegalArgumentException(text);
        }

        String written() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    final String name;
    Environment environment = Environment.standard();
    int limit = 25;

    @Nullable Limit adaptive;

    int queue;
    long waitNanos = DEFAULT_WAIT;
    boolean lifo;
    Threads threads = Threads.CALLER;

    @Nullable Executor executor;

    Map<String, Double> partitions = new LinkedHashMap<>();

    private boolean waits;
    private Classifier<@Nullable Object> standard = Classifier.standard();
    private Classifier<@Nullable Object> drops = Drops.CLASSIFIER;
    /** Whether {@link #standard} and {@link #drops} were made by this builder, and not by the one that it was copied from. */
    private boolean classified;

    BulkheadBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time comes from.
     *
     * @param value default: {@link Environment#standard()}; cannot be changed by a reconfiguration
     * @return this builder
     */
    public BulkheadBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * How many calls may be in flight at once. With 0 nobody may: calls wait where there is a queue, until a reconfiguration
     * lets them in or they have waited too long, and are refused otherwise.
     *
     * @param value from 0 up; default: 25. The opposite of {@link #adaptive}
     * @return this builder
     */
    public BulkheadBuilder limit(int value) {
        limit = Require.range(value, 0, Integer.MAX_VALUE, "limit");
        adaptive = null;
        return this;
    }

    /**
     * Lets the bulkhead find its limit by itself. It then asks for the time, twice a call, and looks at how calls end: a
     * result is a measurement of the time that it took; a failure, in the eyes of {@link #classify}, is a drop, which is a
     * sign of overload; what is ignored says nothing. Unless told otherwise it takes for drops: refusals further in,
     * timeouts (an exception whose class, or a class above it, has "Timeout" in its name) and calls that somebody gave up
     * on (interrupted or cancelled). It ignores all other exceptions, since an error that comes back at once is no sign of
     * anything; but a limit that {@linkplain Limit#judgesAnyFailure judges} failures by the time they took, such as {@link Limits#evidence}, gets all.
     *
     * @param value the algorithm, as from {@link Limits}; default: none, the limit is fixed. A reconfiguration with an equal one
     *     keeps what was learnt. The opposite of {@link #limit}
     * @return this builder
     */
    public BulkheadBuilder adaptive(Limit value) {
        Require.nonNull(value, "adaptive");
        Require.range(value.initial(), 1, value.max(), "initial limit");
        adaptive = value;
        return this;
    }

    /**
     * How many calls may wait when the limit is reached; with partitions, in each of them. Waiting parks the caller of a
     * blocking call and no thread of an asynchronous one.
     *
     * @param places from 0 up; default: 0, calls are refused at once
     * @return this builder
     */
    public BulkheadBuilder queue(int places) {
        queue = Require.range(places, 0, Integer.MAX_VALUE, "queue");
        waits &= places > 0;
        return this;
    }

    /**
     * How long a call may wait in the queue before it is refused.
     *
     * @param value longer than zero; default: 1 second
     * @return this builder
     */
    public BulkheadBuilder waitUpTo(Duration value) {
        waitNanos = Require.positiveNanos(value, "waitUpTo");
        waits = true;
        return this;
    }

    /**
     * Whoever has waited longest is next.
     *
     * @return this builder; this is the default
     */
    public BulkheadBuilder fifo() {
        lifo = false;
        return this;
    }

    /**
     * Whoever came last is next. Under overload, calls that have just come are answered in time, and those whose callers
     * have lost patience anyway are not; first in, first out would be late for all.
     *
     * @return this builder; default: {@link #fifo()}
     */
    public BulkheadBuilder lifo() {
        lifo = true;
        return this;
    }

    /**
     * Runs the work of calls on a pool of the bulkhead's own: at most as many daemon threads as the limit, or as it may become, named
     * after the bulkhead, started when all others are busy and ended when they have been idle for ten seconds. A caller can then leave
     * work behind that does not end. The thread goes back together with the permit: what comes after the work of an asynchronous call
     * runs on threads of the environment. {@link Bulkhead#close()} ends the pool.
     *
     * <p>The next call finds a thread without an interrupt, and with the context class loader of whoever built the bulkhead. What
     * work leaves in thread-locals is gone as well up to Java 23; from 24 on it stays, but for what the environment's context carries.
     *
     * @return this builder; default: calls run on their callers' threads; cannot be changed by a reconfiguration
     */
    public BulkheadBuilder ownThreads() {
        return threads(Threads.OWN, null);
    }

    /**
     * Runs calls on virtual threads, one each, named after the bulkhead.
     *
     * @return this builder; default: calls run on their callers' threads; cannot be changed by a reconfiguration
     * @throws UnsupportedOperationException if this Java has no virtual threads; Java 21 has them
     */
    public BulkheadBuilder virtualThreads() {
        if (Runtime.version().feature() < 21) {
            throw new UnsupportedOperationException(
                    "virtualThreads: Java " + Runtime.version().feature() + " (expected: 21 or newer)");
        }
        return threads(Threads.VIRTUAL, null);
    }

    /**
     * Runs the work of calls on an executor. It stays the caller's: the bulkhead never shuts it down. If it refuses a task, or loses
     * it because it is shut down, the caller gets a {@link BulkheadFullException}. An executor that drops tasks without a word lets
     * their callers wait until their deadline, if they have one; but a plain {@link java.util.concurrent.ThreadPoolExecutor} is
     * found out after some seconds.
     *
     * @param value the executor
     * @return this builder; default: calls run on their callers' threads; cannot be changed by a reconfiguration
     */
    public BulkheadBuilder runOn(Executor value) {
        return threads(Threads.GIVEN, Require.nonNull(value, "runOn"));
    }

    private BulkheadBuilder threads(Threads kind, @Nullable Executor given) {
        threads = kind;
        executor = given;
        return this;
    }

    /**
     * Guarantees a part of the limit to the calls made through {@link Bulkhead#partition}. A partition is owed its share of the
     * limit. A permit that becomes free goes first to those who wait and have fewer in flight than the whole part of
     * what they are owed, then to those who are owed a fraction of a permit more, in turns, and what nobody is owed who waits is
     * lent, in turns as well. So partitions need a queue. Calls made through the bulkhead itself have what is left of the whole; if
     * that is nothing, they get what no partition waits for.
     *
     * <p>While all wait, and once the calls that were let in before have ended, each has what it is owed in flight, to one permit, at
     * any limit from 1. If calls take equally long, each has had its share of the calls over any stretch, to two calls and as
     * many as it is owed in flight; at a limit of 1, to two calls whatever time they take. Who does not wait saves nothing up.
     * Turns are counted in calls: where an owed fraction decides, a partition of long calls has more of the time.
     *
     * @param partition the partition's name, 1 to 256 characters, not blank
     * @param share more than 0 and at most 1; all together at most 1
     * @return this builder; default: no partitions; cannot be changed by a reconfiguration
     */
    public BulkheadBuilder partition(String partition, double share) {
        Require.name(name + "/" + Require.name(partition));
        partitions.put(partition, Require.fraction(share, "share of " + Event.quoted(partition)));
        return this;
    }

    /**
     * Changes what counts as a success, as a failure and as neither. A bulkhead only counts them, unless it is
     * {@link #adaptive}.
     *
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()}, or as {@link #adaptive}
     *     says, in each reconfiguration anew; it is asked for both
     * @return this builder
     */
    public BulkheadBuilder classify(Function<? super Classifier<@Nullable Object>, ? extends Classifier<?>> change) {
        Require.nonNull(change, "change");
        if (!classified) {
            standard = Classifier.standard();
            drops = Drops.CLASSIFIER;
            classified = true;
        }
        Classifier<@Nullable Object> changed = Classifier.ofAnyResult(change.apply(standard));
        drops = Drops.CLASSIFIER.with(Classifier.ofAnyResult(change.apply(drops)));
        standard = changed;
        return this;
    }

    /**
     * Changes what counts as a success, as a failure and as neither, by rules that others use as well, which are asked before those that
     * are there.
     *
     * @param rules what there is to know of outcomes
     * @return this builder
     */
    public BulkheadBuilder classify(Classifier<?> rules) {
        return classify(so -> so.with(Classifier.ofAnyResult(rules)));
    }

    /**
     * Builds the bulkhead, empty.
     *
     * @return a new bulkhead
     * @throws IllegalArgumentException if settings contradict each other
     */
    public Bulkhead build() {
        return new Bulkhead(copy());
    }

    Classifier<@Nullable Object> classifier() {
        if (adaptive == null) {
            return standard;
        }
        return adaptive.judgesAnyFailure() ? Drops.ANY.with(standard) : drops;
    }

    /** What is left for calls through the bulkhead itself. */
    double restShare() {
        return Math.max(
                0, 1 - partitions.values().stream().mapToDouble(share -> share).sum());
    }

    /** These rules, and nothing that was said before. */
    void replaceRules(Classifier<@Nullable Object> rules) {
        standard = rules;
        drops = Drops.CLASSIFIER.with(rules);
        classified = true;
    }

    /** What was said of outcomes, without what an adaptive limit takes for drops by itself. */
    Classifier<@Nullable Object> rulesOnTop() {
        return standard;
    }

    /** As {@link #waitUpTo}; the default does not ask for a queue. */
    void setWait(Duration value) {
        waitUpTo(value);
        waits = waitNanos != DEFAULT_WAIT;
    }

    void setThreads(Threads kind) {
        if (kind == threads) {
            return;
        }
        switch (kind) {
            case OWN -> ownThreads();
            case VIRTUAL -> virtualThreads();
            case CALLER -> threads(Threads.CALLER, null);
            case GIVEN -> throw new IllegalArgumentException("threads: given (expected: an executor, in code)");
        }
    }

    /** A copy to make changes in, by which classifiers are replaced. */
    BulkheadBuilder forChange() {
        BulkheadBuilder copy = copy();
        copy.classified = false;
        return copy;
    }

    /** A copy that nobody else can change, checked as a whole. */
    BulkheadBuilder copy() {
        double sum = partitions.values().stream().mapToDouble(share -> share).sum();
        if (sum > 1 + 1e-9) {
            throw new IllegalArgumentException("shares of partitions: " + sum + " (expected: at most 1 together)");
        }
        if (queue == 0 && (waits || !partitions.isEmpty())) {
            throw new IllegalArgumentException(
                    "queue: 0 (expected: at least 1 with " + (waits ? "waitUpTo" : "partitions") + ")");
        }
        BulkheadBuilder copy = new BulkheadBuilder(name);
        copy.environment = environment;
        copy.limit = limit;
        copy.adaptive = adaptive;
        copy.queue = queue;
        copy.waits = waits;
        copy.waitNanos = waitNanos;
        copy.lifo = lifo;
        copy.threads = threads;
        copy.executor = executor;
        copy.partitions = new LinkedHashMap<>(partitions);
        copy.standard = standard;
        copy.drops = drops;
        copy.classified = classified;
        return copy;
    }

    /** Checks that what a bulkhead is built on has stayed as it is. */
    @SuppressWarnings("NullAway") // Without an executor both are null, which is the same.
    void requireSameBasis(BulkheadBuilder before) {
        Require.same(environment, before.environment, "environment of a reconfiguration");
        Require.same(threads, before.threads, "threads of a reconfiguration");
        Require.same(executor, before.executor, "executor of a reconfiguration");
        if (!partitions.equals(before.partitions)) {
            throw new IllegalArgumentException("partitions of a reconfiguration: " + text(partitions) + " (expected: "
                    + text(before.partitions) + ")");
        }
    }

    private static String text(Map<String, Double> partitions) {
        return partitions.entrySet().stream()
                .map(each -> Event.quoted(each.getKey()) + " " + each.getValue())
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
