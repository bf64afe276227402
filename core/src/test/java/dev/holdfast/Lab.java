// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * A place to try the engines: virtual time, policies that write down what the engines ask of them, and one way to run
 * the same script of outcomes blocking and asynchronously.
 *
 * <p>What the trace says: {@code +a} let in, {@code -a SUCCESS} left, {@code !a} refused, {@code ?a} queued,
 * {@code ~a} gave up its turn, {@code >a 2} the loop goes again as attempt 2, {@code *a} recovered, {@code @a} past the
 * deadline, {@code work 1} the work's first start. A gate that is left with a stamp that it did not give says so.
 */
final class Lab {
    final VirtualTime time;
    final FragileTime environment = new FragileTime();
    final List<String> trace = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger works = new AtomicInteger();
    private final Set<String> open = ConcurrentHashMap.newKeySet();

    Lab() {
        this(0);
    }

    Lab(long startNanos) {
        time = VirtualTime.create(startNanos, 0);
    }

    /** How a call is made. */
    enum Mode {
        SYNC,
        /** Stages of work that takes no time are complete when the engine gets them. */
        ASYNC,
        /** No stage is complete when the engine gets it. */
        ASYNC_LATER
    }

    /** What one start of the work does: takes its time, then gives the value, or throws. */
    record Step(Duration takes, Object value, Throwable failure) {
        static Step gives(Object value) {
            return new Step(Duration.ZERO, value, null);
        }

        static Step fails(Throwable failure) {
            return new Step(Duration.ZERO, null, failure);
        }

        Step after(Duration time) {
            return new Step(time, value, failure);
        }
    }

    /** What came out of a call. */
    record Outcome(Object value, Throwable failure) {
        String text() {
            return failure == null ? "gave " + value : "threw " + failure;
        }
    }

    /** A place in a gate's queue: granted after a while, or never; let in at the end of the wait, or not. */
    record Wait(Duration atMost, Duration grantedAfter, boolean letInWhenDue) {}

