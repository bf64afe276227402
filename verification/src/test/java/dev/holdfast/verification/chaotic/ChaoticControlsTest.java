// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.verification.chaotic.Program.Context;
import dev.holdfast.verification.chaotic.Program.Ending;
import dev.holdfast.verification.chaotic.Program.Kind;
import dev.holdfast.verification.chaotic.Program.Meddling;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import dev.holdfast.verification.chaotic.Program.Part;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Plan;
import dev.holdfast.verification.chaotic.Program.Threads;
import dev.holdfast.verification.chaotic.Program.Trap;
import dev.holdfast.verification.chaotic.Program.Where;
import dev.holdfast.verification.chaotic.Trial.Broken;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every law finds who breaks it. */
class ChaoticControlsTest {
    /** Of threads that a control holds. */
    private static volatile CountDownLatch release = new CountDownLatch(1);

    private static final Plan CALL = call(List.of());
    private static final Made.Argument KEPT = new Made.Argument(new Made(CALL));

    /** What somebody does beside a program that is right. */
    private enum Saboteur {
        LOSES_A_PERMIT("a permit or a place in the queue is not back", execution -> first(execution).tryAcquire()),
        COUNTS_NOT_ALL("calls are not counted once", execution -> execution.cast.gates.get(first(execution)).arrived.incrementAndGet()),
        TELLS_NOT_ALL("listeners are not told once", execution -> {
            Permit untold = first(execution).tryAcquire();
            untold.succeeded();
            execution.cast.gates.get(first(execution)).arrived.incrementAndGet();
        }),
        LOSES_AN_INTERRUPT("an interrupt by somebody else is lost", execution -> add(execution, call -> {
            call.begins(0);
            call.interrupt(1);
            Thread.interrupted();
            call.ends();
        })),
        LEAVES_AN_INTERRUPT("an interrupt flag that nobody has set", execution -> add(execution, call -> {
            call.begins(0);
            Thread.currentThread().interrupt();
            call.ends();
        })),
        GIVES_A_LATE_RESULT("a result is given that came after its deadline", execution -> add(execution, call -> {
            Made.Start start = start(call, 0);
            start.ended = TimeUnit.SECONDS.toNanos(1);
            call.value = start;
        })),
        RUNS_WORK_TOO_OFTEN("work runs more often than there are attempts", execution -> add(execution, call -> {
            start(call, 0);
            start(call, 1);
        })),
        NEVER_ENDS("call 7 [returned false", execution -> execution.made.add(new Made(CALL))),
        KEEPS_AN_ARGUMENT("an argument is retained", execution ->
                add(execution, call -> call.argument = new WeakReference<>(KEPT))),
        LEAVES_A_TIMER("1 timers are left", execution -> execution.ground.environment.schedule(() -> {}, TimeUnit.HOURS.toNanos(1))),
        LEAVES_A_THREAD("bulkhead 'chaotic -1 0' 1", execution ->
                Ground.daemons("bulkhead 'chaotic -1 0' 1").newThread(() -> await(release)).start()),
        USES_THE_TIMERS_THREAD("somebody ran on the timer's thread", execution -> {
            CountDownLatch done = new CountDownLatch(1);
            Environment.system().schedule(() -> {
                execution.mischief.looksAround("somebody", null);
                done.countDown();
            }, 0);
            await(done);
        }),
        HAS_NO_CONTEXT("somebody of call 7 ran in the context of null", execution ->
                execution.mischief.hasContext("somebody", new Made(CALL)));

        private final String expected;
        private final Consumer<Execution> sabotage;

        Saboteur(String expected, Consumer<Execution> sabotage) {
            this.expected = expected;
            this.sabotage = sabotage;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private static Plan call(List<Trap> traps) {
        return new Plan(7, List.of(0, 1), false, List.of(), Ending.VALUE, 0, traps, Meddling.NONE, 0);
    }

    private static Program program(List<Trap> traps) {
        List<Part> parts = List.of(
                new Part(Kind.BULKHEAD, 3, 1, Threads.ENOUGH, true, List.of()),
                new Part(Kind.TIMEOUT, 1, 500, Threads.ENOUGH, false, traps));
        return new Program(-1, Where.OWN_TIMER, Threads.ENOUGH, Context.CARRIES, parts, List.of(call(List.of())), List.of());
    }

    private static Gate first(Execution execution) {
        return execution.cast.gates.keySet().iterator().next();
    }

    private static void add(Execution execution, Consumer<Made> deeds) {
        Made call = new Made(CALL);
        deeds.accept(call);
        call.returned = true;
        execution.made.add(call);
    }

    private static Made.Start start(Made call, long begun) {
        Made.Start start = new Made.Start(call.starts.size(), begun);
        call.starts.add(start);
        return start;
    }

    @AfterEach
    void release() {
        release.countDown();
        release = new CountDownLatch(1);
        Thread.interrupted();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a law finds who breaks it")
    void laws(Saboteur saboteur) throws InterruptedException {
        Broken broken = Trial.of(program(List.of()), 1, saboteur == Saboteur.KEEPS_AN_ARGUMENT, saboteur.sabotage);
        assertThat(broken).isNotNull();
        assertThat(broken.facts()).contains(saboteur.expected);
    }

    @Test
    @DisplayName("where nobody breaks a law, none is broken")
    void nobody() throws InterruptedException {
        assertThat(Trial.of(program(List.of()), 20, true)).isNull();
    }

    @Test
    @DisplayName("a callback that holds the timer's thread is found while it blocks")
    void timer() throws InterruptedException {
        Program program = program(List.of(new Trap(Place.LISTENER, Misdeed.BLOCK_FOR_EVER)));
        assertThat(Trial.of(program, 20, false)).isNull();
        Broken broken = Trial.of(program, 1, false, execution -> Environment.system().schedule(() -> await(release), 0));
        assertThat(broken).isNotNull();
        assertThat(broken.law()).isEqualTo("a callback that blocks delays no other call");
    }

    @Test
    @DisplayName("what a task leaves on a thread is found by the next")
    void sharedThreads() throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(4, task -> new Thread(() -> {
            Mischief.LITTER.set("litter");
            task.run();
        }));
        try {
            assertThat(Trial.areClean(pool, 20)).extracting(Broken::facts).isEqualTo("a thread-local");
        } finally {
            pool.shutdown();
        }
    }

    @Test
    @DisplayName("the same seed draws the same program, and each is fair")
    void seeds() {
        for (int seed = 0; seed < 200; seed++) {
            assertThat(Programs.draw(seed)).hasToString(Programs.draw(seed).toString()).matches(Program::isFair);
        }
    }
}
