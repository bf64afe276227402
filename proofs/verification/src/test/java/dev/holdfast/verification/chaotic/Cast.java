// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import static java.time.Duration.ofMillis;

import dev.holdfast.Backoff;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
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
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The policies of a program, with the user code that they call. */
final class Cast {
    /** From here on each number has a key of its own. */
    static final int FIRST_OF_FLOOD = 1_000;

    private static final int PARTITIONS = 3;
    private static final int KEYS = 4;

    final List<Policy<Object>> policies = new ArrayList<>();
    /** All gates, partitions too, and what their listeners were told. The keys of a limiter count together. */
    final Map<Gate, Told> gates = new LinkedHashMap<>();
    /** By the numbers of their parts. */
    final Map<Integer, KeyedRateLimiter<Integer>> keyed = new ConcurrentHashMap<>();

    final Settings settings = new Settings(new Rates());
    final List<Watching> watchers = new ArrayList<>();
    final Pipelines pipelines;
    /** By the numbers of their parts. */
    final Map<Integer, Guarding> guarded = new ConcurrentHashMap<>();

    private final Program program;
    private final Ground ground;
    private final Mischief mischief;

    Cast(Program program, Ground ground, Mischief mischief) {
        this.program = program;
        this.ground = ground;
        this.mischief = mischief;
        this.pipelines = new Pipelines(this, mischief);
        for (int i = 0; i < program.parts().size(); i++) {
            Part part = program.parts().get(i);
            Policy<Object> policy = policy(i, part);
            policies.add(policy);
            if (policy instanceof Gate gate) {
                gates.put(gate, new Told());
            }
            if (part.kind().hasPartitions()) {
                for (int p = 0; p < PARTITIONS; p++) {
                    gates.put(((Bulkhead) policy).partition("p" + p), new Told());
                }
            }
            mischief.listenTo(policy, part);
        }
        for (Map.Entry<Gate, Told> each : gates.entrySet()) {
            if (isWatched(each.getKey())) {
                each.getValue().listen(each.getKey(), pipelines);
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

    /** A policy as a call meets it: of a bulkhead with partitions, one of them, or the whole; of a keyed limiter, a key. */
    Policy<Object> met(int part, int call) {
        return keyed.containsKey(part)
                ? keyed.get(part).get(key(call))
                // What there is now.
                : guarded.containsKey(part) ? guarded.get(part).met() : counted(part, call);
    }

    /** The one of {@link #gates} that counts it, if it is a gate. */
    Policy<Object> counted(int part, int call) {
        Policy<Object> policy = policies.get(part);
        return program.parts().get(part).kind().hasPartitions() && call % (PARTITIONS + 1) < PARTITIONS
                ? ((Bulkhead) policy).partition("p" + call % (PARTITIONS + 1))
                : policy;
    }

    Told told(int part, int call) {
        return gates.get((Gate) counted(part, call));
    }

    private static int key(int call) {
        return call < FIRST_OF_FLOOD ? call % KEYS : call;
    }

    /** What permits are limited at: a limiter, or a key of it. */
    String door(int part, int call) {
        return part + (keyed.containsKey(part) ? " key " + key(call) : "");
    }

    boolean isBulkhead(int part) {
        return policies.get(part) instanceof Bulkhead;
    }

    private Policy<Object> policy(int number, Part part) {
        String name = name(number);
        Environment environment = ground.environment;
        int limit = part.limit();
        Duration millis = ofMillis(part.millis());
        return switch (part.kind()) {
            case BREAKER, RAMP ->
                settings.breaker(part)
                        .apply(CircuitBreaker.builder(name).environment(environment))
                        .classify(so -> rules(so, part))
                        .build();
            case BULKHEAD -> settings.limit(number, part, bulkhead(name, part)).build();
            case QUEUE -> queue(number, part).build();
            case OWN_THREADS -> perhapsQueue(number, part).ownThreads().build();
            case RUN_ON ->
                perhapsQueue(number, part)
                        .runOn(ground.executor(part.threads()))
                        .build();
            case PARTITIONS, ADAPTIVE_PARTITIONS ->
                queue(number, part)
                        .partition("p0", .5)
                        .partition("p1", .3)
                        .partition("p2", .2)
                        .build();
            case ADAPTIVE -> queue(number, part).build();
            case LIMITER, SMOOTH, WINDOW, FIXED_WINDOW -> limiter(number, part).build();
            case KEYED -> {
                keyed.put(number, limiter(number, part).keyed(limit));
                yield keyed.get(number).get(0);
            }
            case RETRY ->
                retry(name, part)
                        .maxAttempts(1 + limit)
                        .backoff(limit == 1 ? Backoff.none() : Backoff.fixed(millis))
                        .build();
            case RETRY_OF_REFUSALS ->
                retry(name, part)
                        .maxAttempts(1 + limit)
                        .backoff(Backoff.fixed(millis))
                        .retryRejections()
                        .build();
            case RETRY_OF_NULL ->
                retry(name, part)
                        .maxAttempts(1 + limit)
                        .backoff(Backoff.none())
                        .retryOnResult(Objects::isNull)
                        .build();
            // In virtual time, attempts without end must take some.
            case ENDLESS_RETRY ->
                retry(name, part)
                        .maxAttempts(Integer.MAX_VALUE)
                        .backoff(limit == 1 && !ground.isVirtual() ? Backoff.none() : Backoff.fixed(ofMillis(1)))
                        .build();
            case TIMEOUT ->
                Timeout.builder(name, millis).environment(environment).build();
            case QUIET_TIMEOUT ->
                Timeout.builder(name, millis)
                        .environment(environment)
                        .interrupt(false)
                        .build();
            case TIMEOUT_ON ->
                Timeout.builder(name, millis)
                        .environment(environment)
                        .runOn(ground.executor(part.threads()))
                        .build();
            case FALLBACK ->
                Fallback.<Object>builder(name, Object.class)
                        .environment(environment)
                        .apply(replaced -> {
                            mischief.at(Place.STEP, part);
                            throw new IllegalStateException("no replacement");
                        })
                        .value(Made.REPLACED)
                        .build();
            case HEDGE ->
                Hedge.builder(name)
                        .environment(environment)
                        .repeatable()
                        .withoutBudget()
                        .extras(part.limit())
                        .after(call -> {
                            mischief.at(Place.DELAY, part);
                            return Duration.ofMillis(part.millis());
                        })
                        .classify(rules(Classifier.standard(), part))
                        .runOn(ground.executor(part.threads()))
                        .build();
            case FAILOVER -> new Racing(name, environment, part, rules(Classifier.standard(), part), mischief);
            case WATCH -> {
                Watching watching = new Watching(name, environment, part, mischief);
                watchers.add(watching);
                yield watching;
            }
            case GUARD -> {
                Guarding guarding = new Guarding(name, environment, part, pipelines);
                guarded.put(number, guarding);
                yield guarding.met();
            }
        };
    }

    private BulkheadBuilder bulkhead(String name, Part part) {
        return Bulkhead.builder(name).environment(ground.environment).classify(so -> rules(so, part));
    }

    private BulkheadBuilder perhapsQueue(int number, Part part) {
        return part.limit() == 1 ? settings.limit(number, part, bulkhead(name(number), part)) : queue(number, part);
    }

    private BulkheadBuilder queue(int number, Part part) {
        BulkheadBuilder builder = bulkhead(name(number), part).queue(3).waitUpTo(ofMillis(part.millis()));
        boolean adapts = part.kind() == Kind.ADAPTIVE || part.kind() == Kind.ADAPTIVE_PARTITIONS;
        BulkheadBuilder limited =
                adapts ? settings.adaptive(number, part, builder) : settings.limit(number, part, builder);
        return part.millis() % 2 == 0 ? limited.lifo() : limited;
    }

    private RateLimiterBuilder limiter(int number, Part part) {
        return settings.limiter(number, part, RateLimiter.builder(name(number)).environment(ground.environment));
    }

    private RetryBuilder<Object> retry(String name, Part part) {
        return Retry.builder(name)
                .withoutBudget()
                .environment(ground.environment)
                .<Object>classify(so -> rules(so, part))
                .delayFrom(
                        attempt -> {
                            mischief.at(Place.DELAY, part);
                            return null;
                        },
                        Duration.ofSeconds(1));
    }

    private Classifier<Object> rules(Classifier<Object> so, Part part) {
        return so.failIf(failure -> mischief.at(Place.PREDICATE, part)).failOnResult(value -> {
            mischief.hasResult();
            return mischief.at(Place.PREDICATE, part);
        });
    }

    /** Gives what an equal reconfiguration has changed all the same, if others cannot have done so meanwhile. */
    String reconfigureEqually(int number) {
        int part = number % policies.size();
        String changed = guarded.containsKey(part) ? guarded.get(part).repeat() : Settings.repeat(policies.get(part));
        return ground.isVirtual() ? changed : null;
    }

    void reconfigure(int number, int to) {
        int part = number % policies.size();
        settings.change(part, program.parts().get(part), policies.get(part), to);
    }

    /** Loads other settings, of which some are wrong. */
    void reload(int number, int variant) {
        Guarding guarding = guarded.get(number % policies.size());
        String wrong = guarding == null ? null : guarding.reload(variant);
        if (wrong != null) {
            mischief.wrongs.add(wrong);
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
