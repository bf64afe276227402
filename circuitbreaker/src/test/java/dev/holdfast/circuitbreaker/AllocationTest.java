// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AllocationTest extends BreakerTest {
    @Test
    @DisplayName("CB-10 asking by hand and being refused allocates nothing, a refused call one small exception")
    void refusalsAllocateLittle() {
        CircuitBreaker breaker = tripping().build();
        fail(breaker);
        assertThat(bytesEach(() -> breaker.tryAcquire())).isLessThan(1);
        Supplier<Object> call = breaker.supplier(() -> "never");
        assertThat(bytesEach(() -> {
                    try {
                        return call.get();
                    } catch (CircuitOpenException refused) {
                        return refused;
                    }
                }))
                .isBetween(1.0, 200.0);
    }

    private static double bytesEach(Supplier<Object> action) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        int count = 20_000;
        double least = Double.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getThreadAllocatedBytes(id);
            for (int i = 0; i < count; i++) {
                action.get();
            }
            least = Math.min(least, (double) (threads.getThreadAllocatedBytes(id) - before) / count);
        }
        return least;
    }
}
