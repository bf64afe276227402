// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The main class of a process of its own, which serves HTTP: some workers, a service time, and in front of them a line
 * without a bound, first come, first served. It does not notice that a caller has left, so it works on what nobody waits
 * for any more, as most services do.
 *
 * <p>Its first line on standard output is the port. Each line on standard input is a new service time in milliseconds: a
 * channel that does not wait in the line. The process ends when its standard input does, so that it cannot outlive
 * who started it.
 */
public final class Server {
    /** The kernel takes connections for a stopped process, as many as this, if its own limit is not lower. */
    private static final int BACKLOG = 65_535;

    private static final byte[] ANSWER = "1".getBytes(StandardCharsets.US_ASCII);

    private volatile long serviceNanos;

    private Server(long serviceMillis) {
        serviceNanos = TimeUnit.MILLISECONDS.toNanos(serviceMillis);
    }

    /**
     * Serves until standard input ends.
     *
     * @param args how many workers, and the service time in milliseconds
     */
    public static void main(String[] args) throws IOException {
        Server server = new Server(Long.parseLong(args[1]));
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), BACKLOG);
        http.createContext("/", server::serve);
        http.setExecutor(Executors.newFixedThreadPool(Integer.parseInt(args[0])));
        http.start();
        System.out.println(http.getAddress().getPort());
        try {
            server.obey();
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }

    private void obey() throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            serviceNanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(line));
        }
    }

    private void serve(HttpExchange exchange) throws IOException {
        long end = System.nanoTime() + serviceNanos;
        for (long left = serviceNanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        try (exchange) {
            exchange.sendResponseHeaders(200, ANSWER.length);
            exchange.getResponseBody().write(ANSWER);
        }
    }
}
