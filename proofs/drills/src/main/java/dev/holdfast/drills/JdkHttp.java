// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import java.io.IOException;
import java.net.http.HttpClient;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A client of the JDK with threads of its own, so that both can be ended. */
final class JdkHttp implements AutoCloseable {
    static {
        // Java 17 keeps idle connections for 20 minutes.
        System.setProperty("jdk.httpclient.keepalive.timeout", "1");
    }

    /** One that is given up half-way through an answer is not collected before Java 21, with or without Holdfast. */
    static final boolean CLOSES = Runtime.version().feature() >= 21;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(threads)
            .build();

    @Override
    public void close() throws IOException {
        if (client instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
        threads.shutdown();
    }
}
