// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import io.smallrye.faulttolerance.api.TypedGuard;
import io.smallrye.faulttolerance.standalone.Configuration;
import io.smallrye.faulttolerance.standalone.StandaloneFaultTolerance;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;

/** SmallRye Fault Tolerance without a container, on threads that end with the process. */
final class SmallRyeContender {
    static {
        StandaloneFaultTolerance.configure(new Daemons());
    }

    private SmallRyeContender() {}

    static Contender.Client client() {
        TypedGuard<Integer> guard = TypedGuard.create(Integer.class)
                .withCircuitBreaker()
                .requestVolumeThreshold(20)
                .failureRatio(0.5)
                .delay(1, ChronoUnit.SECONDS)
                .successThreshold(3)
                .done()
                .withRetry()
                .maxRetries(2)
                .delay(50, ChronoUnit.MILLIS)
                .jitter(25, ChronoUnit.MILLIS)
                .abortOn(CircuitBreakerOpenException.class)
                .withExponentialBackoff()
                .factor(2)
                .maxDelay(1, ChronoUnit.SECONDS)
                .done()
                .done()
                .build();
        return guard::call;
    }

    private static final class Daemons implements Configuration {
        private final ExecutorService executor = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "smallrye");
            thread.setDaemon(true);
            return thread;
        });

        @Override
        public ExecutorService executor() {
            return executor;
        }

        @Override
        public void onShutdown() {
            executor.shutdownNow();
        }
    }
}
