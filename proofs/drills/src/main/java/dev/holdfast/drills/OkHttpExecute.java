// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** OkHttp, blocking: deaf to interrupts on a platform thread, so the hook ends it. */
final class OkHttpExecute implements Client {
    private final Pipeline<Object> pipeline;
    private final FaultyServer server;
    private final OkHttpClient http = OkHttp.client(Case.PERMITS);

    OkHttpExecute(Pipeline<Object> pipeline, FaultyServer server) {
        this.pipeline = pipeline;
        this.server = server;
    }

    @Override
    public String get(int number) {
        // tag: okhttp
        return pipeline.callWith(call -> {
            Request request = new Request.Builder()
                    .url(server.url(number, call).toString())
                    .build();
            okhttp3.Call sending = http.newCall(request);
            call.onAbandon(sending::cancel);
            try (Response response = sending.execute()) {
                return response.body().string();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        // end
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
