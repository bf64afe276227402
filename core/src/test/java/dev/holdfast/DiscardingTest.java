// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Results that nobody gets are handed to whoever closes them, each once. */
class DiscardingTest {
    private static final Classifier<Object> BAD_REPLIES =
            Classifier.standard().failOnResult(value -> value instanceof Reply reply && reply.bad);

    private final Lab lab = new Lab();
    private final List<Object> discarded = Collections.synchronizedList(new ArrayList<>());

    private static final class Reply {
        final boolean bad;

        Reply(boolean bad) {
            this.bad = bad;
        }
    }

    private static Reply good() {
        return new Reply(false);
    }

    private static Reply bad() {
        return new Reply(true);
    }

    private Lab.TracedLoop loop(int attempts, int delay) {
        Lab.TracedLoop loop = lab.loop("l", attempts, ms(delay));
        loop.classifier = BAD_REPLIES;
        return loop;
    }

    private Lab.TracedRecovery recovery(Object replacement) {
        Lab.TracedRecovery recovery = lab.recovery("r", replacement);
        recovery.classifier = BAD_REPLIES;
        return recovery;
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    private Pipeline<Object> pipeline(Policy<Object>... policies) {
        return Pipeline.<Object>of(policies).discarding(discarded::add);
    }

    private void assertDiscarded(Object... values) {
        assertThat(discarded).as("%s", lab.trace).containsExactly(values);
    }

    // ---- Loops ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "XC-22 results that a loop repeats are discarded when the next attempt begins, and the last one is the caller's")
    void repeated(Mode mode) {
        Reply first = bad();
        Reply second = bad();
        Reply third = good();
        Outcome outcome = lab.run(
                mode, pipeline(loop(3, 1), lab.gate("g")), Step.gives(first), Step.gives(second), Step.gives(third));
        assertThat(outcome.value()).isSameAs(third);
        assertDiscarded(first, second);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName(
            "XC-22 a loop that stops at a bad result gives it to the caller; one that throws instead has it discarded")
    void exhausted(Mode mode) {
        Reply first = bad();
        Reply last = bad();
        Lab.TracedLoop loop = loop(2, 0);
        assertThat(lab.run(mode, pipeline(loop), Step.gives(first), Step.gives(last))
                        .value())
                .isSameAs(last);
        assertDiscarded(first);
        loop.throwsAt = "gaveUp";
        loop.throwing = new IllegalStateException("gave up");
        discarded.clear();
        lab.works.set(0);
        assertThat(lab.run(mode, pipeline(loop), Step.gives(first), Step.gives(last))
                        .failure())
                .isSameAs(loop.throwing);
        assertDiscarded(first, last);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 the last result is discarded where a loop gives another in its place")
    void exhaustedWithAnother(Mode mode) {
        Reply first = bad();
        Reply last = bad();
        Reply instead = good();
        Lab.TracedLoop loop = loop(2, 0);
        loop.givesUpWith = value -> instead;
        assertThat(lab.run(mode, pipeline(loop), Step.gives(first), Step.gives(last))
                        .value())
                .isSameAs(instead);
        assertDiscarded(first, last);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 a result that is repeated is discarded before the work is started again")
    void beforeTheNextAttempt(Mode mode) {
        Pipeline<Object> pipeline = Pipeline.<Object>of(loop(2, 0)).discarding(value -> lab.trace.add("discarded"));
        lab.run(mode, pipeline, Step.gives(bad()), Step.gives(good()));
        assertThat(lab.trace).containsSubsequence("work 1", "discarded", "work 2");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 the result before a wait is the caller's when there is no time for another attempt after it")
    void noTimeLeft(Mode mode) {
        Reply only = bad();
        Lab.TracedLoop loop = loop(2, 5);
        loop.maxNanos = ms(5).toNanos();
        loop.looksAtTime = false;
        assertThat(lab.run(mode, pipeline(loop), Step.gives(only)).value()).isSameAs(only);
        assertDiscarded();
    }

    @Test
    @DisplayName("XC-22 an interrupt in the wait before the next attempt discards the result of the last")
    void interruptedInTheWait() {
        Reply first = bad();
        Lab.TracedLoop loop = loop(2, 5);
        loop.onNext = () -> Thread.currentThread().interrupt();
        Outcome outcome = lab.run(Mode.SYNC, pipeline(loop), Step.gives(first));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(outcome.failure()).isInstanceOf(CallInterruptedException.class);
        assertDiscarded(first);
    }

    // ---- Recoveries -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 a result that is replaced is discarded; one that a recovery gives back is the caller's")
    void replaced(Mode mode) {
        Reply own = bad();
        Reply instead = good();
        assertThat(lab.run(mode, pipeline(recovery(instead)), Step.gives(own)).value())
                .isSameAs(instead);
        assertDiscarded(own);
        discarded.clear();
        assertThat(lab.run(mode, pipeline(recovery(own)), Step.gives(own)).value())
                .isSameAs(own);
        assertDiscarded();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 a result whose replacement fails is discarded, because the caller gets the failure")
    void replacementFails(Mode mode) {
        Reply own = bad();
        Lab.TracedRecovery recovery = recovery(null);
        recovery.throwing = new IllegalStateException("no backup");
        assertThat(lab.run(mode, pipeline(recovery), Step.gives(own)).failure()).isSameAs(recovery.throwing);
        assertDiscarded(own);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 what a recovery gives is a result like any other: discarded when a loop around it goes again")
    void replacementRepeated(Mode mode) {
        Reply own = bad();
        Reply instead = bad();
        Lab.TracedLoop loop = loop(2, 0);
        Outcome outcome = lab.run(mode, pipeline(loop, recovery(instead)), Step.gives(own), Step.gives(good()));
        assertThat(outcome.failure()).isNull();
        assertDiscarded(own, instead);
    }

    // ---- Deadlines ------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("XC-22 a result that comes after the deadline is discarded: blocking, on the caller's own thread")
    void tooLateBlocking() {
        Reply late = good();
        Pipeline<Object> pipeline = pipeline(lab.deadline("d", ms(1)), lab.gate("g"));
        assertThatExceptionOfType(Lab.Exceeded.class)
                .isThrownBy(() -> pipeline.call(() -> {
                    lab.time.advance(ms(2));
                    return late;
                }));
        assertDiscarded(late);
        assertThat(Thread.interrupted()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"deadline", "gate"})
    @DisplayName("XC-22 a result of work on another thread, whose caller has left, is discarded")
    void tooLateElsewhere(String whose) throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        CountDownLatch go = new CountDownLatch(1);
        Lab.Limit limit = new Lab.Limit(Environment.system(), ms(1).toNanos());
        Elsewhere gate = new Elsewhere();
        if (whose.equals("deadline")) {
            limit.executor = executor;
        } else {
            gate.executor = executor;
        }
        Reply late = good();
        Pipeline<Object> pipeline = Pipeline.<Object>of(limit, gate).discarding(discarded::add);
        AtomicBoolean started = new AtomicBoolean();
        while (!started.get()) {
            // Work whose turn on the thread comes too late is not started at all.
            assertThatExceptionOfType(Lab.Exceeded.class)
                    .isThrownBy(() -> pipeline.call(() -> {
                        started.set(true);
                        awaitDeaf(go);
                        return late;
                    }));
        }
        assertDiscarded();
        go.countDown();
        Lab.until(() -> !discarded.isEmpty());
        assertDiscarded(late);
        executor.shutdown();
    }

    @Test
    @DisplayName(
            "XC-22 what a stage gives after it was given up is discarded: of a plain future, and of one that hears its cancellation")
    void tooLateAsynchronous() {
        Pipeline<Object> pipeline = pipeline(lab.deadline("d", ms(1)), lab.gate("g"));
        CompletableFuture<Object> plain = new CompletableFuture<>();
        CompletableFuture<Object> of = pipeline.callAsync(() -> plain);
        CompletableFuture<Object> deaf = new Deaf();
        CompletableFuture<Object> ofDeaf = pipeline.callAsync(() -> deaf);
        CompletableFuture<Object> source = new CompletableFuture<>();
        CompletableFuture<Object> ofForeign = pipeline.callAsync(() -> Lab.foreign(source));
        lab.time.advance(ms(1));
        assertThat(of).isCompletedExceptionally();
        assertThat(ofDeaf).isCompletedExceptionally();
        assertThat(ofForeign).isCompletedExceptionally();
        Reply[] replies = {good(), good(), good()};
        plain.complete(replies[0]);
        deaf.complete(replies[1]);
        source.complete(replies[2]);
        assertDiscarded((Object[]) replies);
    }

    @Test
    @DisplayName(
            "XC-22 a stage of another class is cancelled when it is given up, with something to discard or without")
    void cancelled() {
        CompletableFuture<Object> hearing = new CompletableFuture<>() {};
        CompletableFuture<Object> call = pipeline(lab.gate("g")).callAsync(() -> hearing);
        call.cancel(true);
        assertThat(hearing).isCancelled();
        CompletableFuture<Object> plain = new CompletableFuture<>();
        CompletableFuture<Void> withoutResult = pipeline(lab.gate("g")).runAsync(() -> plain);
        withoutResult.cancel(true);
        assertThat(plain).isCancelled();
        assertDiscarded();
    }

    @Test
    @DisplayName(
            "XC-22 a result that comes when the call's future is complete already is discarded; what completed it is the user's")
    void completedFromOutside() {
        for (boolean cancels : new boolean[] {true, false}) {
            discarded.clear();
            CompletableFuture<Object> stage = new CompletableFuture<>();
            CompletableFuture<Object> call = pipeline(lab.gate("g")).callAsync(() -> stage);
            if (cancels) {
                call.cancel(true);
            } else {
                call.complete(good());
            }
            Reply late = good();
            stage.complete(late);
            assertDiscarded(late);
        }
    }

    @Test
    @DisplayName("XC-22 a call completed from outside by its own work discards what that gives")
    void completedByTheWork() {
        Reply late = good();
        CompletableFuture<Object> trigger = new CompletableFuture<>();
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        calls.add(pipeline(lab.gate("g"), lab.gate("h"))
                .callAsync(() -> trigger.thenApply(nothing -> {
                    calls.get(0).complete("other");
                    return late;
                })));
        trigger.complete("go");
        assertThat(calls.get(0)).isCompletedWithValue("other");
        assertDiscarded(late);
    }

    @Test
    @DisplayName("XC-22 a stage that blocking code gives too late is given up, and its result discarded")
    void blockingAsynchronousCode() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Elsewhere gate = new Elsewhere();
        gate.executor = executor;
        Reply late = good();
        CompletableFuture<Object> call = Pipeline.<Object>of(gate)
                .discarding(discarded::add)
                .callAsync(() -> {
                    started.countDown();
                    awaitDeaf(go);
                    return CompletableFuture.completedFuture(late);
                });
        started.await();
        call.cancel(true);
        go.countDown();
        Lab.until(() -> !discarded.isEmpty());
        assertDiscarded(late);
        executor.shutdown();
    }

    @Test
    @DisplayName(
            "XC-22 a recovery's stage that is given up, by an interrupt or a cancellation, has its result discarded")
    void recoveryGivenUp() {
        CompletableFuture<Object> backup = new CompletableFuture<>();
        Reply own = bad();
        Pipeline<Object> blocking = pipeline(backup(backup));
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(CallInterruptedException.class).isThrownBy(() -> blocking.call(() -> own));
        assertThat(Thread.interrupted()).isTrue();
        assertDiscarded(own);
        Reply late = good();
        backup.complete(late);
        assertDiscarded(own, late);
        discarded.clear();
        CompletableFuture<Object> other = new CompletableFuture<>();
        CompletableFuture<Object> call =
                pipeline(backup(other)).callAsync(() -> CompletableFuture.completedFuture(own));
        call.cancel(true);
        assertDiscarded(own);
        other.complete(late);
        assertDiscarded(own, late);
    }

    // ---- What is not discarded ------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 null is not discarded, and calls without a result have nothing to discard")
    void nothingToDiscard(Mode mode) {
        Lab.TracedLoop loop = loop(2, 0);
        loop.classifier = Classifier.standard().failOnResult(value -> true);
        lab.run(mode, pipeline(loop), Step.gives(null));
        pipeline(loop).run(() -> {});
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Void> call = pipeline(loop).runAsync(() -> stage);
        call.complete(null);
        stage.complete("hidden");
        assertDiscarded();
    }

    @Test
    @DisplayName("XC-22 what a recovery shares is not discarded, nor the result of a stage that others may wait for")
    void shared() {
        Reply constant = bad();
        Lab.TracedRecovery recovery = recovery(constant);
        recovery.shares = value -> value == constant;
        Reply own = bad();
        lab.run(Mode.SYNC, pipeline(loop(2, 0), recovery), Step.gives(own));
        assertDiscarded(own, own);
        discarded.clear();
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> call = pipeline(lab.gate("g")).sharingStages().callAsync(() -> stage);
        call.cancel(true);
        stage.complete(good());
        CompletableFuture<Object> repeated = CompletableFuture.completedFuture(bad());
        assertThat(lab.outcome(pipeline(loop(2, 0)).sharingStages().callAsync(() -> repeated))
                        .value())
                .isSameAs(repeated.join());
        assertDiscarded();
    }

    @Test
    @DisplayName("XC-22 what the closing code throws changes nothing, and a recovery that throws when asked neither")
    void closingThrows() {
        Pipeline<Object> pipeline = Pipeline.<Object>of(loop(2, 0)).discarding(value -> {
            discarded.add(value);
            throw new AssertionError("cannot be closed");
        });
        Reply first = bad();
        Reply second = good();
        assertThat(lab.run(Mode.SYNC, pipeline, Step.gives(first), Step.gives(second))
                        .value())
                .isSameAs(second);
        assertDiscarded(first);
        lab.works.set(0);
        assertThat(lab.run(Mode.ASYNC, pipeline, Step.gives(first), Step.gives(second))
                        .value())
                .isSameAs(second);
    }

    // ---- Where it is said -----------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "XC-22 it stays with a pipeline that is renamed, shared, continued or put into another, and is set once")
    void stays() {
        Pipeline<Object> inner = pipeline(loop(2, 0));
        List<Pipeline<Object>> all = List.of(
                inner.named("other"),
                inner.then(lab.gate("g")),
                Pipeline.of(lab.gate("g"), inner),
                inner.sharingStages(),
                Pipeline.of(inner, inner.named("again")),
                Pipeline.of(Pipeline.of().discarding(discarded::add), loop(2, 0)),
                Pipeline.of().discarding(discarded::add).then().then(loop(2, 0)));
        for (Pipeline<Object> each : all) {
            discarded.clear();
            lab.works.set(0);
            Reply first = bad();
            lab.run(Mode.SYNC, each, Step.gives(first), Step.gives(good()));
            assertDiscarded(first);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Pipeline.of(lab.gate("g"), inner)
                        .then(new Instead(lab.environment, BAD_REPLIES, CompletableFuture::new) {
                            @Override
                            protected boolean keepsResults() {
                                return true;
                            }
                        }))
                .withMessageContaining("discarding");
        assertThatIllegalStateException()
                .isThrownBy(() -> inner.discarding(value -> {}))
                .withMessageContaining("discarding");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Pipeline.of(inner, pipeline(lab.gate("g"))))
                .withMessageContaining("discarding");
    }

    // ---- All of it ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("XC-22 in random pipelines, each result is the caller's or discarded, and never both, nor twice")
    void law(Mode mode) {
        for (int seed = 0; seed < 3_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Lab fresh = new Lab();
            List<Reply> made = Collections.synchronizedList(new ArrayList<>());
            List<Object> dropped = new ArrayList<>();
            Pipeline<Object> pipeline = random(fresh, random, made).discarding(dropped::add);
            SplittableRandom ofWork = random.split();
            Object got = null;
            try {
                if (mode == Mode.SYNC) {
                    got = pipeline.<Object, Exception>callChecked(() -> {
                        fresh.time.sleep(ms(ofWork.nextInt(4)));
                        return answer(ofWork, made);
                    });
                } else {
                    CompletableFuture<Object> call = pipeline.callAsync(() -> {
                        CompletableFuture<Object> stage = new CompletableFuture<>();
                        long delay = ms(ofWork.nextInt(4)).toNanos();
                        Runnable end = () -> {
                            try {
                                stage.complete(answer(ofWork, made));
                            } catch (Throwable thrown) {
                                stage.completeExceptionally(thrown);
                            }
                        };
                        if (delay == 0 && mode == Mode.ASYNC) {
                            end.run();
                        } else {
                            fresh.time.schedule(end, delay);
                        }
                        return stage;
                    });
                    if (random.nextInt(4) == 0) {
                        fresh.time.advance(ms(random.nextInt(4)));
                        call.cancel(true);
                    }
                    got = fresh.outcome(call).value();
                    fresh.time.advance(ms(10));
                }
            } catch (Throwable failed) {
                assertThat(failed).as("seed %s", seed).isNotInstanceOf(AssertionError.class);
            }
            List<Object> expected = new ArrayList<>(made);
            if (got instanceof Reply) {
                assertThat(expected.remove(got)).as("seed %s", seed).isTrue();
            }
            assertThat(dropped)
                    .as("seed %s, %s, %s", seed, pipeline, fresh.trace)
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    private static Object answer(SplittableRandom random, List<Reply> made) {
        if (random.nextInt(4) == 0) {
            throw new IllegalStateException("failed");
        }
        Reply reply = random.nextBoolean() ? bad() : good();
        made.add(reply);
        return reply;
    }

    private Pipeline<Object> random(Lab of, SplittableRandom random, List<Reply> made) {
        List<Policy<Object>> policies = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    Lab.TracedGate gate = of.gate("g" + i);
                    if (random.nextInt(3) == 0) {
                        gate.exitThrows = number -> number == 1 ? new IllegalStateException("broken") : null;
                    }
                    policies.add(gate);
                }
                case 1 -> {
                    Lab.TracedLoop loop = of.loop("l" + i, 1 + random.nextInt(3), ms(random.nextInt(2)));
                    loop.classifier = BAD_REPLIES;
                    loop.throwsAt = random.nextInt(3) == 0 ? "gaveUp" : null;
                    loop.throwing = new IllegalStateException("gave up");
                    policies.add(loop);
                }
                case 2 -> policies.add(of.deadline("d" + i, ms(1 + random.nextInt(5))));
                default ->
                    policies.add(new Instead(of.environment, BAD_REPLIES, () -> {
                        Reply reply = made.size() % 3 == 0 ? bad() : good();
                        made.add(reply);
                        return CompletableFuture.completedFuture(reply);
                    }));
            }
        }
        return Lab.pipeline(policies);
    }

    private Instead backup(CompletionStage<Object> stage) {
        return new Instead(lab.environment, BAD_REPLIES, () -> stage);
    }

    /** A gate with an executor. */
    private static final class Elsewhere extends CountingGate {
        private Executor executor;

        Elsewhere() {
            super("elsewhere");
        }

        @Override
        protected Executor executor() {
            return executor;
        }
    }

    private static void awaitDeaf(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException deaf) {
                // Goes on.
            }
        }
    }

    /** Hears that it is cancelled, and goes on. */
    private static final class Deaf extends CompletableFuture<Object> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }
}
