// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Backoff;
import dev.holdfast.CallCounts;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.examples.PagesTest;
import dev.holdfast.examples.readme.Inventory.BusyException;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.examples.readme.Inventory.UnknownSkuException;
import dev.holdfast.examples.readme.ReadmeExamples.Quota;
import dev.holdfast.examples.readme.ReadmeExamples.QuotaUsedUp;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.PipelineDescriptor;
import dev.holdfast.testkit.PolicyVerifier;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import dev.holdfast.timeout.Timeout;
import dev.holdfast.timeout.TimeoutExceededException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever the README shows is compiled, and does what the README says. */
class ReadmeTest {
    private static final Sku SKU = new Sku("4711");
    private static final Path HERE = Path.of("src", "test", "java", "dev", "holdfast", "examples", "readme");
    private static final Path THERE = Path.of("src", "main", "java", "dev", "holdfast", "examples", "readme");

    private final VirtualTime time = VirtualTime.create();
    private final FakeInventory client = new FakeInventory();
    private final ReadmeExamples examples = new ReadmeExamples(client, time);

    @Test
    void everyJavaBlockOfTheReadmeIsCompiled() throws IOException {
        Map<String, String> compiled = PagesTest.snippets(THERE.resolve("ReadmeExamples.java"));
        compiled.putAll(PagesTest.snippets(HERE.resolve("ReadmeTest.java")));

        assertThat(PagesTest.javaBlocks(Path.of("..", "README.md")))
                .containsExactlyInAnyOrderElementsOf(compiled.values());
    }

    @Test
    void theFirstScreenCalls() {
        assertThat(examples.oneLine(SKU).pieces()).isEqualTo(1);
        assertThat(examples.oneScreen(SKU).pieces()).isEqualTo(5);
    }

    @Test
    void rulesAreSaidOnce() {
        CircuitBreaker breaker =
                CircuitBreaker.builder("ruled").environment(time).build();
        Retry<Object> retry = Retry.builder("ruled").environment(time).build();
        Pipeline<Object> ruled = examples.ruled(retry, breaker);

        assertThatThrownBy(() -> ruled.run(() -> {
                    throw new UnknownSkuException();
                }))
                .isInstanceOf(UnknownSkuException.class);

        assertThat(breaker.counts().successes()).isEqualTo(1);
        assertThat(examples.within(ruled, () -> Duration.ofSeconds(1), SKU)).hasSize(2);
    }

    @Test
    void aRejectionSaysForHowLong() {
        CircuitBreaker breaker = examples.breaker();
        assertThat(examples.rejected(breaker, SKU)).contains("pieces=1");

        breaker.transitionTo(State.OPEN);

        assertThat(examples.rejected(breaker, SKU)).startsWith("in stock soon; next try in PT");
    }

    @Test
    void anAnswerThatSomethingIsUnknownIsASuccess() {
        CircuitBreaker breaker = examples.breaker();

        assertThatThrownBy(() -> breaker.run(() -> {
                    throw new UnknownSkuException();
                }))
                .isInstanceOf(UnknownSkuException.class);

        assertThat(breaker.counts().successes()).isEqualTo(1);
    }

    @Test
    void permitsWorkByHand() throws IOException {
        CircuitBreaker breaker = examples.breaker();

        examples.byHand(breaker, sku -> {}, SKU);
        assertThatThrownBy(() -> examples.byHand(
                        breaker,
                        sku -> {
                            throw new IOException("gone");
                        },
                        SKU))
                .isInstanceOf(IOException.class);

        assertThat(breaker.counts().successes()).isEqualTo(1);
        assertThat(breaker.counts().ignored()).isEqualTo(1);
    }

