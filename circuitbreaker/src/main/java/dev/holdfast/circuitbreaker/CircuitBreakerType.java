// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import dev.holdfast.Classifier;
import dev.holdfast.settings.Kind;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.Schema;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be set of a {@link CircuitBreaker} without code. */
public final class CircuitBreakerType extends PolicyType<CircuitBreaker, CircuitBreakerBuilder> {
    private static final Schema<CircuitBreakerBuilder> SCHEMA = Schema.<CircuitBreakerBuilder>empty()
            .setting(
                    "over",
                    Kind.of(
                            "a number of calls, such as 100 calls, or a time, such as 10s or 10s in 20",
                            Window::read,
                            Window::toString),
                    "Which results the rates and the failure count look at.",
                    CircuitBreakerBuilder::over,
                    b -> b.window)
            .setting(
                    "minimum-calls",
                    Kind.whole(1, Integer.MAX_VALUE),
                    "How many results there must be before a rate is looked at; not more than the window holds, which is the default where it holds fewer than 10.",
                    (b, n) -> b.minimumCalls(n.intValue()),
                    b -> (long) b.enoughCalls())
            .<Double>optional(
                    "failure-rate",
                    Kind.share(),
                    "Opens when this part of the results, or more, are failures.",
                    (b, rate) -> {
                        if (rate == null) {
                            b.noFailureRate();
                        } else {
                            b.failureRate(rate);
                        }
                    },
                    b -> b.failureBillionths == 0 ? null : b.failureBillionths / 1e9)
            .<String>optional(
                    "slow-calls",
                    Kind.of("a share and a time, such as 80% over 250ms", SlowCalls::checked, text -> text),
                    "Opens when this part of the results, or more, took longer than a limit.",
                    SlowCalls::set,
                    SlowCalls::shown)
            .setting(
                    "consecutive-failures",
                    Kind.whole(0, Integer.MAX_VALUE),
                    "Opens after so many failures without a success in between; 0 is no such rule.",
                    (b, n) -> b.consecutiveFailures(n.intValue()),
                    b -> (long) b.consecutiveFailures)
            .setting(
                    "failure-count",
                    Kind.whole(0, Integer.MAX_VALUE),
                    "Opens when the window holds so many failures; 0 is no such rule.",
                    (b, n) -> b.failureCount(n.intValue()),
                    CircuitBreakerBuilder::failureCount)
            .setting(
                    "open-for",
                    Kind.backoff(),
                    "How long it stays open before it lets trials through, the first time, the second, and so on.",
                    CircuitBreakerBuilder::openFor,
                    b -> b.openFor)
            .setting(
                    "trials",
                    Kind.whole(1, Trials.MAX),
                    "How many calls are let through to try the dependency.",
                    (b, n) -> b.trials(n.intValue()),
                    b -> (long) b.trials())
            .<Long>optional(
                    "trial-successes",
                    Kind.whole(1, Trials.MAX),
                    "How many of the trials must succeed; all of them where nothing is said.",
                    (b, n) -> {
                        if (n == null) {
                            b.allTrialsSucceed();
                        } else {
                            b.trialSuccesses(n.intValue());
                        }
                    },
                    b -> b.trialSuccesses() == 0 ? null : (long) b.trialSuccesses())
            .setting(
                    "trial-timeout",
                    Kind.duration(Duration.ofNanos(1)),
                    "How long a trial may take to report before another takes its place.",
                    CircuitBreakerBuilder::trialTimeout,
                    b -> Duration.ofNanos(b.trialTimeoutNanos))
            .setting(
                    "ramp",
                    Kind.listOf(Kind.share()),
                    "After the trials, closes in steps that let these parts of the calls through; a step takes as many successes as the trials.",
                    (b, shares) ->
                            b.ramp(shares.stream().mapToDouble(share -> share).toArray()),
                    CircuitBreakerBuilder::rampShares)
            .outcomes(CircuitBreakerBuilder::replaceRules, b -> b.classifier, Classifier.standard())
            .inCodeOnly("environment", "classify");

    /** For the service loader. */
    public CircuitBreakerType() {
        super("circuit-breaker", CircuitBreaker.class, 400, SCHEMA);
    }

    @Override
    protected CircuitBreakerBuilder builder(String policy) {
        return CircuitBreaker.builder(policy);
    }

    @Override
    protected CircuitBreaker build(CircuitBreakerBuilder builder) {
        return builder.build();
    }

    @Override
    protected CircuitBreakerBuilder settingsOf(CircuitBreaker policy) {
        return policy.stay().settings.copy();
    }

    @Override
    protected void reconfigure(CircuitBreaker policy, UnaryOperator<CircuitBreakerBuilder> change) {
        policy.reconfigure(change);
    }

    /** A rate and a limit in one setting: neither means anything without the other. */
    private static final class SlowCalls {
        static String checked(String text) {
            set(new CircuitBreakerBuilder("slow-calls"), text);
            return text;
        }

        static void set(CircuitBreakerBuilder builder, @Nullable String text) {
            if (text == null) {
                builder.noSlowCalls();
                return;
            }
            String[] parts = text.split("\\s+over\\s+", 2);
            builder.slowCalls(
                    Kind.duration(Duration.ofNanos(1)).read(parts[1]),
                    Kind.share().read(parts[0]));
        }

        static @Nullable String shown(CircuitBreakerBuilder builder) {
            return builder.slowNanos == 0
                    ? null
                    : builder.slowRate() + " over "
                            + Kind.duration(Duration.ofNanos(1)).write(Duration.ofNanos(builder.slowNanos));
        }
    }
}
