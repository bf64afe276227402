// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.Pipeline;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import okhttp3.Callback;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** OkHttp, asynchronous: a future that is cancelled says nothing to the call behind it, so the hook does. */
final class OkHttpEnqueue implements Client {
    private final Pipeline<Object> pipeline;
    private final FaultyServer server;
    private final OkHttpClient http = OkHttp.client(Case.PERMITS);

    OkHttpEnqueue(Pipeline<Object> pipeline, FaultyServer server) {
        this.pipeline = pipeline;
        this.server = server;
    }

    @Override
    public String get(int number) throws Exception {
        // tag: okhttp-async
        CompletableFuture<String> answer = pipeline.callAsyncWith(call -> {
            Request request = new Request.Builder()
                    .url(server.url(number, call).toString())
                    .build();
            okhttp3.Call sending = http.newCall(request);
            call.onAbandon(sending::cancel);
            CompletableFuture<String> body = new CompletableFuture<>();
            sending.enqueue(new Callback() {
                @Override
                public void onResponse(okhttp3.Call sent, Response response) {
                    try (response) {
                        body.complete(response.body().string());
                    } catch (IOException e) {
                        body.completeExceptionally(e);
                    }
                }

                @Override
                public void onFailure(okhttp3.Call sent, IOException e) {
                    body.completeExceptionally(e);
                }
            });
            return body;
        });
        // end
        return answer.get();
    }

    @Override
    public int busy() {
        return OkHttp.busy(http)
                + http.dispatcher().runningCallsCount()
                + http.dispatcher().queuedCallsCount();
    }

    @Override
    public void close() {
        OkHttp.close(http);
    }
}
