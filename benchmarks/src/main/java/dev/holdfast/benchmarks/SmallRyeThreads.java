// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import io.smallrye.faulttolerance.standalone.Configuration;
import io.smallrye.faulttolerance.standalone.StandaloneFaultTolerance;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** SmallRye Fault Tolerance without a container, on threads that end with the process. It can be configured once only. */
public final class SmallRyeThreads {
    static {
        StandaloneFaultTolerance.configure(new Daemons());
    }

    private SmallRyeThreads() {}

    /** To be called before the first policy is made. */
    public static void use() {
        // Done when this class was initialized.
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
