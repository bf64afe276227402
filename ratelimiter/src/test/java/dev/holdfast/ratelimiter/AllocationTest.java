// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.holdfast.testkit.VirtualTime;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a call allocates, and what a key costs. */
class AllocationTest extends LimiterTest {
    @Test
    @DisplayName("a call that goes in allocates nothing, whatever the limits")
    void allocatesNothing() {
        VirtualTime clock = VirtualTime.create();
        for (RateLimiterBuilder builder : List.of(
                RateLimiter.builder("a").limit(1_000_000_000, SECOND),
                RateLimiter.builder("b").limit(999_999_937, SECOND),
                on(clock, 1_000_000_007L, 604_800_000_000_001L * 1000 + 7),
                RateLimiter.builder("d").limit(1_000_000_000, SECOND).and(3_000_000_000L, SECOND),
                RateLimiter.builder("e")
                        .limit(1_000_000, Duration.ofNanos(10_000))
                        .slidingWindow(),
                RateLimiter.builder("f").limit(1_000_000_000, SECOND).fixedWindow())) {
            RateLimiter limiter = builder.build();
            Runnable nothing = () -> {};
            assertThat(bytes(() -> limiter.run(nothing))).as("%s", limiter).isZero();
        }
    }

    /** The least of several measurements, because the compiler may allocate on this thread's account. */
    private static long bytes(Runnable call) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 2000; i++) {
                call.run();
            }
            least = Math.min(least, (threads.getCurrentThreadAllocatedBytes() - before) / 2000);
        }
        return least;
    }

    @Test
    @DisplayName("a key costs about 100 bytes")
    void bytesPerKey() {
        int keys = 100_000;
        Integer[] names = new Integer[keys];
        for (int i = 0; i < keys; i++) {
            names[i] = i;
        }
        KeyedRateLimiter<Integer> users = limiter(10, SECOND).keyed(keys);
        long before = used();
        for (Integer name : names) {
            in(users.get(name));
        }
        long bytes = (used() - before) / keys;
        assertThat(users.keys()).isEqualTo(keys);
        assertThat(names[keys - 1]).isEqualTo(keys - 1);
        assertThat(bytes).isBetween(60L, 150L);
    }

    private static long used() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
