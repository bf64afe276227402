// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A server in a process of its own, which can be frozen. It answers with what it holds, after as long as it was started with: at first its
 * name, then the newest of what it was given by {@code PUT}. One that lies takes what it is given, and says something else.
 */
final class Replica implements AutoCloseable {
    private static final String LIES = "lies";

    private final String name;
    private final Process process;
    private final URI uri;

    private Replica(String name, Process process, URI uri) {
        this.name = name;
        this.process = process;
        this.uri = uri;
    }

    static Replica start(String name, long millis) throws IOException {
        return start(name, millis, "");
    }

    static Replica startLying(String name) throws IOException {
        return start(name, 0, LIES);
    }

    private static Replica start(String name, long millis, String lies) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-Dsun.net.httpserver.nodelay=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Replica.class.getName(),
                        name,
                        Long.toString(millis),
                        lies)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String port = said.readLine();
        if (port == null) {
            process.destroyForcibly();
            throw new IOException(name + " did not start");
        }
        return new Replica(name, process, URI.create("http://127.0.0.1:" + port + "/"));
    }

    String name() {
        return name;
    }

    URI uri() {
        return uri;
    }

    /** Neither answers nor closes connections any more. */
    void freeze() throws IOException {
        signal("-STOP");
    }

    /** Answers what has come meanwhile, too. */
    void thaw() throws IOException {
        signal("-CONT");
    }

    private void signal(String which) throws IOException {
        new ProcessBuilder("kill", which, Long.toString(process.pid()))
                .start()
                .onExit()
                .join();
    }

    /** A frozen one hears nothing else. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public String toString() {
        return "Replica[" + uri + "]";
    }

    /** The number that it begins with; 0 if with none. */
    static long versionOf(String held) {
        String number = held.split(" ", 2)[0];
        return number.matches("\\d+") ? Long.parseLong(number) : 0;
    }

    /** The process: ends with the one that has started it, whose end closes its input. */
    public static void main(String[] args) throws IOException {
        AtomicReference<String> held = new AtomicReference<>(args[0]);
        long millis = Long.parseLong(args[1]);
        boolean lies = args[2].equals(LIES);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(Executors.newFixedThreadPool(32));
        server.createContext("/", exchange -> {
            String given = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            try {
                Thread.sleep(millis);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
            String now = held.updateAndGet(before -> versionOf(given) > versionOf(before) ? given : before);
            byte[] answer = (lies ? versionOf(now) + " a lie" : now).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        System.out.println(server.getAddress().getPort());
        System.out.flush();
        while (System.in.read() >= 0) {
            // Until whoever has started it is gone.
        }
        System.exit(0);
    }
}
