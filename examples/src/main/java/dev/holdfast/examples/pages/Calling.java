// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Checked;
import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.examples.readme.Inventory;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.examples.readme.Inventory.Stock;
import dev.holdfast.retry.Retry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** The code of {@code docs/calling.md}. */
final class Calling {
    private Calling() {}

    static Stock now(Pipeline<Object> pipeline, Inventory client, Sku sku) {
        // tag: calling-now
        Stock stock = pipeline.call(() -> client.stock(sku));

        Function<Sku, Stock> guarded = pipeline.function(client::stock); // the policies know the argument
        // end
        return stock.pieces() == 0 ? guarded.apply(sku) : stock;
    }

    static String checked(Pipeline<Object> pipeline, Path file) throws IOException {
        // tag: calling-checked
        String text = pipeline.callChecked(() -> Files.readString(file)); // throws IOException

        Checked.Function<Path, String, IOException> read = pipeline.checkedFunction(Files::readString);
        // end
        return text.isEmpty() ? read.apply(file) : text;
    }

    static HttpResponse<String> two(Pipeline<Object> pipeline, HttpClient http, HttpRequest request)
            throws IOException, InterruptedException {
        // tag: calling-two
        HttpResponse<String> reply = pipeline.callInterruptibly(() -> http.send(request, BodyHandlers.ofString()));

        Checked.InterruptibleFunction<HttpRequest, HttpResponse<String>, IOException> send =
                pipeline.interruptibleFunction(q -> http.send(q, BodyHandlers.ofString()));
        // end
        return reply.statusCode() == 0 ? send.apply(request) : reply;
    }

    static Stock with(Pipeline<Object> pipeline, Inventory client, Sku sku) {
        // tag: calling-with
        Stock stock =
                pipeline.callWith(call -> client.stock(sku, call.timeLeft().orElse(Duration.ofSeconds(1))));

        Function<Sku, Stock> guarded = pipeline.functionWith(
                (call, of) -> client.stock(of, call.timeLeft().orElse(Duration.ofSeconds(1))));
        // end
        return stock.pieces() == 0 ? guarded.apply(sku) : stock;
    }

    static CompletableFuture<HttpResponse<String>> later(
            Pipeline<Object> pipeline, HttpClient http, HttpRequest request) {
        // tag: calling-later
        CompletableFuture<HttpResponse<String>> reply =
                pipeline.callAsync(() -> http.sendAsync(request, BodyHandlers.ofString()));

        Function<HttpRequest, CompletableFuture<HttpResponse<String>>> send =
                pipeline.asyncFunction(q -> http.sendAsync(q, BodyHandlers.ofString()));
        // end
        return reply.isCancelled() ? send.apply(request) : reply;
    }

    static CompletableFuture<Stock> blocking(Bulkhead bulkhead, Inventory client, Sku sku) {
        // tag: calling-blocking
        Pipeline<Object> pipeline = Pipeline.of(Retry.ofDefaults("stock"), bulkhead); // built with ownThreads()

        CompletableFuture<Stock> stock = pipeline.callAsync(() -> CompletableFuture.completedFuture(client.stock(sku)));
        // end
        return stock;
    }

    static CompletableFuture<Stock> carried(
            Environment environment, Executor threads, Pipeline<Object> pipeline, Inventory client, Sku sku) {
        // tag: calling-carried
        CompletableFuture<Stock> stock = CompletableFuture.supplyAsync(
                () -> pipeline.call(() -> client.stock(sku)), environment.carrying(threads));
        // end
        return stock;
    }

    static Map<String, String> shown(Pipeline<Object> pipeline) {
        // tag: calling-shown
        Map<String, String> shown = new LinkedHashMap<>();
        pipeline.policies().forEach(policy -> shown.put(policy.name(), policy.toString())); // settings and state
        pipeline.meters().forEach(meter -> shown.put(meter.name() + meter.labels(), String.valueOf(meter.value())));
        // end
        return shown;
    }
}
