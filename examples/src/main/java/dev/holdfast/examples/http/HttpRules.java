// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.http;

import dev.holdfast.Attempt;
import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.RetryAfter;
import java.net.ConnectException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an application knows of HTTP, said once for all its pipelines. */
final class HttpRules {
    // tag: http-outcomes
    /** 5xx says that the server is not well; 429 and 503 may say for how long; 404 is an answer. */
    static final Classifier<Object> HTTP = Classifier.standard()
            .failOnResult(HttpResponse.class, reply -> isFailure(reply.statusCode()))
            .retryAfter(HttpResponse.class, HttpRules::retryAfter);

    private static boolean isFailure(int status) {
        return status == 429 || status == 408 || (status >= 500 && status != 501);
    }

    private static @Nullable Duration retryAfter(HttpResponse<?> reply) {
        return RetryAfter.parse(
                reply.headers().firstValue("Retry-After").orElse(null),
                reply.headers().firstValue("Date").orElse(null));
    }
    // end

    // tag: http-repeatable
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    /** Whether a request may be sent twice: by its method, by a key that the server knows, or because it was never sent. */
    static boolean isRepeatable(Attempt<?> attempt) {
        if (attempt.failure() instanceof ConnectException) {
            return true;
        }
        return attempt.call()
                .flatMap(Call::argument)
                .map(HttpRequest.class::cast)
                .map(request -> IDEMPOTENT.contains(request.method())
                        || request.headers().firstValue("Idempotency-Key").isPresent())
                .orElse(false);
    }
    // end

    private HttpRules() {}
}
