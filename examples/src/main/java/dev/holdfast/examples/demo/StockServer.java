// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The stock service: the main class of a process of its own.
 *
 * <p>{@code GET /stock/SKU} answers a number, after the time that a worker needs for it.
 * {@code GET /control?latency=MILLIS&failEvery=N} makes it ill: every answer takes that much longer, every N-th one is
 * an HTTP 500. The first line on standard output says {@code ready PORT} or {@code failed REASON}. The process ends
 * when its standard input does, so that it cannot outlive who started it.
 */
public final class StockServer {
    static final String READY = "ready ";
    static final String FAILED = "failed ";

    private static final int BACKLOG = 1_000;
    private static final long BIND_ATTEMPTS = 10;
    private static final int READERS = 2;

    private final Capacity capacity;
    private final ThreadPoolExecutor workers;
    private final AtomicLong requests = new AtomicLong();
    private volatile long latencyMillis;
    private volatile long failEvery;

    private StockServer(Capacity capacity) {
        this.capacity = capacity;
        workers = new ThreadPoolExecutor(
                capacity.workers(),
                capacity.workers(),
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(capacity.queue()));
    }

    /**
     * Serves until standard input ends.
     *
     * @param args the port, or 0 for any; and a {@link Capacity}
     */
    public static void main(String[] args) throws InterruptedException {
        endWithStandardInput();
        Capacity capacity = Capacity.parse(List.of(args).subList(1, args.length));
        try {
            HttpServer server = bind(Integer.parseInt(args[0]));
            StockServer stock = new StockServer(capacity);
            server.createContext("/stock/", stock::stock);
            server.createContext("/control", stock::control);
            // Orders are taken even while all workers are busy.
            server.setExecutor(Executors.newFixedThreadPool(READERS));
            server.start();
            System.out.println(READY + server.getAddress().getPort());
        } catch (IOException e) {
            System.out.println(FAILED + e.getMessage());
            System.exit(1);
        }
    }

    private static void endWithStandardInput() {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    continue;
                }
            } catch (IOException e) {
                // As good as its end.
            }
            Runtime.getRuntime().halt(0);
        });
        watch.setDaemon(true);
        watch.start();
    }

    /** Tries a few times: a caller's own socket may sit on the port of a killed server for a moment. */
    private static HttpServer bind(int port) throws IOException, InterruptedException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
        for (int attempt = 1; ; attempt++) {
            try {
                return HttpServer.create(address, BACKLOG);
            } catch (BindException e) {
                if (attempt == BIND_ATTEMPTS) {
                    throw new IOException("port " + port + " is taken", e);
                }
                Thread.sleep(100);
            }
        }
    }

    private void stock(HttpExchange exchange) {
        try {
            workers.execute(() -> work(exchange));
        } catch (RejectedExecutionException e) {
            // What finds the queue full is dropped: its connection is closed.
            exchange.close();
        }
    }

    private void work(HttpExchange exchange) {
        long number = requests.incrementAndGet();
        try {
            Thread.sleep(capacity.millis() + latencyMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        long nth = failEvery;
        try {
            if (nth > 0 && number % nth == 0) {
                answer(exchange, 500, "out of order");
            } else {
                answer(exchange, 200, Long.toString(1000 - number % 1000));
            }
        } catch (IOException e) {
            // Nobody waits for it any more.
        }
    }

    private void control(HttpExchange exchange) throws IOException {
        for (String setting : exchange.getRequestURI().getQuery().split("&")) {
            String[] pair = setting.split("=", 2);
            switch (pair[0]) {
                case "latency" -> latencyMillis = Long.parseLong(pair[1]);
                case "failEvery" -> failEvery = Long.parseLong(pair[1]);
                default -> throw new IOException("unknown setting: " + pair[0]);
            }
        }
        answer(exchange, 200, "ok");
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
