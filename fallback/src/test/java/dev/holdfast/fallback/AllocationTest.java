// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.fallback;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Bytes a call, counted by the JVM for the thread that makes the calls, once they are compiled. */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CALLS = 200_000;

    private static volatile Object sink;

    private static double bytesPerCall(Fallback<String> fallback, double enough) {
        Supplier<String> work = () -> "result";
        double bytes = Double.MAX_VALUE;
        for (int tries = 8; tries > 0 && bytes > enough; tries--) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                sink = fallback.call(work);
            }
            bytes = (double) (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS;
        }
        return bytes;
    }

    @Test
    @DisplayName(
            "a blocking success allocates nothing, whatever the steps, the rules on results and the listeners gone")
    void nothing() {
        Fallback<String> fallback = Fallback.builder("f", String.class)
                .onResult(String::isEmpty)
                .apply(failed -> "function")
                .value("value")
                .build();
        fallback.on(Fallback.StaleServed.class, event -> {}).cancel();

        assertThat(bytesPerCall(fallback, 0.05)).isLessThanOrEqualTo(0.05);
    }

    @Test
    @DisplayName("where the last good result is kept, a blocking success allocates what keeps it: 24 bytes")
    void kept() {
        Fallback<String> fallback = Fallback.builder("f", String.class)
                .lastGood(Duration.ofHours(1))
                .build();

        assertThat(bytesPerCall(fallback, 24.05)).isLessThanOrEqualTo(24.05);
    }
}
