// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AllocationTest {
    enum Kind {
        FIXED,
        QUEUEING,
        ADAPTIVE,
        PARTITION
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    @DisplayName("A call that gets a permit at once allocates nothing")
    void allocatesNothing(Kind kind) {
        BulkheadBuilder builder = Bulkhead.builder("b").limit(10);
        Bulkhead bulkhead = switch (kind) {
            case FIXED -> builder.build();
            case QUEUEING -> builder.queue(10).build();
            case ADAPTIVE ->
                builder.adaptive(Limits.between(1, 100).gradient2()).build();
            case PARTITION -> builder.queue(10).partition("p", 0.5).build().partition("p");
        };
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Supplier<String> work = () -> "in";
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                bulkhead.call(work);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // Asking for the bytes may itself allocate some; one object in ten thousand calls would be more.
        assertThat(least).isLessThan(1_000);
    }
}