    static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    @SuppressWarnings("unchecked")
    static <T, X extends Throwable> T sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    /** A stage of somebody else's making, that cannot be turned into a future. */
    @SuppressWarnings("unchecked")
    static CompletionStage<Object> foreign(CompletableFuture<Object> source) {
        return (CompletionStage<Object>) Proxy.newProxyInstance(
                Lab.class.getClassLoader(), new Class<?>[] {CompletionStage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("toCompletableFuture")) {
                        throw new UnsupportedOperationException("no future");
                    }
                    return method.invoke(source, arguments);
                });
    }

    static Pipeline<Object> pipeline(List<? extends Policy<Object>> policies) {
        Pipeline<Object> pipeline = Pipeline.of();
        for (Policy<Object> policy : policies) {
            pipeline = pipeline.then(policy);
        }
        return pipeline;
    }

    /** Of a test that tries so many: as many in the long build, and in the normal one a part of them. */
    static int many(int inLongBuild, int inNormal) {
        return Boolean.getBoolean("holdfast.long") ? inLongBuild : inNormal;
    }

    /** Waits for something that another thread will do. */
    static void until(BooleanSupplier holds) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!holds.getAsBoolean()) {
            Assertions.assertThat(System.nanoTime() - end).isNegative();
            Thread.onSpinWait();
        }
    }

    /** For work that may not throw what {@link VirtualTime#sleep} throws. */
    static void sleep(Lab lab, Duration duration) {
        try {
            lab.time.sleep(duration);
        } catch (InterruptedException interrupt) {
            throw Lab.<RuntimeException, RuntimeException>sneak(interrupt);
        }
    }

    TracedGate gate(String name) {
        return new TracedGate(name);
    }

    TracedGate[] gates(int count) {
        TracedGate[] gates = new TracedGate[count];
        for (int i = 0; i < count; i++) {
            gates[i] = gate("g" + i);
        }
        return gates;
    }

    /** A loop of so many attempts with that delay between them. */
    TracedLoop loop(String name, int attempts, Duration delay) {
        return new TracedLoop(name, attempts, attempt -> delay.toNanos());
    }

    TracedDeadline deadline(String name, Duration limit) {
        return new TracedDeadline(name, limit.toNanos());
    }

    TracedRace race(String name, int attempts, Duration spacing) {
        return new TracedRace(name, attempts, spacing.toNanos());
    }

    TracedAround around(String name) {
        return new TracedAround(name);
    }

    TracedRecovery recovery(String name, Object replacement) {
        return new TracedRecovery(name, replacement);
    }

    /** Makes a call whose work follows a script; further starts repeat the last step. */
    Outcome run(Mode mode, Policy<Object> policy, Step... script) {
        return mode == Mode.SYNC ? sync(policy, script) : outcome(start(mode, policy, script));
    }

    private Outcome sync(Policy<Object> policy, Step... script) {
        try {
            return new Outcome(policy.<Object, Exception>callChecked(() -> work(next(script))), null);
        } catch (Throwable thrown) {
            return new Outcome(null, thrown);
        }
    }

    /** Starts an asynchronous call and leaves it where it is when it has to wait. */
    CompletableFuture<Object> start(Mode mode, Policy<Object> policy, Step... script) {
        return policy.callAsync(() -> stage(next(script), mode == Mode.ASYNC_LATER));
    }

    Outcome outcome(CompletableFuture<Object> future) {
        try {
            // Not its own join, which on newer JDKs puts a cancellation into another one.
            return time.join(future.handle(Outcome::new));
        } catch (Throwable thrown) {
            return new Outcome(null, thrown);
        }
    }

    private Step next(Step... script) {
        int number = works.incrementAndGet();
        trace.add("work " + number);
        return script[Math.min(number, script.length) - 1];
    }

    private Object work(Step step) throws Exception {
        if (!step.takes().isZero()) {
            time.sleep(step.takes());
        }
        return step.failure() == null ? step.value() : Lab.<Object, Exception>sneak(step.failure());
    }

    CompletionStage<Object> stage(Step step, boolean later) {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        Runnable end = () -> {
            if (step.failure() == null) {
                stage.complete(step.value());
            } else {
                stage.completeExceptionally(step.failure());
            }
        };
        if (step.takes().isZero() && !later) {
            end.run();
        } else {
            Environment.Timer timer = time.schedule(end, step.takes().toNanos());
            stage.whenComplete((value, failure) -> timer.cancel());
        }
        return stage;
    }

    /** Every admission was left once, the last first, and nothing is left behind. */
    void assertBalanced(Object description) {
        Deque<String> inside = new ArrayDeque<>();
        for (String step : List.copyOf(trace)) {
            if (step.startsWith("+")) {
                inside.push(step.substring(1));
            } else if (step.startsWith("-")) {
                Assertions.assertThat(inside)
                        .as("left, %s in %s", description, trace)
                        .isNotEmpty();
                Assertions.assertThat(step.substring(1).split(" ")[0])
                        .as("innermost first, %s in %s", description, trace)
                        .isEqualTo(inside.pop());
            }
        }
        Assertions.assertThat(inside)
                .as("still inside, %s in %s", description, trace)
                .isEmpty();
        Assertions.assertThat(open).as("stamps, %s in %s", description, trace).isEmpty();
        Assertions.assertThat(time.pendingTimers())
                .as("timers left, %s", description)
                .isZero();
        Assertions.assertThat(Thread.currentThread().isInterrupted())
                .as("stray flag, %s", description)
                .isFalse();
    }

    static final class Refused extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refused(String policy) {
            super(policy, UNKNOWN);
        }
    }

    static final class Exceeded extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Exceeded(String policy, long nanos) {
            super(policy + " after " + nanos + " ns");
        }
    }

    /** The virtual time, and what can be broken in it. Each function gets the number of the request, from 1. */
    final class FragileTime implements Environment {
        IntFunction<Throwable> clockThrows = number -> null;
        IntFunction<Throwable> scheduleThrows = number -> null;
        Executor executor = task -> time.executor().execute(task);
        ThreadContext context = ThreadContext.none();
        private final AtomicInteger readings = new AtomicInteger();
        private final AtomicInteger schedules = new AtomicInteger();

        @Override
        public long nanoTime() {
            throwIf(clockThrows.apply(readings.incrementAndGet()));
            return time.nanoTime();
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            throwIf(scheduleThrows.apply(schedules.incrementAndGet()));
            return time.schedule(task, delayNanos);
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return time.await(done, nanos);
        }

        @Override
        public long nextLong(long bound) {
            return time.nextLong(bound);
        }

        @Override
        public Executor executor() {
            return executor;
        }

        @Override
        public void wake(Thread thread) {
            time.wake(thread);
        }

        @Override
        public Errand errand() {
            return time.errand();
        }

        @Override
        public ThreadContext context() {
            return context;
        }
    }

    /** By default lets everybody in. Each function gets the number of the admission that was asked for, from 1. */
    final class TracedGate extends Gate {
        IntPredicate refuses = number -> false;
        IntFunction<Wait> waits = number -> null;
        IntFunction<Throwable> enterThrows = number -> null;
        IntFunction<Throwable> exitThrows = number -> null;
        IntFunction<Throwable> classifierThrows = number -> null;
        IntFunction<dev.holdfast.Outcome<Object>> instead = number -> null;
        boolean asksAtEnter;
        boolean asksAtExit;
        boolean holds;
        boolean measures;
        Executor executor;
        RuntimeException executorThrows;
        final List<Long> elapsed = new ArrayList<>();
        /** What it was told of waits further in, when, and from when on it measures: {@code pauses 0 at 7 from 5}. */
        final List<String> told = Collections.synchronizedList(new ArrayList<>());
        /** The next one. */
        final AtomicLong stamps = new AtomicLong();

        private final AtomicInteger asked = new AtomicInteger();
        private final AtomicInteger left = new AtomicInteger();
        private final AtomicInteger classified = new AtomicInteger();

        TracedGate(String name) {
            super(name, environment);
            classifyBy(Classifier.standard()
                    .failIf(thrown -> throwsWhenClassifying())
                    .failOnResult(value -> throwsWhenClassifying()));
        }

        @Override
        protected long enter(long now) {
            if (asksAtEnter && now == NO_TIME) {
                return NEEDS_TIME;
            }
            int number = asked.incrementAndGet();
            throwIf(enterThrows.apply(number));
            if (refuses.test(number)) {
                return REFUSED;
            }
            if (instead.apply(number) != null) {
                return INSTEAD;
            }
            return waits.apply(number) != null ? QUEUED : letIn();
        }

        private long letIn() {
            trace.add("+" + name());
            long stamp = stamps.getAndIncrement();
            open.add(stay(stamp));
            return stamp;
        }

        /** Gates may have one name, and count their stamps alike. */
        private String stay(long stamp) {
            return name() + " " + System.identityHashCode(this) + " " + stamp;
        }

        @Override
        protected Turn queue(long now, long nanosLeft) {
            trace.add("?" + name() + (now == time.nanoTime() ? "" : " at " + now));
            return new TimedTurn(waits.apply(asked.get()));
        }

        private final class TimedTurn extends Turn {
            private final Wait wait;
            private final Environment.Timer timer;

            TimedTurn(Wait wait) {
                this.wait = wait;
                this.timer = wait.grantedAfter() == null
                        ? () -> {}
                        : time.schedule(this::grant, wait.grantedAfter().toNanos());
            }

            private void grant() {
                long stamp = letIn();
                if (!grant(stamp)) {
                    trace.remove("+" + name());
                    open.remove(stay(stamp));
                }
            }

            @Override
            protected long nanos() {
                return wait.atMost().toNanos();
            }

            @Override
            protected long due() {
                timer.cancel();
                return wait.letInWhenDue() ? letIn() : REFUSED;
            }

            @Override
            protected void abandoned() {
                timer.cancel();
                trace.add("~" + name());
            }
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
            if (asksAtExit && now == NO_TIME) {
                return false;
            }
            String took = asksAtEnter && asksAtExit ? " " + elapsedNanos : "";
            String whose = open.remove(stay(stamp)) ? "" : " with the stamp of another: " + stamp;
            trace.add("-" + name() + " " + ending + took + whose);
            elapsed.add(elapsedNanos);
            throwIf(exitThrows.apply(left.incrementAndGet()));
            return true;
        }

        @Override
        protected boolean measuresWork() {
            return measures;
        }

        @Override
        protected void pauses(long stamp, long start) {
            told("pauses ", stamp, start);
        }

        @Override
        protected void resumes(long stamp, long start) {
            told("resumes ", stamp, start);
        }

        private void told(String what, long stamp, long start) {
            told.add(what + stamp + " at " + time.nanoTime() + (start == NO_TIME ? "" : " from " + start));
        }

        @Override
        protected RejectedException rejection(long now) {
            trace.add("!" + name());
            return new Refused(name());
        }

        @Override
        protected dev.holdfast.Outcome<?> instead(long now) {
            trace.add("=" + name());
            return instead.apply(asked.get());
        }

        private boolean throwsWhenClassifying() {
            return throwIf(classifierThrows.apply(classified.incrementAndGet()));
        }

        @Override
        protected Executor executor() {
            throwIf(executorThrows);
            return executor;
        }

        @Override
        protected boolean holdsUntilWorkEnds() {
            return holds;
        }

        @Override
        public String toString() {
            return "TracedGate[" + quotedName() + "]";
        }
    }

    private static boolean throwIf(Throwable thrown) {
        return thrown != null && Lab.<Boolean, RuntimeException>sneak(thrown);
    }

    final class TracedLoop extends Loop<Object> {
        private final int attempts;
        private final IntFunction<Long> delay;
        long maxNanos = NO_LIMIT;
        boolean looksAtTime = true;
        Classifier<Object> classifier = Classifier.standard();
        Runnable onNext = () -> {};
        String throwsAt;
        Throwable throwing;
        /** What the caller gets in place of the last result. */
        UnaryOperator<Object> givesUpWith = UnaryOperator.identity();

        final List<Long> left = new ArrayList<>();

        TracedLoop(String name, int attempts, IntFunction<Long> delay) {
            super(name, environment);
            this.attempts = attempts;
            this.delay = delay;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return classifier;
        }

        @Override
        protected void succeeded(int number) {
            throwIf("succeeded".equals(throwsAt) ? throwing : null);
            trace.add("ok " + name() + " " + number);
        }

        @Override
        protected long next(
                int number,
                long previousDelay,
                Object value,
                Throwable failure,
                long asked,
                Call call,
                long now,
                long nanosLeft) {
            throwIf("next".equals(throwsAt) ? throwing : null);
            onNext.run();
            left.add(nanosLeft);
            long wait = delay.apply(number);
            if (number == attempts || looksAtTime && wait >= nanosLeft) {
                trace.add("stop " + name() + " " + number);
                return STOP;
            }
            trace.add(">" + name() + " " + (number + 1));
            return wait;
        }

        @Override
        protected long maxNanos() {
            return maxNanos;
        }

        @Override
        protected Object gaveUp(Object value, int number) {
            throwIf("gaveUp".equals(throwsAt) ? throwing : null);
            trace.add("gaveUp " + name() + " " + number);
            return givesUpWith.apply(value);
        }
    }

    final class TracedDeadline extends Deadline {
        long limit;
        Executor executor;
        boolean wantsCall;

        TracedDeadline(String name, long limit) {
            super(name, environment);
            this.limit = limit;
        }

        @Override
        protected long nanos(Call call) {
            return limit;
        }

        @Override
        protected void passed() {
            trace.add("@" + name());
        }

        @Override
        protected RuntimeException exceeded(long nanos) {
            return new Exceeded(name(), nanos);
        }

        @Override
        protected void kept() {
            trace.add("kept " + name());
        }

        @Override
        protected Executor executor() {
            return executor;
        }

        @Override
        protected boolean wantsCall() {
            return wantsCall;
        }
    }

    /** A deadline that is nothing but one, in any environment. */
    static final class Limit extends Deadline {
        Executor executor;
        boolean interrupts = true;
        final AtomicInteger passed = new AtomicInteger();
        private final long limit;

        Limit(Environment environment, long limit) {
            super("limit", environment);
            this.limit = limit;
        }

        @Override
        protected long nanos(Call call) {
            return limit;
        }

        @Override
        protected void passed() {
            passed.incrementAndGet();
        }

        @Override
        protected RuntimeException exceeded(long nanos) {
            return new Exceeded(name(), nanos);
        }

        @Override
        protected void kept() {}

        @Override
        protected boolean interrupts() {
            return interrupts;
        }

        @Override
        protected Executor executor() {
            return executor;
        }
    }

    final class TracedRecovery extends Recovery<Object> {
        private final Object replacement;
        Consumer<Call> onRecover = call -> {};
        Throwable throwing;
        Throwable throwingWhenPassed;
        boolean wantsCall;
        Predicate<Object> shares = value -> false;
        Classifier<Object> classifier = Classifier.standard();

        TracedRecovery(String name, Object replacement) {
            super(name, environment);
            this.replacement = replacement;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return classifier;
        }

        @Override
        protected int steps() {
            return 1;
        }

        @Override
        protected CompletionStage<Object> step(int number, dev.holdfast.Outcome<Object> replaced, Call call) {
            trace.add("*" + name());
            onRecover.accept(call);
            throwIf(throwing);
            return CompletableFuture.completedFuture(replacement);
        }

        @Override
        protected boolean isShared(Object value) {
            return shares.test(value);
        }

        @Override
        protected void passed(Object value, Call call) {
            trace.add("passed " + name());
            throwIf(throwingWhenPassed);
        }

        @Override
        protected boolean wantsCall() {
            return wantsCall;
        }
    }

    /**
     * Starts another attempt after each failure at once, and one each time that the spacing is over; needs as many successes as it is
     * told.
     */
    final class TracedRace extends Race<Object> {
        private final int attempts;
        private final long spacing;
        int need = 1;
        boolean callsOff = true;
        boolean usesCaller = true;
        boolean needsPlace;
        final AtomicInteger abandoned = new AtomicInteger();
        Runnable later;
        Consumer<Heat<Object>> looks = heat -> {};
        long headStart;
        Executor executor = time.threads();
        Classifier<Object> classifier = Classifier.standard().failOn(RejectedException.class);
        IntFunction<Lease<?>> leases = number -> null;
        IntFunction<Throwable> nextThrows = number -> null;
        Runnable onNext = () -> {};
        final AtomicInteger asked = new AtomicInteger();
        final AtomicInteger askers = new AtomicInteger();
        final List<String> ended = Collections.synchronizedList(new ArrayList<>());
        final List<String> notStarted = Collections.synchronizedList(new ArrayList<>());
        final List<String> decided = Collections.synchronizedList(new ArrayList<>());
        final List<String> endedLate = Collections.synchronizedList(new ArrayList<>());

        TracedRace(String name, int attempts, long spacing) {
            super(name, environment);
            this.attempts = attempts;
            this.spacing = spacing;
            this.headStart = spacing;
        }

        @Override
        protected int attempts() {
            return attempts;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return classifier;
        }

        @Override
        protected long headStart(Call call) {
            return headStart;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            Assertions.assertThat(askers.incrementAndGet()).as("one at a time").isEqualTo(1);
            try {
                onNext.run();
                throwIf(nextThrows.apply(asked.incrementAndGet()));
                long next = decide(heat, now);
                Lease<?> lease = next == START ? leases.apply(heat.started()) : null;
                if (lease != null) {
                    heat.aim(lease);
                }
                return next;
            } finally {
                askers.decrementAndGet();
            }
        }

        private long decide(Heat<Object> heat, long now) {
            int successes = heat.ended(Ending.SUCCESS);
            if (successes >= need) {
                return OVER;
            }
            if (attempts - heat.ended(Ending.FAILURE) - heat.notStarted() < need) {
                return OVER;
            }
            long passed = now - heat.startedAt(0);
            long slots = spacing == HOLD ? 0 : spacing == 0 ? attempts : passed / spacing;
            if (heat.started() < attempts
                    && heat.started() < need + heat.ended(Ending.FAILURE) + heat.notStarted() + slots) {
                return START;
            }
            return spacing == HOLD || spacing == 0 || heat.started() == attempts ? HOLD : spacing - passed % spacing;
        }

        @Override
        protected boolean firstSuccessWins() {
            return need == 1;
        }

        @Override
        protected Lease<?> target(Call call) {
            return leases.apply(0);
        }

        @Override
        protected boolean callsOff() {
            return callsOff;
        }

        @Override
        protected boolean usesCaller() {
            return usesCaller;
        }

        @Override
        protected boolean needsPlace() {
            return needsPlace;
        }

        @Override
        protected void abandoned(Heat<Object> heat) {
            abandoned.incrementAndGet();
        }

        @Override
        protected void endedLate(Heat<Object> heat, int attempt, Ending ending, dev.holdfast.Outcome<Object> outcome) {
            endedLate.add(attempt + " " + ending + " " + outcome.result().orElse(outcome.failure()));
        }

        @Override
        protected dev.holdfast.Outcome<Object> decide(Heat<Object> heat) {
            looks.accept(heat);
            if (later != null) {
                heat.later(later);
            }
            return super.decide(heat);
        }

        @Override
        protected Executor executor() {
            return executor;
        }

        @Override
        protected void attemptEnded(int attempt, Lease<?> target, Ending ending, long nanos) {
            ended.add(attempt + " " + ending + " " + (nanos < 0 ? nanos : nanos / 1_000_000));
        }

        @Override
        protected void notStarted(Heat<Object> heat, int attempt, boolean noThread) {
            notStarted.add(attempt + (noThread ? " without a thread" : " too late"));
        }

        @Override
        protected void decided(int attempt, Ending ending, int started) {
            decided.add(attempt + " of " + started + " " + ending);
        }

        @Override
        public String toString() {
            return "TracedRace[" + quotedName() + "]";
        }
    }

    /** Writes down what it watches, and binds its name to the thread. */
    final class TracedAround extends Around {
        final ThreadLocal<String> bound = new ThreadLocal<>();
        boolean on = true;
        boolean wantsCall;
        String throwsAt;
        Runnable atBegin = () -> {};
        private final AtomicInteger begun = new AtomicInteger();

        TracedAround(String name) {
            super(name, environment);
        }

        @Override
        protected boolean isOn() {
            throwIf("isOn".equals(throwsAt) ? new IllegalStateException(throwsAt) : null);
            return on;
        }

        @Override
        protected Object begin(Call call) {
            throwIf("begin".equals(throwsAt) ? new IllegalStateException(throwsAt) : null);
            trace.add("+" + name());
            atBegin.run();
            return begun.incrementAndGet();
        }

        @Override
        protected Scope bind(Object watch) {
            throwIf("bind".equals(throwsAt) ? new IllegalStateException(throwsAt) : null);
            String before = bound.get();
            Thread thread = Thread.currentThread();
            bound.set(name() + watch);
            return () -> {
                Assertions.assertThat(Thread.currentThread()).isSameAs(thread);
                bound.set(before);
                throwIf("close".equals(throwsAt) ? new IllegalStateException(throwsAt) : null);
            };
        }

        @Override
        protected void end(Object watch, dev.holdfast.Outcome<?> outcome) {
            Throwable failure = outcome.failure();
            boolean cut = failure instanceof InterruptedException
                    || failure instanceof CallInterruptedException
                    || failure instanceof CancellationException;
            trace.add("-" + name() + " " + (cut ? "given up" : outcome));
            throwIf("end".equals(throwsAt) ? new IllegalStateException(throwsAt) : null);
        }

        @Override
        protected boolean wantsCall() {
            return wantsCall;
        }

        @Override
        public String toString() {
            return "TracedAround[" + quotedName() + "]";
        }
    }
}
