// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/** An OkHttp client that leaves queueing and repeating to the policies around it. */
final class OkHttp {
    private OkHttp() {}

    static OkHttpClient client(int permits) {
        // tag: okhttp-settings
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(permits);
        dispatcher.setMaxRequestsPerHost(permits); // 5 by default: the others would wait where no policy sees it
        OkHttpClient http = new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .connectionPool(new ConnectionPool(permits, 5, TimeUnit.MINUTES))
                .retryOnConnectionFailure(false) // the retry's business
                .build();
        // end
        return http;
    }

    static int busy(OkHttpClient http) {
        return http.connectionPool().connectionCount() - http.connectionPool().idleConnectionCount();
    }

    static void close(OkHttpClient http) {
        http.dispatcher().executorService().shutdown();
        http.connectionPool().evictAll();
    }
}
