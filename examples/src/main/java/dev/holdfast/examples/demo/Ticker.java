// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.concurrent.TimeUnit;

/** Does something again and again on a daemon thread of its own, until it is closed. */
final class Ticker implements AutoCloseable {
    private final Thread thread;

    Ticker(long millis, Runnable work) {
        thread = new Thread(
                () -> {
                    try {
                        while (true) {
                            work.run();
                            TimeUnit.MILLISECONDS.sleep(millis);
                        }
                    } catch (InterruptedException e) {
                        // Closed.
                    }
                },
                "display");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