    @Test
    void operatorsMayForceReconfigureAndReset() {
        CircuitBreaker breaker = examples.breaker();
        examples.operate(breaker);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void theRetryRepeatsIncompleteResultsAndBusyServers() {
        Retry<Stock> retry = examples.retry();
        List<Stock> answers = new ArrayList<>(List.of(new Stock(1, false), new Stock(2, true)));
        assertThat(retry.call(() -> answers.remove(0))).isEqualTo(new Stock(2, true));

        long before = time.nanoTime();
        client.failures.add(new BusyException(Duration.ofMillis(700)));
        assertThat(retry.call(() -> client.stock(SKU)).pieces()).isEqualTo(1);
        assertThat(time.nanoTime() - before).isEqualTo(Duration.ofMillis(700).toNanos());

        client.failures.add(new UnknownSkuException());
        assertThatThrownBy(() -> retry.call(() -> client.stock(SKU))).isInstanceOf(UnknownSkuException.class);
    }

    @Test
    void theRetryComesBackWhenTheServerSays() {
        record Answer(int status, String retryAfter) implements Inventory.Reply {
            @Override
            public String header(String name) {
                return name.equals("Date") ? "Sun, 06 Nov 1994 08:49:07 GMT" : retryAfter;
            }

            @Override
            public void close() {}
        }
        for (String thirtySeconds : List.of("30", "Sun, 06 Nov 1994 08:49:37 GMT")) {
            List<Answer> answers = new ArrayList<>(List.of(new Answer(503, thirtySeconds), new Answer(200, null)));
            long before = time.nanoTime();
            assertThat(examples.retryAfter().call(() -> answers.remove(0)).status())
                    .isEqualTo(200);
            assertThat(time.nanoTime() - before)
                    .isEqualTo(Duration.ofSeconds(30).toNanos());
        }
    }

    @Test
    void repliesThatNobodyGetsAreClosed() {
        List<Integer> closed = new ArrayList<>();
        class Answer implements Inventory.Reply {
            private final int status;

            Answer(int status) {
                this.status = status;
            }

            @Override
            public int status() {
                return status;
            }

            @Override
            public String header(String name) {
                return null;
            }

            @Override
            public void close() {
                closed.add(status);
            }
        }
        Timeout timeout = Timeout.builder("inventory", Duration.ofMinutes(1))
                .environment(time)
                .build();
        List<Answer> answers = new ArrayList<>(List.of(new Answer(503), new Answer(200)));
        Pipeline<Inventory.Reply> replies = examples.discarding(examples.retryAfter(), timeout);
        assertThat(replies.call(() -> answers.remove(0)).status()).isEqualTo(200);
        assertThat(closed).containsExactly(503);
    }

    @Test
    void theLimiterWaitsForCallsThatCostFive() {
        RateLimiter bulky = examples.limiter();
        for (int i = 0; i < 5; i++) {
            bulky.run(() -> {});
        }
        assertThat(time.nanoTime()).isEqualTo(Duration.ofMillis(50).toNanos());
        assertThat(examples.keyed("alice", SKU).pieces()).isEqualTo(1);
    }

    @Test
    void theBulkheadRunsPartitionsAndCloses() {
        Bulkhead bulkhead = examples.bulkhead();
        assertThat(examples.partitions(bulkhead, SKU)).isEqualTo(new Bulkhead.Report(10, 0, 0));
        assertThat(bulkhead.report().limit()).isEqualTo(20);
        assertThat(bulkhead.partition("interactive").counts().successes()).isEqualTo(1);
        assertThatThrownBy(() -> bulkhead.run(() -> {})).hasMessage("'reports' is closed");
    }

    @Test
    void timeoutsLimitEachAttemptAndAllOfThem() {
        Retry<Object> retry = Retry.builder("inventory")
                .environment(time)
                .backoff(Backoff.none())
                .build();
        assertThat(examples.timeouts(retry, Runnable::run, SKU).pieces()).isEqualTo(1);
        assertThat(client.timeouts).containsExactly(Duration.ofMillis(400));

        // Threads that are all busy: 400 ms for the first attempt, 800 for the second, and what is left for the third.
        long before = time.nanoTime();
        assertThatThrownBy(() -> examples.timeouts(retry, work -> {}, SKU))
                .isInstanceOf(TimeoutExceededException.class)
                .hasMessage("'inventory' ended the call after PT2S");
        assertThat(time.nanoTime() - before).isEqualTo(Duration.ofSeconds(2).toNanos());
    }

    @Test
    void aDeafRequestIsAbortedAtTheDeadline() {
        long before = time.nanoTime();
        assertThatThrownBy(() -> examples.deaf(SKU)).isInstanceOf(TimeoutExceededException.class);
        assertThat(time.nanoTime() - before).isEqualTo(Duration.ofMillis(400).toNanos());
    }

    @Test
    void allTogetherGiveWhatTheClientGivesOrTheFallback() {
        CircuitBreaker breaker = CircuitBreaker.builder("b").environment(time).build();
        Function<Sku, Stock> safe = examples.together(
                Fallback.builder("f", Stock.class)
                        .environment(time)
                        .value(new Stock(0, false))
                        .build(),
                Retry.builder("r").environment(time).backoff(Backoff.none()).build(),
                breaker,
                RateLimiter.builder("l")
                        .environment(time)
                        .limit(100, Duration.ofSeconds(1))
                        .build(),
                Timeout.builder("t", Duration.ofSeconds(1)).environment(time).build(),
                Bulkhead.builder("k").environment(time).limit(1).build());
        assertThat(safe.apply(SKU)).isEqualTo(new Stock(1, true));
        for (int i = 0; i < 3; i++) {
            client.failures.add(new IllegalStateException("down"));
        }
        assertThat(safe.apply(SKU)).isEqualTo(new Stock(0, false));
        assertThat(breaker.counts()).isEqualTo(new CallCounts(1, 3, 0, 0, 0));
    }

    @Test
    void theFallbackGoesStepByStep() {
        FakeInventory backup = new FakeInventory();
        List<Function<Sku, Stock>> guarded = new ArrayList<>();
        Fallback<Stock> fallback = examples.fallback(backup, guarded::add);
        Function<Sku, Stock> stock = guarded.get(0);
        List<String> console = new ArrayList<>();
        examples.stale(fallback, console::add);
        client.answer = new Stock(7, true);
        assertThat(stock.apply(SKU)).isEqualTo(new Stock(7, true));

        client.answer = new Stock(8, false);
        time.advance(Duration.ofMinutes(1));
        assertThat(stock.apply(SKU)).isEqualTo(new Stock(7, true));
        time.advance(Duration.ofNanos(1));
        assertThat(stock.apply(SKU)).isEqualTo(new Stock(1, true));
        client.failures.add(new IllegalStateException("down"));
        backup.failures.add(new IllegalStateException("down, too"));
        assertThat(stock.apply(SKU)).isEqualTo(new Stock(0, false));

        assertThat(console).containsExactly("served what is PT1M old");
        assertThat(fallback.counts()).isEqualTo(new Fallback.Counts(1, 3, 1, 0));
    }

    @Test
    void workKnowsTheTimeItHas() {
        Stock stock = examples.context(Pipeline.of(examples.breaker()), SKU);
        assertThat(stock.pieces()).isEqualTo(1);
    }

    @Test
    void listenersAndCountersSeeWhatHappens() {
        List<String> console = new ArrayList<>();
        CircuitBreaker breaker = examples.breaker();
        breaker.call(() -> client.stock(SKU));

        assertThat(examples.watch(breaker, examples.retry(), console::add).successes())
                .isEqualTo(1);
        breaker.reset();

        assertThat(console).containsExactly("CLOSED after 1 calls", "CLOSED -> FORCED_OPEN");
    }

    @Test
    void theRegistryNamesPolicies() {
        assertThat(examples.registry().name()).isEqualTo("inventory");
    }

    @Test
    void contextIsCarried() {
        ThreadLocal<String> tenant = new ThreadLocal<>();
        tenant.set("acme");
        Environment environment = examples.carried(tenant);
        var captured = environment.context().capture();
        tenant.remove();

        var restored = captured.restore();
        assertThat(tenant.get()).isEqualTo("acme");
        restored.close();
        assertThat(tenant.get()).isNull();
    }

    @Test
    void virtualTimeIsExact() {
        // tag: virtual-time
        VirtualTime time = VirtualTime.create();
        CircuitBreaker breaker = CircuitBreaker.builder("inventory")
                .environment(time)
                .over(Window.calls(2))
                .openFor(Duration.ofSeconds(5))
                .build();
        breaker.transitionTo(State.OPEN);

        time.advance(Duration.ofSeconds(5).minusNanos(1));
        assertThat(breaker.tryAcquire()).isNull();

        time.advance(Duration.ofNanos(1));
        assertThat(breaker.call(() -> "a trial")).isEqualTo("a trial");
        // end
    }

    // tag: ways
    @ParameterizedTest
    @EnumSource
    void goesOnAfterTwoFailures(Way way) {
        VirtualTime time = VirtualTime.create();
        Retry<Object> retry = Retry.builder("inventory").environment(time).build();
        Script<String> inventory =
                Script.<String>of(time).fails(new IOException("down")).times(2).gives("in stock");

        assertThat(way.call(retry, inventory).result()).contains("in stock");
        assertThat(inventory.calls()).isEqualTo(3);
    }
    // end

    @Test
    void aPipelineSaysWhatItConsistsOf() {
        Pipeline<Object> pipeline = Pipeline.of(
                Retry.builder("inventory").environment(time).build(),
                CircuitBreaker.builder("inventory").environment(time).build(),
                Timeout.builder("inventory", Duration.ofSeconds(1))
                        .environment(time)
                        .build());
        // tag: descriptor
        PipelineDescriptor descriptor = PipelineDescriptor.of(pipeline);
        assertThat(descriptor.isOutsideOf(Retry.class, Timeout.class)).isTrue();
        assertThat(descriptor).hasToString("Retry 'inventory' > CircuitBreaker 'inventory' > Timeout 'inventory'");
        // end
    }

    @Test
    void aGateOfOnesOwnKeepsTheLaws() {
        // tag: verifier
        PolicyVerifier.of(time -> new Quota("free tier", 5, time))
                .varyingCapacity() // what is used up stays used up
                .verify();
        // end
    }

    @Test
    void aGateOfOnesOwnRefusesAndCounts() {
        Quota quota = new Quota("free tier", 1, time);
        assertThat(quota.call(() -> "in")).isEqualTo("in");

        assertThatThrownBy(() -> quota.call(() -> "in"))
                .isInstanceOf(QuotaUsedUp.class)
                .hasMessage("'free tier' refused the call");
        assertThat(quota.callAsync(() -> CompletableFuture.completedFuture("in")))
                .isCompletedExceptionally();
        assertThat(quota.counts().rejected()).isEqualTo(2);
    }

    private final class FakeInventory implements Inventory {
        final List<RuntimeException> failures = new ArrayList<>();
        final List<Duration> timeouts = new ArrayList<>();
        Stock answer = new Stock(1, true);

        @Override
        public Stock stock(Sku sku) {
            if (!failures.isEmpty()) {
                throw failures.remove(0);
            }
            return answer;
        }

        @Override
        public Stock stock(Sku sku, Duration timeout) {
            timeouts.add(timeout);
            return stock(sku);
        }

        @Override
        public CompletableFuture<Stock> stockAsync(Sku sku) {
            return CompletableFuture.completedFuture(stock(sku));
        }

        @Override
        public Request request(Sku sku) {
            return new Request() {
                private boolean aborted;

                @Override
                public Stock send() {
                    try {
                        time.await(() -> aborted, Duration.ofHours(1).toNanos());
                    } catch (InterruptedException impossible) {
                        throw new AssertionError(impossible);
                    }
                    throw new IllegalStateException("aborted: " + aborted);
                }

                @Override
                public void abort() {
                    aborted = true;
                }
            };
        }
    }
}
