// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Backoff;
import dev.holdfast.Checked;
import dev.holdfast.Detector;
import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link Healing}. The callback is the one thing that has to be given. Not thread-safe.
 *
 * @param <T> what the nodes are
 */
public final class HealingBuilder<T> {
    final String name;
    Environment environment = Environment.standard();
    long downForNanos = Duration.ofSeconds(30).toNanos();
    long upForNanos = Duration.ofMinutes(1).toNanos();
    long timeoutNanos = Duration.ofMinutes(5).toNanos();
    Backoff backoff = Backoff.exponential(Duration.ofMinutes(1), Duration.ofMinutes(30));
    int atOnce = 1;
    int attempts = 5;
    int stopAfter = 3;
    private Checked.@Nullable Consumer<? super T, ?> heal;

    HealingBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * How long a node has to be down without a break before it is healed.
     *
     * @param time zero or longer; default 30 s
     * @return this builder
     */
    public HealingBuilder<T> downFor(Duration time) {
        downForNanos = Require.nanosAtLeast(time, Duration.ZERO, "downFor");
        return this;
    }

    /**
     * How long a node has to be up until its healing has helped. If it goes down before, its tries go on where they were. Where
     * healing replaces nodes, have it longer than it takes until the detector finds a new one to be down.
     *
     * @param time zero or longer; default 1 min
     * @return this builder
     */
    public HealingBuilder<T> upFor(Duration time) {
        upForNanos = Require.nanosAtLeast(time, Duration.ZERO, "upFor");
        return this;
    }

    /**
     * From the end of one try to the next, or to giving up. A node that was up meanwhile has to be down for {@link #downFor} as well.
     *
     * @param value default: 1 min, doubled each time, at most 30 min
     * @return this builder
     */
    public HealingBuilder<T> backoff(Backoff value) {
        backoff = Require.nonNull(value, "backoff");
        return this;
    }

    /**
     * How many nodes may be healed at once. Others wait for their turn.
     *
     * @param nodes 1 to 1,000; default 1
     * @return this builder
     */
    public HealingBuilder<T> atOnce(int nodes) {
        atOnce = Require.range(nodes, 1, 1_000, "atOnce");
        return this;
    }

    /**
     * How many tries there are for one node before it is given up.
     *
     * @param most 1 to 1,000; default 5
     * @return this builder
     */
    public HealingBuilder<T> attempts(int most) {
        attempts = Require.range(most, 1, 1_000, "attempts");
        return this;
    }

    /**
     * How many different nodes in a row may be given up before all healing stops: what is wrong is not the nodes then.
     *
     * @param nodes 1 to 1,000,000; default 3
     * @return this builder
     */
    public HealingBuilder<T> stopAfter(int nodes) {
        stopAfter = Require.range(nodes, 1, 1_000_000, "stopAfter");
        return this;
    }

    /**
     * How long the callback may take before it is interrupted. Until it ends it counts as one of those {@link #atOnce}.
     *
     * @param limit longer than zero; default 5 min
     * @return this builder
     */
    public HealingBuilder<T> timeout(Duration limit) {
        timeoutNanos = Require.positiveNanos(limit, "timeout");
        return this;
    }

    /**
     * What heals a node: restarts or replaces it, or calls whoever does. Runs on a thread of its own, may block, and may throw.
     *
     * @param how gets the node
     * @return this builder
     */
    public HealingBuilder<T> heal(Checked.Consumer<? super T, ?> how) {
        heal = Require.nonNull(how, "heal");
        return this;
    }

    /**
     * Where time, timers and randomness come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public HealingBuilder<T> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Builds it, and follows a detector from now on.
     *
     * @param detector says who is down
     * @return a healing
     * @throws IllegalArgumentException if there is no callback
     */
    public Healing<T> follow(Detector<T> detector) {
        if (heal == null) {
            throw new IllegalArgumentException("heal: none (expected: what heals a node)");
        }
        HealingBuilder<T> fixed = new HealingBuilder<>(name);
        fixed.environment = environment;
        fixed.downForNanos = downForNanos;
        fixed.upForNanos = upForNanos;
        fixed.timeoutNanos = timeoutNanos;
        fixed.backoff = backoff;
        fixed.atOnce = atOnce;
        fixed.attempts = attempts;
        fixed.stopAfter = stopAfter;
        fixed.heal = heal;
        Healing<T> healing = new Healing<>(fixed);
        healing.begin(Require.nonNull(detector, "detector"));
        return healing;
    }

    void heal(T node) throws Exception {
        Require.nonNull(heal, "heal").accept(node);
    }
}
