// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.Pipeline;
import dev.holdfast.drills.Guard.Mode;
import java.io.IOException;
import java.io.UncheckedIOException;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Clients that are wrapped wrongly: the drill must find each. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class NegativeControlTest {
    private static final int CALLS = 150;
    private static final int CALLERS = 16;

    @BeforeAll
    static void needsProc() {
        assumeThat(Resources.canBeCounted()).as("/proc/self/fd").isTrue();
    }

    @Test
    void aDeafClientWithoutAHookSitsStallsOut() throws Exception {
        Result result = run(Mode.INTERRUPTED, Stage.http(WithoutHook::new));

        assertThat(result.satOut()).isPositive();
        assertThat(result.faults(Result.Law.WIDE)).contains(result.satOut() + " clients never left");
    }

    @Test
    void oneOnOtherThreadsKeepsPermitsAndConnections() throws Exception {
        Result result = run(Mode.ELSEWHERE, Stage.http(WithoutHook::new));

        assertThat(result.counts().held()).isPositive();
        assertThat(result.faults(Result.Law.WIDE))
                .contains(
                        result.satOut() + " clients never left",
                        result.counts().held() + " permits not back",
                        result.counts().busy() + " connections not back");
    }

    @Test
    void aSharedChannelIsClosedByAnInterrupt() throws Exception {
        Result result = run(Mode.INTERRUPTED, FileStage::new);

        assertThat(result.faults(Result.Law.WIDE)).contains("20 healthy calls failed afterwards");
    }

    private static Result run(Mode mode, Stage.Setting setting) throws Exception {
        return Round.run(new Case("control", mode, CALLERS, CALLERS, true, setting), CALLS);
    }

    /** OkHttp as it is used first: with nothing that ends it. */
    private record WithoutHook(Pipeline<Object> pipeline, FaultyServer server, OkHttpClient http) implements Client {
        WithoutHook(Pipeline<Object> pipeline, FaultyServer server) {
            this(pipeline, server, OkHttp.client(CALLERS));
        }

        @Override
        public String get(int number) {
            return pipeline.callWith(call -> {
                Request request = new Request.Builder()
                        .url(server.url(number, call).toString())
                        .build();
                try (Response response = http.newCall(request).execute()) {
                    return response.body().string();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        @Override
        public int busy() {
            return OkHttp.busy(http);
        }

        @Override
        public void close() {
            OkHttp.close(http);
        }
    }
}
