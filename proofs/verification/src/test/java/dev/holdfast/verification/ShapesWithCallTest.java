// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Checked;
import dev.holdfast.retry.Retry;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Every shape of work may have the context of its call, and its argument. */
class ShapesWithCallTest {
    private final VirtualTime time = VirtualTime.create();
    private final Retry<Object> retry = Retry.builder("stock")
            .withoutBudget()
            .environment(time)
            .maxAttempts(2)
            .build();
    private final List<String> seen = new ArrayList<>();

    private void fails(int attempt) throws IOException {
        if (attempt == 1) {
            throw new IOException("down");
        }
    }

    @Test
    @DisplayName("checked suppliers and runnables")
    void checked() throws IOException {
        assertThat(retry.<String, IOException>callCheckedWith(call -> {
                    fails(call.attempt());
                    return "attempt " + call.attempt();
                }))
                .isEqualTo("attempt 2");
        retry.runCheckedWith(call -> {
            seen.add("attempt " + call.attempt());
            fails(call.attempt());
        });
        retry.runWith(call -> seen.add("run " + call.attempt() + " " + call.hasArgument()));
        assertThat(seen).containsExactly("attempt 1", "attempt 2", "run 1 false");
        assertThatThrownBy(() -> retry.callCheckedWith(call -> {
                    throw new IOException("for good");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("for good");
    }

    @Test
    @DisplayName("functions get the argument, and the call has it as well")
    void functions() throws IOException {
        Function<Integer, String> function =
                retry.functionWith((call, n) -> n + " " + call.argument().orElseThrow() + " " + call.attempt());
        assertThat(function.apply(7)).isEqualTo("7 7 1");

        Checked.Function<Integer, String, IOException> checked = retry.checkedFunctionWith((call, n) -> {
            fails(call.attempt());
            return n + " at " + call.attempt();
        });
        assertThat(checked.apply(7)).isEqualTo("7 at 2");

        Consumer<String> consumer = retry.consumerWith((call, text) -> seen.add(text + call.argument()));
        consumer.accept("a");
        consumer.accept(null);
        assertThat(seen).containsExactly("aOptional[a]", "nullOptional.empty");
    }

    @Test
    @DisplayName("asynchronous ones, with and without a result")
    void asynchronous() {
        Function<Integer, CompletableFuture<String>> function = retry.asyncFunctionWith((call, n) -> call.attempt() == 1
                ? CompletableFuture.failedFuture(new IOException("down"))
                : CompletableFuture.completedFuture(
                        n + " at " + call.attempt() + " of " + call.argument().orElse("none")));
        assertThat(time.join(function.apply(7))).isEqualTo("7 at 2 of 7");

        CompletableFuture<Void> run = retry.runAsyncWith(call -> {
            seen.add("attempt " + call.attempt());
            return CompletableFuture.completedFuture("nobody's business");
        });
        assertThat(run).isCompletedWithValue(null);
        assertThat(seen).containsExactly("attempt 1");
    }

    @Test
    @DisplayName("a function that throws two checked types keeps both apart")
    void interruptibleFunction() throws IOException, InterruptedException {
        Checked.InterruptibleFunction<Integer, String, IOException> send = retry.interruptibleFunction(this::send);
        assertThat(send.apply(7)).isEqualTo("sent 7");
        assertThatThrownBy(() -> send.apply(-1)).isInstanceOf(IOException.class);
    }

    private String send(int number) throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (number < 0) {
            throw new IOException("cannot send " + number);
        }
        return "sent " + number;
    }

    @Test
    @DisplayName("work that is interrupted says so by its type")
    void interruptible() {
        assertThatThrownBy(() -> retry.callInterruptibly(() -> {
                    throw new InterruptedException("stop");
                }))
                .isInstanceOf(InterruptedException.class)
                .hasMessage("stop");
        assertThat(Thread.interrupted()).isFalse();
    }
}
