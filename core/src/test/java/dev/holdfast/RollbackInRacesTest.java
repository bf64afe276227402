// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which attempts of a race are rolled back, where several end at once, or the call is given up at the same time. */
@Timeout(60)
class RollbackInRacesTest {
    private static final List<Lease<Integer>> TARGETS = List.of(Lease.of(0), Lease.of(1));

    private final Targets<Integer> targets = Targets.inTurn(TARGETS);
    private final BlockingQueue<Integer> undone = new LinkedBlockingQueue<>();
    private final List<String> told = new ArrayList<>();

    /** Two attempts at once, of which the first that succeeds wins. */
    private class Both extends Race<Object> {
        /** What a slow counter, a clock or the scheduler may do when an attempt has ended: the race is asked afterwards. */
        volatile BiConsumer<Integer, Ending> whenEnded = (attempt, ending) -> {};

        volatile Runnable whenDecided = () -> {};
        volatile Runnable whenAbandoned = () -> {};
        boolean usesCaller = true;

        Both() {
            super("both", Environment.standard());
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
        protected long headStart(Call call) {
            return 0;
        }

        @Override
        protected Lease<?> target(Call call) {
            return TARGETS.get(0);
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            if (!heat.canStart()) {
                return HOLD;
            }
            heat.aim(TARGETS.get(1));
            return START;
        }

        @Override
        protected boolean usesCaller() {
            return usesCaller;
        }

        @Override
        protected void attemptEnded(int attempt, Lease<?> target, Ending ending, long nanos) {
            whenEnded.accept(attempt, ending);
        }

        @Override
        protected void decided(int attempt, Ending ending, int started) {
            told.add("decided " + attempt + " " + ending);
            whenDecided.run();
        }

        @Override
        protected void abandoned(Heat<Object> heat) {
            whenAbandoned.run();
        }
    }

    /** Starts an attempt when another one has failed, and has no targets of its own. */
    private static class Inner extends Race<Object> {
        Inner() {
            super("inner", Environment.standard());
        }

        @Override
        protected int attempts() {
            return 3;
        }

        @Override
        protected Classifier<? super Object> classifier() {
            return Classifier.standard();
        }

        @Override
        protected long headStart(Call call) {
            return HOLD;
        }

        @Override
        protected long next(Heat<Object> heat, long now) {
            return heat.canStart() && heat.underWay() == 0 ? START : HOLD;
        }
    }

    @AfterEach
    void leavesNoInterrupt() {
        assertThat(Thread.interrupted()).isFalse();
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(20, TimeUnit.SECONDS);
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException broken) {
            throw new AssertionError(broken);
        }
    }

    private CompletableFuture<Object> call(Policy<Object> through, List<CompletableFuture<Object>> stages) {
        return targets.callAsync(through, stages::get, target -> {
            undone.add(target);
            return CompletableFuture.completedFuture(null);
        });
    }

    private static List<CompletableFuture<Object>> stages() {
        return List.of(new CompletableFuture<>(), new CompletableFuture<>());
    }

    /** Each on a thread of its own. */
    private static void complete(Runnable one, Runnable other) throws InterruptedException {
        List<Thread> threads = List.of(new Thread(one), new Thread(other));
        threads.forEach(Thread::start);
        for (Thread each : threads) {
            each.join();
        }
    }

    private void onlyUndone(Integer target) throws InterruptedException {
        assertThat(undone.poll(20, TimeUnit.SECONDS)).isEqualTo(target);
        noneUndone();
    }

    private void noneUndone() throws InterruptedException {
        assertThat(undone.poll(50, TimeUnit.MILLISECONDS)).isNull();
    }

    // ---- Several ends at once ---------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "of two attempts that succeed before the race is asked, the one whose result nobody gets is rolled back")
    void bothSucceed() throws Exception {
        Both race = new Both();
        CyclicBarrier ended = new CyclicBarrier(2);
        race.whenEnded = (attempt, ending) -> meet(ended);
        List<CompletableFuture<Object>> stages = stages();
        CompletableFuture<Object> call = call(race, stages);
        complete(() -> stages.get(0).complete(0), () -> stages.get(1).complete(1));
        onlyUndone(1 - (Integer) call.get());
        assertThat(told).containsExactly("decided " + call.get() + " SUCCESS");
    }

    @Test
    @DisplayName("so it is in a blocking call")
    void bothSucceedBlocking() throws Exception {
        Both race = new Both();
        CyclicBarrier ended = new CyclicBarrier(2);
        race.whenEnded = (attempt, ending) -> meet(ended);
        CyclicBarrier running = new CyclicBarrier(2);
        Integer gets = (Integer) targets.<Object, Exception>call(
                race,
                target -> {
                    meet(running);
                    return target;
                },
                undone::add);
        onlyUndone(1 - gets);
    }

    @Test
    @DisplayName("an attempt that succeeds while another one ends the race with what is no failure is rolled back")
    void ignoredWins() throws Exception {
        Both race = new Both();
        CyclicBarrier ended = new CyclicBarrier(2);
        race.whenEnded = (attempt, ending) -> meet(ended);
        List<CompletableFuture<Object>> stages = stages();
        CompletableFuture<Object> call = call(race, stages);
        RejectedException refusal = UnavailableException.closed("elsewhere");
        complete(() -> stages.get(0).complete(0), () -> stages.get(1).completeExceptionally(refusal));
        assertThatThrownBy(call::get).hasCause(refusal);
        // The one that has failed as well.
        assertThat(List.of(undone.poll(20, TimeUnit.SECONDS), undone.poll(20, TimeUnit.SECONDS)))
                .containsExactlyInAnyOrder(0, 1);
        noneUndone();
    }

