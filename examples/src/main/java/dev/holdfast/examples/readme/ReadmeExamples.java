// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.readme;

import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.CallCounts;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.RejectedException;
import dev.holdfast.RetryAfter;
import dev.holdfast.Subscription;
import dev.holdfast.ThreadContext;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreaker.StateChanged;
import dev.holdfast.circuitbreaker.CircuitOpenException;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.examples.readme.Inventory.BusyException;
import dev.holdfast.examples.readme.Inventory.Connection;
import dev.holdfast.examples.readme.Inventory.Reply;
import dev.holdfast.examples.readme.Inventory.Request;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.examples.readme.Inventory.UnknownSkuException;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.guard.Guard;
import dev.holdfast.ratelimiter.KeyedRateLimiter;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Every Java block of the README stands here, where it is compiled; a test holds the two together and runs this. */
public final class ReadmeExamples {
    private final Inventory client;
    private final Environment environment;

    /** Calls a service, on the time of an environment. */
    public ReadmeExamples(Inventory client, Environment environment) {
        this.client = client;
        this.environment = environment;
    }

    /** The library in one line. */
    public Stock oneLine(Sku sku) {
        // tag: one-line
        Guard inventory = Guard.of("inventory"); // in a field

        Stock stock = inventory.call(() -> client.stock(sku));
        // end
        return stock;
    }

