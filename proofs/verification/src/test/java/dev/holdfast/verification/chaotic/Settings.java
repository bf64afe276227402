// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import static java.time.Duration.ofMillis;

import dev.holdfast.Backoff;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limit;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Rates.Rate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** What policies are built with, what can be changed while calls are under way, and the most that has ever been allowed. */
final class Settings {
    /** What a timeout may be reconfigured to, in milliseconds: more than any is drawn with. */
    static final int LONGEST_TIMEOUT = 9;
    /** Successes that a breaker may ask for before it closes, with all steps of a ramp. */
    static final int MOST_TRIALS = 6;

    private static final List<State> STATES =
            List.of(State.OPEN, State.CLOSED, State.HALF_OPEN, State.METRICS_ONLY, State.FORCED_OPEN, State.DISABLED);

    final Rates rates;
    private final Map<Integer, Integer> mostPermits = new ConcurrentHashMap<>();

    Settings(Rates rates) {
        this.rates = rates;
    }

    /** How many may hold a permit of a bulkhead at the same time. */
    int mostPermits(int part) {
        return mostPermits.get(part);
    }

    // ---- Built with -----------------------------------------------------------------------------------------------

    UnaryOperator<CircuitBreakerBuilder> breaker(Part part) {
        int limit = part.limit();
        return settings ->
                ramp(part.kind(), limit, settings.consecutiveFailures(limit).openFor(ofMillis(part.millis())));
    }

    private static CircuitBreakerBuilder ramp(Kind kind, int trials, CircuitBreakerBuilder settings) {
        return kind == Kind.BREAKER
                ? settings.trials(trials).trialTimeout(ofMillis(20))
                : settings.trials(trials)
                        .trialSuccesses(Math.min(2, trials))
                        .ramp(.2 + .1 * trials, .7)
                        .trialTimeout(ofMillis(trials));
    }

    BulkheadBuilder limit(int number, Part part, BulkheadBuilder settings) {
        mostPermits.merge(number, part.limit(), Math::max);
        return settings.limit(part.limit());
    }

    BulkheadBuilder adaptive(int number, Part part, BulkheadBuilder settings) {
        mostPermits.merge(number, 1 + part.limit(), Math::max);
        return settings.adaptive(
                learning(part.limit(), Limits.between(1, 1 + part.limit()).startAt(part.limit())));
    }

    private static Limit learning(int how, Limits bounds) {
        return switch (how % 3) {
            case 0 -> bounds.vegas();
            case 1 -> bounds.aimd(.5, ofMillis(3));
            default -> bounds.gradient2();
        };
    }

    RateLimiterBuilder limiter(int number, Part part, RateLimiterBuilder settings) {
        return limiter(number, part.kind(), part.limit(), part.kind() == Kind.WINDOW ? 5 : 3, settings)
                .waitUpTo(ofMillis(part.millis()));
    }

    private RateLimiterBuilder limiter(int number, Kind kind, int permits, int millis, RateLimiterBuilder settings) {
        Duration period = ofMillis(millis);
        RateLimiterBuilder made = settings.limit(permits, period);
        // A burst says nothing of windows; of several limits, what holds of the first holds of all together.
        rates.mayBe(number, new Rate(permits, period.toNanos(), kind == Kind.SMOOTH ? 1 : permits));
        return switch (kind) {
            case SMOOTH ->
                (permits == 2 ? made.warmUp(period, 3) : made.smooth()).and(3L * permits, period.multipliedBy(3));
            case WINDOW -> made.slidingWindow();
            case FIXED_WINDOW -> made.fixedWindow();
            default -> made;
        };
    }

    // ---- Changed --------------------------------------------------------------------------------------------------

    void change(int number, Part part, Policy<Object> policy, int to) {
        if (policy instanceof Bulkhead bulkhead) {
            bulkhead(number, part.kind(), bulkhead, to);
        } else if (policy instanceof RateLimiter limiter) {
            limiter.reconfigure(settings -> limiter(number, part.kind(), to % 5, 3 + to % 3, settings));
        } else if (policy instanceof CircuitBreaker breaker) {
            breaker.reconfigure(settings -> ramp(part.kind(), 1 + to % 3, settings.consecutiveFailures(1 + to % 4)));
            if (to % 2 == 0) {
                breaker.transitionTo(STATES.get(to / 2 % STATES.size()));
            }
        } else if (policy instanceof Timeout timeout) {
            timeout.reconfigure(ofMillis(LONGEST_TIMEOUT));
        } else if (policy instanceof Retry<Object> retry) {
            retry.reconfigure(settings -> settings.backoff(Backoff.fixed(ofMillis(1))));
        }
    }

    private void bulkhead(int number, Kind kind, Bulkhead bulkhead, int to) {
        boolean adapts = kind == Kind.ADAPTIVE || kind == Kind.ADAPTIVE_PARTITIONS;
        if (adapts && to % 2 == 0) {
            int most = 2 + to % 3;
            mostPermits.merge(number, most, Math::max);
            bulkhead.reconfigure(settings ->
                    settings.adaptive(learning(to, Limits.between(1, most).startAt(1))));
        } else {
            int limit = to % 5;
            mostPermits.merge(number, limit, Math::max);
            bulkhead.reconfigure(settings -> settings.limit(limit));
        }
    }

    /** With the settings that are there. Gives what can be seen of the policy afterwards, if it was something else before. */
    static String repeat(Policy<Object> policy) {
        String before = visible(policy);
        if (policy instanceof Bulkhead bulkhead) {
            bulkhead.reconfigure(settings -> settings);
        } else if (policy instanceof RateLimiter limiter) {
            limiter.reconfigure(settings -> settings);
        } else if (policy instanceof CircuitBreaker breaker) {
            breaker.reconfigure(settings -> settings);
        } else if (policy instanceof Retry<Object> retry) {
            retry.reconfigure(settings -> settings);
        }
        String after = visible(policy);
        return before.equals(after) ? null : before + " became " + after;
    }

    static String visible(Policy<?> policy) {
        if (policy instanceof Bulkhead bulkhead) {
            return bulkhead.report().toString();
        }
        if (policy instanceof RateLimiter limiter) {
            return limiter.available() + " available";
        }
        return policy instanceof CircuitBreaker breaker ? breaker.report().toString() : "";
    }
}
