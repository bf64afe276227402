// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Environment;
import dev.holdfast.Pipeline;
import dev.holdfast.ThreadContext;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadFullException;
import dev.holdfast.config.Guards;
import dev.holdfast.retry.Retry;
import java.time.Duration;

/** The code of {@code docs/shutting-down.md}. */
final class ShuttingDown {
    private ShuttingDown() {}

    static Environment start() {
        // tag: shutdown-start
        Environment environment =
                Environment.builder().context(ThreadContext.mdc()).build();
        Environment.setStandard(environment); // before the first policy is built
        // end
        return environment;
    }

    static Pipeline<Object> policies(Environment environment) {
        // tag: shutdown-policies
        Bulkhead stock = Bulkhead.builder("stock")
                .environment(environment)
                .limit(20)
                .queue(100)
                .build();
        Retry<Object> retry = Retry.builder("stock").environment(environment).build();
        Pipeline<Object> pipeline = Pipeline.of(retry, stock);
        // end
        return pipeline;
    }

    static boolean stop(Environment environment, Bulkhead stock, Runnable stopsListening) throws InterruptedException {
        // tag: shutdown-stop
        stopsListening.run(); // 1. no new requests: the server's business
        boolean idle = stock.closeAndWait(Duration.ofSeconds(20)); // 2. none goes in, those inside may end
        environment.close(); // 3. waits and retries end
        // end
        return idle;
    }

    static int status(Bulkhead stock, Runnable answer) {
        // tag: shutdown-status
        try {
            stock.run(answer);
        } catch (BulkheadFullException refused) {
            return refused.why() == BulkheadFullException.Reason.CLOSED ? 503 : 429; // gone, or busy
        }
        // end
        return 200;
    }

    static boolean stop(Guards guards, Environment environment) {
        // tag: shutdown-guards
        boolean idle = false;
        try {
            idle = guards.closeAndWait(Duration.ofSeconds(20));
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt(); // whoever stops the application wants it to stop now
        }
        environment.close();
        // end
        return idle;
    }
}