    @Test
    @DisplayName("an attempt that succeeds while the race says that it is over has won, and stays")
    void succeedsAtTheEnd() throws Exception {
        List<CompletableFuture<Object>> stages = stages();
        Both race = new Both() {
            @Override
            protected long next(Heat<Object> heat, long now) {
                if (heat.ended(Ending.FAILURE) == 0) {
                    return super.next(heat, now);
                }
                stages.get(1).complete(1);
                return OVER;
            }
        };
        CompletableFuture<Object> call = call(race, stages);
        stages.get(0).completeExceptionally(new IOException("first"));
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(1);
        onlyUndone(0);
        assertThat(told).containsExactly("decided 1 SUCCESS");
    }

    // ---- Given up at the same time ----------------------------------------------------------------------------------

    @Test
    @DisplayName("an attempt that has succeeded just before its call is given up is rolled back")
    void givenUp() throws Exception {
        Both race = new Both();
        List<CompletableFuture<Object>> stages = stages();
        CompletableFuture<Object> call = call(race, stages);
        race.whenEnded = (attempt, ending) -> call.cancel(true);
        stages.get(1).complete(1);
        assertThat(call).isCancelled();
        onlyUndone(1);
        assertThat(told).isEmpty();
        stages.get(0).complete(0);
        onlyUndone(0);
    }

    @Test
    @DisplayName("so it is in a blocking call")
    void givenUpBlocking() throws Exception {
        Both race = new Both();
        race.usesCaller = false;
        Thread caller = Thread.currentThread();
        CountDownLatch left = new CountDownLatch(1);
        race.whenAbandoned = left::countDown;
        race.whenEnded = (attempt, ending) -> {
            if (ending == Ending.SUCCESS) {
                caller.interrupt();
                await(left);
            }
        };
        CountDownLatch never = new CountDownLatch(1);
        assertThatThrownBy(() -> targets.<Object, Exception>call(
                        race,
                        target -> {
                            if (target == 0) {
                                never.await();
                            }
                            return target;
                        },
                        undone::add))
                .isInstanceOf(CallInterruptedException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(List.of(undone.poll(20, TimeUnit.SECONDS), undone.poll(20, TimeUnit.SECONDS)))
                .containsExactlyInAnyOrder(0, 1);
        noneUndone();
        assertThat(told).isEmpty();
    }

    @Test
    @DisplayName(
            "where the race was decided before its call is given up, what has won stays, and the other is rolled back")
    void givenUpAfterwards() throws Exception {
        Both race = new Both();
        List<CompletableFuture<Object>> stages = stages();
        CompletableFuture<Object> call = call(race, stages);
        CyclicBarrier ended = new CyclicBarrier(2);
        race.whenEnded = (attempt, ending) -> meet(ended);
        race.whenDecided = () -> call.cancel(true);
        complete(() -> stages.get(0).complete(0), () -> stages.get(1).complete(1));
        assertThat(call).isCancelled();
        assertThat(told).hasSize(1);
        onlyUndone(told.get(0).contains("0") ? 1 : 0);
    }

    // ---- Races inside -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "what a race inside makes of its own attempts is not rolled back by that, but by the race that the target is of")
    void inside(boolean async) throws Exception {
        Both outer = new Both() {
            @Override
            protected int attempts() {
                return 1;
            }

            @Override
            protected long headStart(Call call) {
                return HOLD;
            }
        };
        Policy<Object> both = Pipeline.of(outer, new Inner());
        List<Integer> tries = new ArrayList<>();
        if (async) {
            CompletableFuture<Object> call = targets.callAsync(
                    both,
                    target -> {
                        tries.add(target);
                        return tries.size() < 3
                                ? CompletableFuture.failedFuture(new IOException("try"))
                                : CompletableFuture.completedFuture("done");
                    },
                    target -> {
                        undone.add(target);
                        return CompletableFuture.completedFuture(null);
                    });
            assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo("done");
        } else {
            Object gets = targets.<Object, Exception>call(
                    both,
                    target -> {
                        tries.add(target);
                        if (tries.size() < 3) {
                            throw new IOException("try");
                        }
                        return "done";
                    },
                    undone::add);
            assertThat(gets).isEqualTo("done");
        }
        assertThat(tries).containsExactly(0, 0, 0);
        noneUndone();
    }

    @Test
    @DisplayName("a race inside runs the work of an attempt outside of which it is noted whether that has begun")
    void noted() throws Exception {
        Both outer = new Both() {
            @Override
            protected boolean wantsBegun() {
                return true;
            }

            @Override
            protected long headStart(Call call) {
                return HOLD;
            }
        };
        Both inner = new Both() {
            @Override
            protected Lease<?> target(Call call) {
                return null;
            }

            @Override
            protected long next(Heat<Object> heat, long now) {
                return heat.canStart() ? START : HOLD;
            }
        };
        CompletableFuture<Object> call = targets.callAsync(
                Pipeline.of(outer, inner), target -> CompletableFuture.completedFuture("from " + target));
        assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo("from 0");
    }
}
