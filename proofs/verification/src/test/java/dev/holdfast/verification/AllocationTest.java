// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import dev.holdfast.Around;
import dev.holdfast.Backoff;
import dev.holdfast.Budget;
import dev.holdfast.Checked;
import dev.holdfast.Classifier;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Heat;
import dev.holdfast.Outcome;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Race;
import dev.holdfast.RejectedException;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadBuilder;
import dev.holdfast.bulkhead.Limits;
import dev.holdfast.chaos.Arms;
import dev.holdfast.chaos.Chaos;
import dev.holdfast.chaos.ChaosReply;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.circuitbreaker.CircuitBreaker.State;
import dev.holdfast.circuitbreaker.CircuitBreakerBuilder;
import dev.holdfast.circuitbreaker.Window;
import dev.holdfast.failover.Failover;
import dev.holdfast.failover.Replicas;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.fallback.FallbackBuilder;
import dev.holdfast.guard.Guard;
import dev.holdfast.hedge.Hedge;
import dev.holdfast.quorum.Quorum;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.ratelimiter.RateLimiterBuilder;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes a call, counted by the JVM for the thread that makes the calls, once they are compiled. */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CALLS = 200_000;
    private static final int TRIES = 8;
    /** For tables: their many rows share what is compiled. */
    private static final int FEWER_CALLS = 20_000;

    private static final int MORE_TRIES = 80;
    /** Less than one object of the smallest size in three hundred calls. */
    private static final double NOTHING = 0.05;

    private static volatile Object sink;

    private interface Call {
        void make() throws Exception;
    }

    /** The first of several tries that is small enough, or the last: the early ones run before the code is compiled. */
    private static double bytesPerCall(Call call, double enough) throws Exception {
        return bytesPerCall(call, enough, CALLS, TRIES);
    }

    private static double bytesPerCall(Call call, double enough, int calls, int tries) throws Exception {
        double bytes = Double.MAX_VALUE;
        for (int i = 0; i < tries && bytes > enough; i++) {
            bytes = bytesEach(call, calls);
        }
        return bytes;
    }

    private static double bytesEach(Call call, int calls) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int k = 0; k < calls; k++) {
            call.make();
        }
        return (double) (THREADS.getCurrentThreadAllocatedBytes() - before) / calls;
    }

    /** Enough calls to be compiled, and as many again. */
    private static double bytesOnceCompiled(Call call) throws Exception {
        bytesEach(call, CALLS);
        return bytesEach(call, CALLS);
    }

    private static CircuitBreakerBuilder breaker() {
        return CircuitBreaker.builder("b");
    }

    /** Every shape that a sync call can have, around work that allocates nothing. */
    private static Map<String, Call> shapes(Policy<Object> policy) {
        String yes = "yes";
        Supplier<Object> work = () -> yes;
        Checked.Supplier<Object, IOException> checked = () -> yes;
        Runnable nothing = () -> sink = yes;
        Checked.Runnable<IOException> checkedNothing = () -> sink = yes;
        Supplier<Object> supplier = policy.supplier(() -> yes);
        Callable<Object> callable = policy.callable(() -> yes);
        Runnable runnable = policy.runnable(() -> sink = yes);
        Function<Object, Object> function = policy.function(argument -> argument);
        BiFunction<Object, Object, Object> biFunction = policy.biFunction((one, other) -> other);
        Consumer<Object> consumer = policy.consumer(argument -> sink = argument);
        Checked.Supplier<Object, IOException> checkedSupplier = policy.checkedSupplier(() -> yes);
        Checked.Runnable<IOException> checkedRunnable = policy.checkedRunnable(() -> sink = yes);
        Checked.Function<Object, Object, IOException> checkedFunction = policy.checkedFunction(argument -> argument);
        Checked.BiFunction<Object, Object, Object, IOException> checkedBiFunction =
                policy.checkedBiFunction((one, other) -> other);
        Checked.Consumer<Object, IOException> checkedConsumer = policy.checkedConsumer(argument -> sink = argument);
        Map<String, Call> shapes = new LinkedHashMap<>();
        shapes.put("call", () -> sink = policy.call(work));
        shapes.put("run", () -> policy.run(nothing));
        shapes.put("callChecked", () -> sink = policy.callChecked(checked));
        shapes.put("runChecked", () -> policy.runChecked(checkedNothing));
        shapes.put("supplier", () -> sink = supplier.get());
        shapes.put("callable", () -> sink = callable.call());
        shapes.put("runnable", runnable::run);
        shapes.put("function", () -> sink = function.apply(yes));
        shapes.put("biFunction", () -> sink = biFunction.apply(yes, yes));
        shapes.put("consumer", () -> consumer.accept(yes));
        shapes.put("checkedSupplier", () -> sink = checkedSupplier.get());
        shapes.put("checkedRunnable", checkedRunnable::run);
        shapes.put("checkedFunction", () -> sink = checkedFunction.apply(yes));
        shapes.put("checkedBiFunction", () -> sink = checkedBiFunction.apply(yes, yes));
        shapes.put("checkedConsumer", () -> checkedConsumer.accept(yes));
        return shapes;
    }

    private static RateLimiterBuilder limiter() {
        return RateLimiter.builder("l").limit(1_000_000_000, Duration.ofSeconds(1));
    }

    private static BulkheadBuilder bulkhead() {
        return Bulkhead.builder("h").limit(10);
    }

    private static FallbackBuilder<Object> fallback() {
        return Fallback.builder("f", Object.class);
    }

    private static Timeout timeout() {
        return Timeout.of("t", Duration.ofHours(1));
    }

    static Stream<Arguments> policies() {
        CircuitBreaker breaker = breaker().build();
        Retry<Object> retry = Retry.ofDefaults("r");
        Limits bounds = Limits.between(5, 50);
        return Stream.of(
                arguments("breaker over calls", breaker),
                arguments("retry", retry),
                arguments("both", Pipeline.of(retry, breaker)),
                arguments(
                        "breaker over time",
                        breaker().over(Window.time(Duration.ofSeconds(60))).build()),
                arguments(
                        "breaker that watches for slow calls",
                        breaker().slowCalls(Duration.ofSeconds(9), 1).build()),
                arguments(
                        "retry with all its rules",
                        Retry.builder("r")
                                .maxDuration(Duration.ofSeconds(9))
                                .budget(Budget.ofDefaults())
                                .retryOnResult("no"::equals)
                                .build()),
                arguments("bulkhead", bulkhead().build()),
                arguments("bulkhead with a queue", bulkhead().queue(10).lifo().build()),
                arguments(
                        "partition",
                        bulkhead().queue(10).partition("p", 0.5).build().partition("p")),
                arguments("aimd", bulkhead().adaptive(bounds.aimd()).build()),
                arguments("vegas", bulkhead().adaptive(bounds.vegas()).build()),
                arguments("evidence", bulkhead().adaptive(bounds.evidence()).build()),
                arguments("guard", Guard.of("g")),
                arguments("gradient2", bulkhead().adaptive(bounds.gradient2()).build()),
                arguments("limiter", limiter().waitUpTo(Duration.ofSeconds(1)).build()),
                arguments("limiter of several permits", limiter().build().permits(2)),
                arguments(
                        "limiter with a warm-up",
                        RateLimiter.builder("l")
                                .limit(1L << 40, Duration.ofSeconds(1))
                                .warmUp(Duration.ofNanos(1), 1)
                                .waitUpTo(Duration.ofSeconds(1))
                                .build()),
                arguments(
                        "sliding window",
                        RateLimiter.builder("l")
                                .limit(1_000_000, Duration.ofNanos(1_000_000))
                                .slidingWindow()
                                .build()),
                arguments("fixed window", limiter().fixedWindow().build()),
                arguments(
                        "two limits",
                        limiter().and(1L << 40, Duration.ofDays(1)).build()),
                arguments("limiter of a key", limiter().<String>keyed(100).get("key")),
                arguments("timeout without a limit", Timeout.of("t", Duration.ofSeconds(Long.MAX_VALUE))),
                arguments("fallback to a value", Fallback.of("f", Object.class, "instead")),
                arguments(
                        "fallback with conditions",
                        fallback()
                                .onResult("no"::equals)
                                .classify(so -> so.ignore(IOException.class))
                                .apply(failed -> "instead")
                                .build()),
                arguments(
                        "all, as recommended",
                        Pipeline.<Object>of(
                                fallback().value("instead").build(),
                                retry,
                                breaker,
                                limiter().build(),
                                bulkhead().build())),
                arguments(
                        "all, each with all its rules",
                        Pipeline.<Object>of(
                                fallback()
                                        .onResult("no"::equals)
                                        .value("instead")
                                        .build(),
                                Retry.builder("r")
                                        .maxDuration(Duration.ofSeconds(9))
                                        .budget(Budget.ofDefaults())
                                        .build(),
                                breaker()
                                        .slowCalls(Duration.ofSeconds(9), 1)
                                        .over(Window.time(Duration.ofSeconds(60)))
                                        .build(),
                                limiter().and(1L << 40, Duration.ofDays(1)).build(),
                                bulkhead()
                                        .queue(10)
                                        .adaptive(bounds.gradient2())
                                        .build())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    @DisplayName("the success path of sync calls allocates nothing, whatever the shape of the work")
    void successAllocatesNothing(String name, Policy<Object> policy) throws Exception {
        for (Map.Entry<String, Call> shape : shapes(policy).entrySet()) {
            assertThat(bytesPerCall(shape.getValue(), NOTHING, FEWER_CALLS, MORE_TRIES))
                    .as("%s around a %s", name, shape.getKey())
                    .isLessThanOrEqualTo(NOTHING);
        }
    }

    static Stream<Arguments> timeouts() {
        return Stream.of(
                arguments("timeout", 64, timeout()),
                arguments("breaker around a retry", 80, Pipeline.of(breaker().build(), Retry.ofDefaults("r"))),
                arguments(
                        "all, as recommended, with a timeout",
                        160,
                        Pipeline.<Object>of(
                                fallback().value("instead").build(),
                                Retry.ofDefaults("r"),
                                breaker().build(),
                                limiter().build(),
                                timeout(),
                                bulkhead().build())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("timeouts")
    @DisplayName("a timeout is one object of 64 bytes a call; 160 where gates around it are told when its time is over;"
            + " 80 where a breaker leaves out the waits of a loop")
    void timeoutAllocatesLittle(String name, int most, Policy<Object> policy) throws Exception {
        for (Map.Entry<String, Call> shape : shapes(policy).entrySet()) {
            assertThat(bytesPerCall(shape.getValue(), most + NOTHING, FEWER_CALLS, MORE_TRIES))
                    .as("%s around a %s", name, shape.getKey())
                    .isLessThanOrEqualTo(most + NOTHING);
        }
    }

    @Test
    @DisplayName("a listener of changes of state costs calls nothing: only what is told of calls needs their context")
    void listenerOfStates() throws Exception {
        CircuitBreaker breaker = breaker().build();
        breaker.on(CircuitBreaker.StateChanged.class, change -> {});
        Pipeline<Object> pipeline = Pipeline.of(Retry.ofDefaults("r"), breaker);
        Supplier<Object> work = () -> "yes";
        assertThat(bytesPerCall(() -> sink = pipeline.call(work), 0)).isZero();

        breaker.on(Event.class, any -> {});
        assertThat(bytesOnceCompiled(() -> sink = pipeline.call(work))).isGreaterThan(40);
    }

    @Test
    @DisplayName("a breaker that is asked by hand and refuses without an exception allocates nothing")
    void askedByHand() throws Exception {
        CircuitBreaker open = breaker().openFor(Duration.ofHours(1)).build();
        open.transitionTo(State.OPEN);
        CircuitBreaker forced = breaker().build();
        forced.transitionTo(State.FORCED_OPEN);

        assertThat(bytesPerCall(() -> sink = open.tryAcquire(), NOTHING)).isLessThanOrEqualTo(NOTHING);
        assertThat(bytesPerCall(() -> sink = forced.tryAcquire(), NOTHING)).isLessThanOrEqualTo(NOTHING);
    }

    private static void refused(Policy<Object> policy) {
        try {
            policy.run(() -> {});
            throw new AssertionError("let in");
        } catch (RejectedException rejection) {
            sink = rejection;
        }
    }

    @Test
    @DisplayName("CB-10 a refusal costs one small exception, however deep the stack is")
    void refusal() throws Exception {
        CircuitBreaker open = breaker().openFor(Duration.ofHours(1)).build();
        open.transitionTo(State.OPEN);

        assertThat(bytesPerCall(() -> refused(open), 64)).isLessThanOrEqualTo(64);
    }

    @Test
    @DisplayName("a permit, a failed attempt and an asynchronous call cost a few objects")
    void bounds() throws Exception {
        CircuitBreaker breaker = breaker().build();
        Retry<Object> retry =
                Retry.builder("r").backoff(Backoff.none()).withoutBudget().build();
        Pipeline<Object> both = Pipeline.of(retry, breaker);
        CompletableFuture<Object> done = CompletableFuture.completedFuture("yes");
        IOException failure = new IOException("no");
        int[] attempts = {0};

        assertThat(bytesPerCall(
                        () -> {
                            Permit permit = breaker.acquire();
                            permit.succeeded();
                        },
                        48))
                .as("permit")
                .isLessThanOrEqualTo(48);
        assertThat(bytesPerCall(
                        () -> retry.callChecked(() -> {
                            if ((++attempts[0] & 1) == 1) {
                                throw failure;
                            }
                            return "yes";
                        }),
                        64))
                .as("one failure, then success")
                .isLessThanOrEqualTo(64);
        assertThat(bytesPerCall(() -> sink = breaker.callAsync(() -> done), 256))
                .as("async breaker")
                .isLessThanOrEqualTo(256);
        assertThat(bytesPerCall(() -> sink = both.callAsync(() -> done), 320))
                .as("async, both")
                .isLessThanOrEqualTo(320);
    }

    @Test
    @DisplayName("what does allocate is found: an event for a listener, a context, an object a call")
    void control() throws Exception {
        CircuitBreaker watched = breaker().build();
        watched.on(Event.CallEnded.class, event -> sink = event);
        CircuitBreaker breaker = breaker().build();

        assertThat(bytesOnceCompiled(() -> watched.run(() -> {}))).isGreaterThan(16);
        assertThat(bytesOnceCompiled(() -> breaker.callWith(call -> sink = call)))
                .isGreaterThan(16);
        assertThat(bytesOnceCompiled(() -> breaker.run(() -> sink = new int[0])))
                .isBetween(15.9, 16.5);
        int[] number = {0};
        Runnable everySoOften = () -> sink = ++number[0] % 256 == 0 ? new int[0] : null;
        assertThat(bytesOnceCompiled(() -> breaker.run(everySoOften)))
                .as("one object in 256 calls")
                .isGreaterThan(NOTHING);
    }

    /** As a failover, or as a hedge. */
    private static final class Twice extends Race<Object> {
        private final long headStart;

        Twice(long headStart) {
            super("twice", Environment.system());
            this.headStart = headStart;
        }

        @Override
        protected int attempts() {
            return 2;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(dev.holdfast.Call call) {
            return headStart;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return START;
        }
    }

    /** Watches nothing. */
    private static final class Blind extends Around {
        Blind() {
            super("blind", Environment.system());
        }

        @Override
        protected boolean isOn() {
            return false;
        }

        @Override
        protected Object begin(dev.holdfast.Call call) {
            return this;
        }

        @Override
        protected void end(Object watch, Outcome<?> outcome) {}
    }

    @Test
    @DisplayName("RC-10 a first attempt that is enough allocates nothing where no other may start beside it")
    void raceThatIsNone() throws Exception {
        Policy<Object> failover =
                Pipeline.of(new Twice(Long.MAX_VALUE), breaker().build());
        Supplier<Object> work = failover.supplier(() -> "yes");

        assertThat(bytesPerCall(() -> sink = work.get(), NOTHING)).isLessThanOrEqualTo(NOTHING);
    }

    @Test
    @DisplayName("RC-10 a race whose first attempt is enough costs one object, which is its timer, too")
    void hedgeThatIsNotNeeded() throws Exception {
        Policy<Object> hedge = Pipeline.of(new Twice(10_000_000_000L), breaker().build());
        Supplier<Object> work = hedge.supplier(() -> "yes");

        assertThat(bytesPerCall(() -> sink = work.get(), 128)).isLessThanOrEqualTo(128);
    }

    @Test
    @DisplayName("LB-1 a pick of a node allocates nothing, nor does a call that the first node answers (RC-10)")
    void replicas() throws Exception {
        Replicas<String> replicas = Replicas.of("r", List.of("a", "b", "c"));
        assertThat(bytesPerCall(() -> sink = replicas.pick(null, List.of()), 0)).isZero();
        Function<String, String> work = replicas.through(
                        Failover.builder("f").over(replicas).repeatable().build())
                .function((node, argument) -> argument);
        assertThat(bytesPerCall(() -> sink = work.apply("x"), 0)).isZero();
    }

    @Test
    @DisplayName("an asynchronous quorum that asks two of three nodes, which answer at once, takes at most 864 bytes")
    void quorum() throws Exception {
        Quorum<String, String> quorum = Quorum.reads("q", String.class)
                .over("a", "b", "c")
                .newest(Comparator.naturalOrder())
                .build();
        CompletableFuture<String> answer = CompletableFuture.completedFuture("1");
        // What it takes where the compiler leaves out none of it: how much that is depends on what else it has
        // compiled.
        assertThat(bytesPerCall(() -> sink = quorum.callAsync(node -> answer).join(), 864))
                .isLessThanOrEqualTo(864);
    }

    @Test
    @DisplayName(
            "RC-10 a hedge that does not fire costs 64 bytes more than a timeout, and nothing for a call that may not be repeated")
    void hedge() throws Exception {
        Supplier<Object> timed = Timeout.of("t", Duration.ofHours(1)).supplier(() -> "yes");
        double usual = bytesOnceCompiled(() -> sink = timed.get());
        Supplier<Object> hedged = Hedge.ofRepeatable("h").supplier(() -> "yes");
        assertThat(bytesPerCall(() -> sink = hedged.get(), usual + 64)).isLessThanOrEqualTo(usual + 64);
    }

    @Test
    @DisplayName("CH-1 chaos that is off, and one that is armed without a match, allocates nothing")
    void chaos() throws Exception {
        Chaos chaos = Chaos.builder("c")
                .fail(1, IllegalStateException::new)
                .every(Integer.MAX_VALUE)
                .build();
        ChaosReply<Object> reply =
                ChaosReply.builder("r").lose(1, IllegalStateException::new).build();
        Policy<Object> pipeline =
                Pipeline.of(breaker().build(), bulkhead().build(), chaos).then(reply);
        Supplier<Object> alone = chaos.supplier(() -> "yes");
        Supplier<Object> work = pipeline.supplier(() -> "yes");
        assertThat(bytesPerCall(() -> sink = alone.get(), NOTHING)).isLessThanOrEqualTo(NOTHING);
        assertThat(bytesPerCall(() -> sink = work.get(), NOTHING)).isLessThanOrEqualTo(NOTHING);

        CompletableFuture<Object> done = CompletableFuture.completedFuture("yes");
        Supplier<CompletableFuture<Object>> without = breaker().build().<Object>asyncSupplier(() -> done);
        Supplier<CompletableFuture<Object>> with =
                Pipeline.of(breaker().build(), chaos).<Object>asyncSupplier(() -> done);
        double usual = bytesOnceCompiled(() -> sink = without.get());
        // A stamp, which is not used.
        assertThat(bytesPerCall(() -> sink = with.get(), usual + 16)).isLessThanOrEqualTo(usual + 16);

        Arms armed = Arms.arm(chaos, chaos.environment(), 1);
        assertThat(bytesPerCall(() -> sink = alone.get(), NOTHING)).isLessThanOrEqualTo(NOTHING);
        assertThat(bytesPerCall(() -> sink = work.get(), NOTHING)).isLessThanOrEqualTo(NOTHING);
        armed.disarm();
        assertThat(armed.injected()).isZero();
    }

    @Test
    @DisplayName("XC-23 who does not watch costs nothing")
    void aroundThatIsOff() throws Exception {
        Policy<Object> blocking = Pipeline.of(new Blind(), breaker().build());
        Supplier<Object> work = blocking.supplier(() -> "yes");
        assertThat(bytesPerCall(() -> sink = work.get(), NOTHING)).isLessThanOrEqualTo(NOTHING);

        CompletableFuture<Object> done = CompletableFuture.completedFuture("yes");
        Supplier<CompletableFuture<Object>> without = breaker().build().<Object>asyncSupplier(() -> done);
        Supplier<CompletableFuture<Object>> with = blocking.asyncSupplier(() -> done);
        double usual = bytesOnceCompiled(() -> sink = without.get());
        assertThat(bytesPerCall(() -> sink = with.get(), usual + 16)).isLessThanOrEqualTo(usual + 16);
    }

    @Test
    @DisplayName(
            "DL-9 rules that a pipeline has, and deadlines that others have, allocate nothing in calls without one")
    void rulesAndDeadlinesOfOthers() throws Exception {
        Pipeline<Object> ruled = Pipeline.<Object>of(
                        Retry.ofDefaults("r"), breaker().build(), bulkhead().build())
                .classifying(Classifier.standard().failOnResult(Integer.class, status -> status >= 500));
        Supplier<Object> work = () -> "yes";
        assertThat(bytesPerCall(() -> sink = ruled.call(work), NOTHING)).isLessThanOrEqualTo(NOTHING);

        // From here on somebody in this process has used them.
        ruled.within(Duration.ofSeconds(1)).call(work);
        assertThat(bytesPerCall(() -> sink = ruled.call(work), NOTHING)).isLessThanOrEqualTo(NOTHING);
    }
}
