// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.timeout;

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

    private static double bytesPerCall(Timeout timeout, double enough) {
        Supplier<String> work = () -> "result";
        double bytes = Double.MAX_VALUE;
        for (int tries = 8; tries > 0 && bytes > enough; tries--) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                sink = timeout.call(work);
            }
            bytes = (double) (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS;
        }
        return bytes;
    }

    @Test
    @DisplayName("a blocking success allocates its timer and its interruption, no more than 64 bytes together")
    void timed() {
        assertThat(bytesPerCall(Timeout.of("t", Duration.ofHours(1)), 64.05)).isLessThanOrEqualTo(64.05);
    }

    @Test
    @DisplayName("a blocking success without a limit allocates nothing")
    void unlimited() {
        assertThat(bytesPerCall(Timeout.of("t", Duration.ofSeconds(Long.MAX_VALUE)), 0.05))
                .isLessThanOrEqualTo(0.05);
    }
}
