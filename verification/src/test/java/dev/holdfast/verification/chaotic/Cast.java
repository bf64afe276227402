// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import static java.time.Duration.ofMillis;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.retry.RetryBuilder;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The policies of a program, with the user code that they call. */
final class Cast {
    /** What a timeout may be reconfigured to, in milliseconds: more than any is drawn with. */
    static final int LONGEST_TIMEOUT = 9;

    private static final int PARTITIONS = 3;

    final List<Policy<Object>> policies = new ArrayList<>();
    /** All gates, partitions too, and what their listeners were told. */
    final Map<Gate, Told> gates = new LinkedHashMap<>();

    private final Program program;
    private final Ground ground;
    private final Mischief mischief;

    Cast(Program program, Ground ground, Mischief mischief) {
        this.program = program;
        this.ground = ground;
        this.mischief = mischief;
        for (int i = 0; i < program.parts().size(); i++) {
            Part part = program.parts().get(i);
            Policy<Object> policy = policy(name(i), part);
            policies.add(policy);
            if (policy instanceof Gate gate) {
                gates.put(gate, new Told());
            }
            if (part.kind() == Kind.PARTITIONS) {
                for (int p = 0; p < PARTITIONS; p++) {
                    gates.put(((Bulkhead) policy).partition("p" + p), new Told());
                }
            }
            mischief.listenTo(policy, part);
        }
        for (Map.Entry<Gate, Told> each : gates.entrySet()) {
            if (isWatched(each.getKey())) {
                each.getValue().listen(each.getKey());
            }
        }
    }

    private String name(int part) {
        return "chaotic " + program.seed() + " " + part;
    }

    Part partOf(Gate gate) {
        for (int i = 0; i < policies.size(); i++) {
            if (gate.name().equals(name(i)) || gate.name().startsWith(name(i) + "/")) {
                return program.parts().get(i);
            }
        }
        throw new IllegalArgumentException(gate.toString());
    }

    boolean isWatched(Gate gate) {
        return partOf(gate).watched();
    }

    /** A policy as a call meets it: of a bulkhead with partitions, one of them, or the whole. */
    Policy<Object> met(int part, int call) {
        Policy<Object> policy = policies.get(part);
        return program.parts().get(part).kind() == Kind.PARTITIONS && call % (PARTITIONS + 1) < PARTITIONS
                ? ((Bulkhead) policy).partition("p" + call % (PARTITIONS + 1))
                : policy;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // Arrays have no type arguments.
    Policy<Object> pipeline(List<Integer> way, int call) {
        if (way.size() == 1) {
            return met(way.get(0), call);
        }
        return Pipeline.of((Policy<Object>[]) way.stream().map(part -> met(part, call)).toArray(Policy[]::new));
    }

    private Policy<Object> policy(String name, Part part) {
        Environment environment = ground.environment;
        int limit = part.limit();
        Duration millis = ofMillis(part.millis());
        return switch (part.kind()) {
            case BREAKER -> CircuitBreaker.builder(name).environment(environment).consecutiveFailures(limit).trials(limit)
                    .openFor(millis).trialTimeout(ofMillis(50)).classify(so -> rules(so, part)).build();
            case BULKHEAD -> bulkhead(name, part).limit(limit).build();
            case QUEUE -> queue(name, part).build();
            case OWN_THREADS -> (limit == 1 ? bulkhead(name, part).limit(limit) : queue(name, part)).ownThreads().build();
            case RUN_ON -> (limit == 1 ? bulkhead(name, part).limit(limit) : queue(name, part))
                    .runOn(ground.executor(part.threads())).build();
            case PARTITIONS -> queue(name, part).partition("p0", .5).partition("p1", .3).partition("p2", .2).build();
            case ADAPTIVE -> bulkhead(name, part).adaptive(Limits.between(1, 1 + limit).startAt(limit).aimd()).queue(3)
                    .waitUpTo(millis).build();
            case LIMITER -> RateLimiter.builder(name).environment(environment).limit(limit, ofMillis(3)).burst(limit)
                    .waitUpTo(millis).build();
            case WINDOW -> RateLimiter.builder(name).environment(environment).limit(limit, ofMillis(5)).slidingWindow().build();
            case RETRY -> retry(name, part).maxAttempts(1 + limit).backoff(limit == 1 ? Backoff.none() : Backoff.fixed(millis)).build();
            case RETRY_OF_REFUSALS -> retry(name, part).maxAttempts(1 + limit).backoff(Backoff.fixed(millis)).retryRejections().build();
            case ENDLESS_RETRY -> retry(name, part).maxAttempts(Integer.MAX_VALUE)
                    .backoff(limit == 1 ? Backoff.none() : Backoff.fixed(ofMillis(1))).build();
            case TIMEOUT -> Timeout.builder(name, millis).environment(environment).build();
            case QUIET_TIMEOUT -> Timeout.builder(name, millis).environment(environment).interrupt(false).build();
            case TIMEOUT_ON -> Timeout.builder(name, millis).environment(environment).runOn(ground.executor(part.threads())).build();
            case FALLBACK -> Fallback.<Object>builder(name, Object.class).environment(environment).apply(replaced -> {
                mischief.at(Place.STEP, part);
                throw new IllegalStateException("no replacement");
            }).value("replaced").build();
        };
    }

    private BulkheadBuilder bulkhead(String name, Part part) {
        return Bulkhead.builder(name).environment(ground.environment).classify(so -> rules(so, part));
    }

    private BulkheadBuilder queue(String name, Part part) {
        BulkheadBuilder builder = bulkhead(name, part).limit(part.limit()).queue(3).waitUpTo(ofMillis(part.millis()));
        return part.millis() % 2 == 0 ? builder.lifo() : builder;
    }

    private RetryBuilder<Object> retry(String name, Part part) {
        return Retry.builder(name).environment(ground.environment)
                .<Object>classify(so -> rules(so, part))
                .delayFrom(attempt -> {
                    mischief.at(Place.DELAY, part);
                    return null;
                }, Duration.ofSeconds(1));
    }

    private Classifier<Object> rules(Classifier<Object> so, Part part) {
        return so.failIf(failure -> mischief.at(Place.PREDICATE, part)).failOnResult(value -> mischief.at(Place.PREDICATE, part));
    }

    /** What can be changed while calls are under way. */
    void reconfigure(int number) {
        Policy<Object> policy = policies.get(number % policies.size());
        if (policy instanceof Bulkhead bulkhead) {
            Kind kind = partOf(bulkhead).kind();
            bulkhead.reconfigure(settings -> kind == Kind.ADAPTIVE ? settings : settings.limit(1 + number % 4));
        } else if (policy instanceof RateLimiter limiter) {
            limiter.reconfigure(settings -> settings.limit(1 + number % 4, ofMillis(4)));
        } else if (policy instanceof CircuitBreaker breaker) {
            breaker.reconfigure(settings -> settings.consecutiveFailures(1 + number % 4));
            breaker.transitionTo(number % 2 == 0 ? CircuitBreaker.State.OPEN : CircuitBreaker.State.CLOSED);
        } else if (policy instanceof Timeout timeout) {
            timeout.reconfigure(ofMillis(LONGEST_TIMEOUT));
        } else if (policy instanceof Retry<Object> retry) {
            retry.reconfigure(settings -> settings.backoff(Backoff.fixed(ofMillis(1))));
        }
    }

    void close(int number) {
        if (policies.get(number % policies.size()) instanceof Bulkhead bulkhead) {
            bulkhead.close();
        }
    }

    void closeAll() {
        for (int i = 0; i < policies.size(); i++) {
            close(i);
        }
    }
}
