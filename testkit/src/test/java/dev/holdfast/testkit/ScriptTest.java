// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class ScriptTest {
    private static final Duration MS = Duration.ofMillis(1);

    private final VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 10, 0);
    private final Script<String> script = Script.of(time);

    @Test
    @DisplayName("steps come in their order, and the last one repeats")
    void order() throws Exception {
        IOException down = new IOException("down");
        script.gives("a").gives(null).fails(down).times(2).gives("b").after(MS);

        assertThat(script.get()).isEqualTo("a");
        assertThat(script.call()).isNull();
        assertThatThrownBy(script::get).isSameAs(down);
        assertThat(script.stage()).isCompletedExceptionally();
        assertThat(script.get()).isEqualTo("b");
        assertThat(script.get()).isEqualTo("b");

        assertThat(script.calls()).isEqualTo(6);
        assertThat(script.starts())
                .containsExactly(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, MS);
        assertThat(script.underWay()).isZero();
        assertThat(script).hasToString("Script[6 calls]");
    }

    @Test
    @DisplayName("stages take their time on a timer, which goes when they are cancelled")
    void stages() {
        script.gives("a").after(MS);
        CompletableFuture<String> first = script.stage();
        CompletableFuture<String> second = script.stage();
        assertThat(script.underWay()).isEqualTo(2);

        second.cancel(true);
        assertThat(script.underWay()).isEqualTo(1);
        assertThat(time.pendingTimers()).isEqualTo(1);
        assertThat(time.join(first)).isEqualTo("a");
        assertThat(script.underWay()).isZero();
    }

    @Test
    @DisplayName("one that hangs ends when it is interrupted or cancelled")
    void hangs() {
        script.hangs();
        Thread caller = Thread.currentThread();
        time.schedule(caller::interrupt, MS.toNanos());

        assertThatThrownBy(script::get).isInstanceOf(InterruptedException.class);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        CompletableFuture<String> stage = script.stage();
        time.advance(Duration.ofDays(1));
        assertThat(stage).isNotDone();
        stage.cancel(true);
        assertThat(script.underWay()).isZero();
    }

    @Test
    @DisplayName("a deaf one goes on to its end, and sets the flag again")
    void deaf() {
        script.gives("a").after(MS.multipliedBy(5)).deaf();
        Thread caller = Thread.currentThread();
        time.schedule(caller::interrupt, MS.toNanos());
        long start = time.nanoTime();

        assertThat(script.get()).isEqualTo("a");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(time.nanoTime() - start).isEqualTo(MS.multipliedBy(5).toNanos());

        CompletableFuture<String> stage = script.stage();
        assertThat(stage.cancel(true)).isFalse();
        assertThat(time.join(stage)).isEqualTo("a");
    }

    @Test
    @DisplayName("what cannot be is said")
    void mistakes() {
        assertThatThrownBy(script::get)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Script: called without a step (expected: gives, fails or hangs)");
        assertThatThrownBy(() -> script.times(2))
                .hasMessage("times: without a step (expected: gives, fails or hangs before it)");
        assertThatThrownBy(() -> script.after(MS)).isInstanceOf(IllegalStateException.class);
        script.hangs();
        assertThatThrownBy(script::deaf).hasMessage("deaf: of a step that hangs (expected: gives, fails before it)");
        assertThatThrownBy(() -> script.after(MS)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> script.times(0)).hasMessage("times: 0 (expected: 1 to 1000000)");
        assertThatThrownBy(() -> script.gives("a").after(MS.negated())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> script.fails(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Script.of(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    @DisplayName("it works in real time as well, for work that takes none")
    void realTime() {
        Script<Integer> real = Script.<Integer>of(Environment.system()).gives(1).gives(2);
        assertThat(List.of(real.get(), real.stage().join())).containsExactly(1, 2);
    }
}
