// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.Recovery;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stands around one alternative of a {@link RecoveryBlock}, and replaces a result that does not pass by a {@link NotAcceptedException}.
 *
 * @param <R> the results
 */
final class AcceptanceTest<R extends @Nullable Object> extends Recovery<R> {
    private final String alternative;
    private final Classifier<R> classifier;

    AcceptanceTest(String block, Environment environment, String alternative, Predicate<? super R> accepted) {
        super(block, environment);
        this.alternative = alternative;
        this.classifier =
                Classifier.standard().ignore(Throwable.class).<R>failOnResult(result -> !isAccepted(accepted, result));
    }

    /** What a test throws at is not accepted: nobody knows whether it is good. */
    private boolean isAccepted(Predicate<? super R> accepted, R result) {
        try {
            return accepted.test(result);
        } catch (Throwable thrown) {
            ruleThrew(thrown, "the result is not accepted");
            return false;
        }
    }

    @Override
    protected Classifier<? super R> classifier() {
        return classifier;
    }

    @Override
    protected int steps() {
        return 1;
    }

    @Override
    protected @Nullable CompletionStage<? extends @Nullable R> step(
            int number, Outcome<R> replaced, @Nullable Call call) {
        throw new NotAcceptedException(name(), alternative);
    }
}