    /** The library in one screen. */
    public Stock oneScreen(Sku sku) {
        // tag: one-screen
        CircuitBreaker breaker = CircuitBreaker.builder("inventory")
                .over(Window.calls(100))
                .failureRate(0.5)
                .slowCalls(Duration.ofMillis(250), 0.8)
                .openFor(Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)))
                .build();
        Retry<Object> retry = Retry.ofDefaults("inventory");

        Pipeline<Object> pipeline = Pipeline.of(retry, breaker); // outermost first

        Stock now = pipeline.call(() -> client.stock(sku));
        Supplier<Stock> supplier = pipeline.supplier(() -> client.stock(sku));
        Function<Sku, Stock> function = pipeline.function(client::stock);
        CompletableFuture<Stock> later = pipeline.callAsync(() -> client.stockAsync(sku));
        Stock alone = breaker.call(() -> client.stock(sku)); // every policy is a pipeline of one
        // end
        return new Stock(
                now.pieces()
                        + supplier.get().pieces()
                        + function.apply(sku).pieces()
                        + later.join().pieces()
                        + alone.pieces(),
                true);
    }

    /** Everything that a breaker can be told. */
    public CircuitBreaker breaker() {
        CircuitBreaker breaker = CircuitBreaker.builder("inventory")
                .over(Window.time(Duration.ofSeconds(10))) // or Window.calls(100)
                .minimumCalls(20)
                .failureRate(0.5)
                .slowCalls(Duration.ofMillis(250), 0.8)
                .consecutiveFailures(10)
                .openFor(Backoff.exponential(Duration.ofSeconds(5), Duration.ofMinutes(1))
                        .spread(0.2))
                .trials(3)
                .ramp(0.1, 0.25, 0.5) // then 10 %, 25 %, 50 % of the calls, then all
                .trialTimeout(Duration.ofSeconds(10))
                .classify(so -> so.succeedOn(UnknownSkuException.class))
                .environment(environment)
                .build();
        return breaker;
    }

    /** A rejection says why and for how long. */
    public String rejected(CircuitBreaker breaker, Sku sku) {
        try {
            return breaker.call(() -> client.stock(sku)).toString();
        } catch (CircuitOpenException open) {
            return "in stock soon"
                    + open.retryAfter().map(wait -> "; next try in " + wait).orElse("");
        }
    }

    /** For code that cannot be wrapped. */
    public void byHand(CircuitBreaker breaker, Connection connection, Sku sku) throws IOException {
        try (Permit permit = breaker.acquire()) {
            connection.send(sku);
            permit.succeeded();
        } // a permit that is closed without a report counts as ignored
    }

    /** What an operator may do. */
    public void operate(CircuitBreaker breaker) {
        breaker.transitionTo(State.FORCED_OPEN); // until further notice
        breaker.reconfigure(settings -> settings.failureRate(0.3)); // keeps the window and the state
        breaker.reset();
    }

    /** Everything that a retry can be told. */
    public Retry<Stock> retry() {
        Budget budget = Budget.of(100, 0.1, 1); // shared by all retries of one dependency

        Retry<Stock> retry = Retry.builder("inventory")
                .maxAttempts(4)
                .maxDuration(Duration.ofSeconds(2))
                .backoff(Backoff.exponential(Duration.ofMillis(50), Duration.ofSeconds(1))
                        .jitter(Backoff.Jitter.FULL))
                .budget(budget)
                .classify(so -> so.ignore(UnknownSkuException.class)) // not repeated
                .retryOnResult((Stock stock) -> !stock.complete()) // types the retry: it fits calls that give a Stock
                .delayFrom(
                        attempt -> attempt.failure() instanceof BusyException busy ? busy.retryAfter() : null,
                        Duration.ofSeconds(1))
                .environment(environment)
                .build();
        return retry;
    }

    /** A server that says when to come back, in either form. */
    public Retry<Reply> retryAfter() {
        Retry<Reply> retry = Retry.builder("inventory")
                .retryOnResult((Reply reply) -> reply.status() == 503)
                .delayFrom(
                        attempt -> attempt.result() // empty where the attempt has thrown
                                .map(reply -> RetryAfter.parse(reply.header("Retry-After"), reply.header("Date")))
                                .orElse(null), // it says nothing, and the backoff decides
                        Duration.ofSeconds(30))
                .environment(environment)
                .build();
        return retry;
    }

    /** What is a failure, said once. */
    public Pipeline<Object> ruled(Retry<Object> retry, CircuitBreaker breaker) {
        // tag: rules
        Classifier<Object> rules = Classifier.standard()
                .failOnResult(Reply.class, reply -> reply.status() == 429 || reply.status() >= 500)
                .retryAfter(Reply.class, reply -> RetryAfter.parse(reply.header("Retry-After"), reply.header("Date")))
                .succeedOn(UnknownSkuException.class);

        Pipeline<Object> pipeline = Pipeline.of(retry, breaker).classifying(rules);
        // end
        return pipeline;
    }

    /** How long a call may take, said by its caller. */
    public List<Stock> within(Pipeline<Object> pipeline, Timed request, Sku sku) {
        // tag: within
        Stock soon = pipeline.within(Duration.ofMillis(500)).call(() -> client.stock(sku));

        Stock served = environment.within(request.timeLeft(), () -> pipeline.call(() -> client.stock(sku)));
        // end
        return List.of(soon, served);
    }

    /** A request that somebody waits for. */
    @FunctionalInterface
    public interface Timed {
        /** How long he still does. */
        Duration timeLeft();
    }

    /** Responses that nobody gets are closed. */
    public Pipeline<Reply> discarding(Retry<Reply> retry, Timeout timeout) {
        // tag: discarding
        Pipeline<Reply> replies = Pipeline.of(retry, timeout).discarding(Reply::close);
        // end
        return replies;
    }

    /** Everything that a limiter can be told. */
    public RateLimiter limiter() {
        RateLimiter limiter = RateLimiter.builder("inventory")
                .limit(100, Duration.ofSeconds(1))
                .burst(20) // or .smooth(), .warmUp(...), .slidingWindow(), .fixedWindow()
                .and(10_000, Duration.ofHours(1)) // all limits, or none
                .waitUpTo(Duration.ofMillis(50))
                .environment(environment)
                .build();

        RateLimiter bulky = limiter.permits(5); // for calls that cost five
        return bulky;
    }

    /** The same limits for each user. */
    public Stock keyed(String user, Sku sku) {
        KeyedRateLimiter<String> users =
                RateLimiter.builder("user").limit(5, Duration.ofSeconds(1)).keyed(100_000);

        Stock stock = users.get(user).call(() -> client.stock(sku));
        return stock;
    }

    /** Everything that a bulkhead can be told. */
    public Bulkhead bulkhead() {
        Bulkhead bulkhead = Bulkhead.builder("reports")
                .limit(10) // in flight at once; or .adaptive(Limits.between(1, 50).evidence())
                .queue(50)
                .waitUpTo(Duration.ofMillis(100))
                .lifo() // under overload: those who have just come are answered in time
                .partition("interactive", 0.7) // at least 7 of 10 when they are needed
                .partition("batch", 0.3)
                .ownThreads() // or .virtualThreads(), or .runOn(executor); default: the caller's thread
                .environment(environment)
                .build();
        return bulkhead;
    }

    /** A partition of a bulkhead, and what can be seen and changed. */
    public Bulkhead.Report partitions(Bulkhead bulkhead, Sku sku) {
        Stock stock = bulkhead.partition("interactive").call(() -> client.stock(sku));

        Bulkhead.Report report = bulkhead.report(); // limit, in flight, waiting
        bulkhead.reconfigure(settings -> settings.limit(20)); // lets 10 more in at once
        bulkhead.close(); // refuses further calls; its threads end with the last one
        return stock.complete() ? report : bulkhead.report();
    }

    /** Timeouts for each attempt and for all of them. */
    public Stock timeouts(Retry<Object> retry, Executor threads, Sku sku) {
        Timeout each = Timeout.builder("attempt", call -> Duration.ofMillis(400L * call.attempt())) // or one for all
                .runOn(threads) // default: the caller's own thread, which is interrupted at the deadline
                .environment(environment)
                .build();
        Timeout all = Timeout.builder("inventory", Duration.ofSeconds(2))
                .environment(environment)
                .build();

        Pipeline<Object> pipeline = Pipeline.of(all, retry, each);
        Stock stock =
                pipeline.callWith(call -> client.stock(sku, call.timeLeft().orElseThrow()));
        return stock;
    }

    /** A client that hears no interrupt. */
    public Stock deaf(Sku sku) {
        Timeout timeout = Timeout.builder("inventory", Duration.ofMillis(400))
                .interrupt(false)
                .environment(environment)
                .build();
        Stock stock = timeout.callWith(call -> {
            Request request = client.request(sku);
            call.onAbandon(request::abort); // at the deadline, or when the call is cancelled or interrupted
            return request.send();
        });
        return stock;
    }

    /** What to do when all else has failed. */
    public Fallback<Stock> fallback(Inventory backup, Consumer<Function<Sku, Stock>> guarded) {
        Fallback<Stock> fallback = Fallback.builder("inventory", Stock.class)
                .onResult(stock -> !stock.complete()) // failures and refusals anyway; or .onRejectionsOnly()
                .lastGoodPerArgument(Duration.ofMinutes(1), 1_000)
                .callWith(call -> backup.stock((Sku) call.argument().orElseThrow())) // guard it by its own pipeline
                .value(new Stock(0, false))
                .environment(environment)
                .build();

        Function<Sku, Stock> stock = fallback.function(client::stock);
        guarded.accept(stock);
        return fallback;
    }

    /** All patterns in the order to start from. */
    public Function<Sku, Stock> together(
            Fallback<Stock> fallback,
            Retry<Object> retry,
            CircuitBreaker breaker,
            RateLimiter limiter,
            Timeout timeout,
            Bulkhead bulkhead) {
        // tag: together
        Pipeline<Stock> guarded = Pipeline.of(fallback, retry, breaker, limiter, timeout, bulkhead); // outermost first

        Function<Sku, Stock> safe = guarded.function(client::stock);
        // end
        return safe;
    }

    /** What is stale is told. */
    public void stale(Fallback<Stock> fallback, Consumer<String> console) {
        fallback.on(Fallback.StaleServed.class, e -> console.accept("served what is " + e.age() + " old"));
    }

    /** What a call knows of itself. */
    public Stock context(Pipeline<Object> pipeline, Sku sku) {
        // tag: context
        Stock stock =
                pipeline.callWith(call -> client.stock(sku, call.timeLeft().orElse(Duration.ofSeconds(1))));
        // end
        return stock;
    }

    /** What can be seen from outside. */
    public CallCounts watch(CircuitBreaker breaker, Retry<Stock> retry, Consumer<String> console) {
        // tag: watch
        Subscription changes = breaker.on(StateChanged.class, e -> console.accept(e.from() + " -> " + e.to()));
        retry.on(
                Event.RetryScheduled.class,
                e -> console.accept("attempt " + e.call().attempt() + " failed"));

        CallCounts counts = breaker.counts(); // successes, failures, ignored, rejected, abandoned: cumulative
        CircuitBreaker.Report report = breaker.report(); // state, rates, time until the next trial
        // end
        console.accept(report.state() + " after " + counts.calls() + " calls");
        breaker.transitionTo(State.FORCED_OPEN);
        // tag: watch
        changes.cancel();
        // end
        return counts;
    }

    /** Policies by name. */
    public CircuitBreaker registry() {
        // tag: registry
        Registry<CircuitBreaker> breakers = Registry.of(100, CircuitBreaker::ofDefaults);
        CircuitBreaker inventory = breakers.get("inventory");
        // end
        return inventory;
    }

    /** What goes along from thread to thread. */
    public Environment carried(ThreadLocal<String> tenant) {
        // tag: carried
        Environment environment = Environment.builder()
                .context(ThreadContext.all(ThreadContext.mdc(), ThreadContext.of(tenant), ThreadContext.classLoader()))
                .build();
        // end
        return environment;
    }

    // tag: own-gate
    /** Lets a fixed number of calls through, and then no more. */
    public static final class Quota extends Gate {
        private final AtomicInteger left;

        public Quota(String name, int calls, Environment environment) {
            super(name, environment);
            left = new AtomicInteger(calls);
        }

        @Override
        protected long enter(long now) {
            return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0 ? 0 : REFUSED;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            return true; // nothing to give back
        }

        @Override
        protected RejectedException rejection(long now) {
            return new QuotaUsedUp(name());
        }
    }

    /** What a caller gets when the quota is used up. */
    public static final class QuotaUsedUp extends RejectedException {
        private static final long serialVersionUID = 1L;

        QuotaUsedUp(String policy) {
            super(policy, UNKNOWN);
        }
    }
    // end
}
