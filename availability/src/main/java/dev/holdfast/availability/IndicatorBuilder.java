// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.RejectedException;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What an {@link Indicator} is to count. Not safe for use by several threads. */
public final class IndicatorBuilder {
    final String name;
    Environment environment = Environment.standard();
    long latencyNanos = Indicator.NO_LATENCY;
    Classifier<@Nullable Object> classifier = Classifier.standard().failOn(RejectedException.class);

    IndicatorBuilder(String name) {
        this.name = Require.name(name);
    }

    /**
     * Where time comes from.
     *
     * @param value that of the pipeline; default: {@link Environment#standard()}
     * @return this builder
     */
    public IndicatorBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * How late an answer may come. Later ones are bad.
     *
     * @param value longer than zero; default: none, every answer is good, and no clock is read
     * @return this builder
     */
    public IndicatorBuilder latency(Duration value) {
        latencyNanos = Require.positiveNanos(value, "latency");
        return this;
    }

    /**
     * Changes what counts as a success, as a failure and as neither.
     *
     * @param change gets the classifier so far, which starts as {@link Classifier#standard()} with every {@link RejectedException} a failure:
     *     whoever is refused by a policy further in has no answer
     * @return this builder
     */
    public IndicatorBuilder classify(Function<? super Classifier<@Nullable Object>, ? extends Classifier<?>> change) {
        classifier = Classifier.ofAnyResult(Require.nonNull(change, "change").apply(classifier));
        return this;
    }

    /**
     * Changes what counts as a success, as a failure and as neither, by rules that others use as well, which are asked before those that are
     * there.
     *
     * @param rules what there is to know of outcomes
     * @return this builder
     */
    public IndicatorBuilder classify(Classifier<?> rules) {
        return classify(so -> so.with(Classifier.ofAnyResult(rules)));
    }

    /**
     * Builds it.
     *
     * @return a new indicator
     */
    public Indicator build() {
        return new Indicator(this);
    }
}
