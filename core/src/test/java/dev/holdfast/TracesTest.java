// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who makes a call is to be seen in what it throws, if that is wanted. */
@Timeout(30)
class TracesTest {
    private static final Environment SYSTEM = Environment.system();

    @AfterEach
    void off() {
        Traces.want(false);
    }

    private static Gate elsewhere() {
        WorkThreads threads = WorkThreads.pool("elsewhere-", 2);
        return new FifoGate(SYSTEM, 2, 0) {
            @Override
            protected Executor executor() {
                return threads;
            }
        };
    }

    private static boolean showsCaller(Throwable thrown) {
        return Stream.concat(Stream.of(thrown), Stream.of(thrown.getSuppressed()))
                .flatMap(each -> Stream.of(each.getStackTrace()))
                .anyMatch(frame -> frame.getMethodName().startsWith("callOf"));
    }

    private static Throwable callOfBlocking(Gate gate) {
        return catchThrowable(() -> gate.run(() -> {
            throw new IllegalStateException("on another thread");
        }));
    }

    private static Throwable callOfAsync(Gate gate) {
        CompletableFuture<Object> future = gate.callAsync(() -> {
            throw new IllegalStateException("on another thread");
        });
        Throwable thrown =
                catchThrowable(() -> future.orTimeout(20, TimeUnit.SECONDS).join());
        return thrown instanceof CompletionException ? thrown.getCause() : thrown;
    }

    private static Throwable callOfRefused(Gate gate) {
        return catchThrowable(() -> gate.run(() -> {}));
    }

    @Test
    @DisplayName("XC-21 off: a refusal has no frames, and a failure on another thread shows that thread only")
    void unwanted() {
        assertThat(showsCaller(callOfBlocking(elsewhere()))).isFalse();
        assertThat(showsCaller(callOfAsync(elsewhere()))).isFalse();
        assertThat(callOfRefused(new FifoGate(SYSTEM, 0, 0)).getStackTrace()).isEmpty();
    }

    @Test
    @DisplayName("XC-21 on: refusals show their caller, and so do failures of work on another thread, blocking and not")
    void wanted() {
        Traces.want(true);
        assertThat(Traces.areWanted()).isTrue();
        assertThat(showsCaller(callOfBlocking(elsewhere()))).isTrue();
        assertThat(showsCaller(callOfAsync(elsewhere()))).isTrue();
        assertThat(showsCaller(callOfRefused(new FifoGate(SYSTEM, 0, 0)))).isTrue();
    }
}
