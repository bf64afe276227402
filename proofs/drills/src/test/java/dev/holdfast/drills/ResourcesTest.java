// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    private Resources before;

    @BeforeEach
    void count() {
        assumeThat(Resources.canBeCounted()).as("/proc/self/fd").isTrue();
        before = Resources.now();
    }

    @Test
    void anOpenSocketIsNotBackUntilItIsClosed() throws Exception {
        try (ServerSocket open = new ServerSocket(0)) {
            assertThat(open.isBound()).isTrue();
            Resources after = Resources.awaitBack(before, 100);
            assertThat(after.isBack(before)).isFalse();
            assertThat(after.beyond(before)).contains("descriptors [socket:[");
        }
        assertThat(Resources.awaitBack(before, 5_000).isBack(before)).isTrue();
    }

    @Test
    void aThreadIsNotBackUntilItEnds() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Thread thread = new Thread(
                () -> {
                    try {
                        end.await();
                    } catch (InterruptedException stray) {
                        throw new IllegalStateException(stray);
                    }
                },
                "left behind");
        thread.start();
        Resources after = Resources.awaitBack(before, 100);
        assertThat(after.isBack(before)).isFalse();
        assertThat(after.beyond(before)).contains("left behind");
        end.countDown();
        thread.join();
        assertThat(Resources.awaitBack(before, 5_000).isBack(before)).isTrue();
    }
}
