// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Environment;
import dev.holdfast.verification.chaotic.Program.Misdeed;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Trap;
import dev.holdfast.verification.chaotic.Trial.Broken;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every law finds who breaks it. */
class ChaoticControlsTest {
    @AfterEach
    void release() {
        ControlProgram.release();
        Thread.interrupted();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("a law finds who breaks it")
    void laws(Saboteur saboteur) throws InterruptedException {
        Program program = ControlProgram.program(saboteur.where, List.of());
        Broken broken = Trial.of(program, 1, saboteur == Saboteur.KEEPS_AN_ARGUMENT, saboteur.sabotage);
        assertThat(broken).isNotNull();
        assertThat(broken.facts()).contains(saboteur.expected);
    }

    @Test
    @DisplayName("where nobody breaks a law, none is broken")
    void nobody() throws InterruptedException {
        assertThat(Trial.of(ControlProgram.program(List.of()), 20, true)).isNull();
    }

    @Test
    @DisplayName("a callback that holds the timer's thread is found while it blocks")
    void timer() throws InterruptedException {
        Program program = ControlProgram.program(List.of(new Trap(Place.LISTENER, Misdeed.BLOCK_FOR_EVER)));
        assertThat(Trial.of(program, 20, false)).isNull();
        Broken broken = Trial.of(
                program, 1, false, execution -> Environment.system().schedule(() -> ControlProgram.isHeld(), 0));
        assertThat(broken).isNotNull();
        assertThat(broken.law()).isEqualTo("a callback that blocks delays no other call");
    }

    @Test
    @DisplayName("what a task leaves on a thread is found by the next")
    void sharedThreads() throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(
                4,
                task -> new Thread(() -> {
                    Mischief.LITTER.set("litter");
                    task.run();
                }));
        try {
            assertThat(Trial.areClean(pool, Environment.system(), 20))
                    .extracting(Broken::facts)
                    .isEqualTo("a thread-local");
        } finally {
            pool.shutdown();
        }
    }

    @Test
    @DisplayName("a limit that is left on a thread is found by the next task")
    void sharedLimits() throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(
                4, task -> new Thread(() -> Environment.system().runWithin(Duration.ofHours(1), task::run)));
        try {
            assertThat(Trial.areClean(pool, Environment.system(), 20))
                    .extracting(Broken::facts)
                    .isEqualTo("a limit");
        } finally {
            pool.shutdown();
        }
    }

    @Test
    @DisplayName("the same seed draws the same program, and each is fair")
    void seeds() {
        for (int seed = 0; seed < 200; seed++) {
            assertThat(Programs.draw(seed))
                    .hasToString(Programs.draw(seed).toString())
                    .matches(Program::isFair);
        }
    }
}
