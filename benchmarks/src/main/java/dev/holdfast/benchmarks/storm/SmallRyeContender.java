// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import dev.holdfast.benchmarks.SmallRyeThreads;
import io.smallrye.faulttolerance.api.TypedGuard;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;

/** SmallRye Fault Tolerance, retry and breaker. */
final class SmallRyeContender {
    static {
        SmallRyeThreads.use();
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
}
