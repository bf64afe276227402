// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Builds {@link Probes}. A check is the one thing that has to be given. Not thread-safe.
 *
 * @param <T> what the nodes are
 */
public final class ProbesBuilder<T> {
    final String name;
    Environment environment = Environment.standard();
    long everyNanos = Duration.ofSeconds(2).toNanos();
    long timeoutNanos = Duration.ofSeconds(1).toNanos();
    long fastNanos;
    double jitter = 0.1;
    int fall = 3;
    int rise = 2;
    int maximumNodes = 1_000;
    boolean asynchronous;

    @Nullable Executor executor;

    private Checked.@Nullable Consumer<? super T, ?> check;
    private @Nullable Function<? super T, ? extends CompletionStage<?>> ask;

    ProbesBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * From the start of one probe of a node to that of the next, or to the end of the first where that comes later.
     *
     * @param interval longer than zero; default 2 s
     * @return this builder
     */
    public ProbesBuilder<T> every(Duration interval) {
        everyNanos = Require.positiveNanos(interval, "every");
        return this;
    }

    /**
     * How long an answer may take. Then the probe has failed, and the check is interrupted, or its stage cancelled.
     *
     * @param limit longer than zero; default 1 s
     * @return this builder
     */
    public ProbesBuilder<T> timeout(Duration limit) {
        timeoutNanos = Require.positiveNanos(limit, "timeout");
        return this;
    }

    /**
     * How many probes in a row have to fail for a node to be down. The first failure counts. With an interval of P, of which J is drawn by
     * lot, and a timeout of T, a node that refuses is down after more than {@code (fall - 1) * P * (1 - J)} and at most {@code fall * P}, and one
     * that hangs T later: with the defaults 3.6 to 6 s, and 4.6 to 7 s.
     *
     * @param probes 1 to 1,000; default 3
     * @return this builder
     */
    public ProbesBuilder<T> fall(int probes) {
        fall = Require.range(probes, 1, 1_000, "fall");
        return this;
    }

    /**
     * How many probes in a row have to succeed for a node that is down to be up again. One of which nothing is known yet is up with its first
     * success.
     *
     * @param probes 1 to 1,000; default 2
     * @return this builder
     */
    public ProbesBuilder<T> rise(int probes) {
        rise = Require.range(probes, 1, 1_000, "rise");
        return this;
    }

    /**
     * Which part of the interval is drawn by lot, so that many clients do not ask at once: from {@code 1 - part} of it to all of it. The first
     * probe comes within that part of an interval.
     *
     * @param part 0 to 1; default 0.1
     * @return this builder
     */
    public ProbesBuilder<T> jitter(double part) {
        jitter = Require.range(part, 0, 1, "jitter");
        return this;
    }

    /**
     * Another interval while a node is not plainly up: it is down or unknown, or its last probe has failed. A shorter one finds sooner what has
     * changed.
     *
     * @param interval longer than zero; default: that of {@link #every}
     * @return this builder
     */
    public ProbesBuilder<T> fastWhenDown(Duration interval) {
        fastNanos = Require.positiveNanos(interval, "fastWhenDown");
        return this;
    }

    /**
     * How a node is asked. It may block: each check has a thread of its own while it runs, and is not started again for a node before it has
     * ended, however long it hangs.
     *
     * @param how returns if the node is well, and throws if it is not; what it returns is not looked at
     * @return this builder
     */
    public ProbesBuilder<T> check(Checked.Consumer<? super T, ?> how) {
        check = Require.nonNull(how, "check");
        asynchronous = false;
        return this;
    }

    /**
     * How a node is asked that answers by a stage.
     *
     * @param how runs on the environment's executor and gives a stage, which fails if the node is not well; what it gives is not looked at
     * @return this builder
     */
    public ProbesBuilder<T> checkAsync(Function<? super T, ? extends CompletionStage<?>> how) {
        ask = Require.nonNull(how, "checkAsync");
        asynchronous = true;
        return this;
    }

    /**
     * Where checks run. Where it refuses one, the node is asked an interval later, and that is counted.
     *
     * @param threads not one that runs a check at once, on the timer's thread; default: threads of its own, as many as checks run at once
     * @return this builder
     */
    public ProbesBuilder<T> runOn(Executor threads) {
        executor = Require.nonNull(threads, "runOn");
        return this;
    }

    /**
     * How many nodes there may be, and so how many checks may run at once.
     *
     * @param nodes 1 to 100,000; default 1,000
     * @return this builder
     */
    public ProbesBuilder<T> maximumNodes(int nodes) {
        maximumNodes = Require.range(nodes, 1, 100_000, "nodes");
        return this;
    }

    /**
     * Where time, timers, threads of stages and randomness come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public ProbesBuilder<T> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Builds them.
     *
     * @return they ask nobody yet
     * @throws IllegalArgumentException if there is no check
     */
    public Probes<T> build() {
        if (check == null && ask == null) {
            throw new IllegalArgumentException("check: none (expected: check or checkAsync)");
        }
        ProbesBuilder<T> fixed = new ProbesBuilder<>(name);
        fixed.environment = environment;
        fixed.everyNanos = everyNanos;
        fixed.timeoutNanos = timeoutNanos;
        fixed.fastNanos = fastNanos == 0 ? everyNanos : fastNanos;
        fixed.jitter = jitter;
        fixed.fall = fall;
        fixed.rise = rise;
        fixed.maximumNodes = maximumNodes;
        fixed.asynchronous = asynchronous;
        fixed.executor = executor;
        fixed.check = check;
        fixed.ask = ask;
        return new Probes<>(fixed);
    }

    /**
     * Builds them, and asks from now on.
     *
     * @param nodes whom
     * @return probes
     */
    public Probes<T> start(Collection<? extends T> nodes) {
        Probes<T> probes = build();
        probes.replace(nodes);
        return probes;
    }

    void check(T node) throws Exception {
        Require.nonNull(check, "check").accept(node);
    }

    CompletionStage<?> ask(T node) {
        return Require.nonNull(Require.nonNull(ask, "checkAsync").apply(node), "what checkAsync gave");
    }
}
