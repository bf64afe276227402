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

/** A server in a process of its own, which can be frozen. It answers with its name, after as long as it was started with. */
final class Replica implements AutoCloseable {
    private final Process process;
    private final URI uri;

    private Replica(Process process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    static Replica start(String name, long millis) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-Dsun.net.httpserver.nodelay=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Replica.class.getName(),
                        name,
                        Long.toString(millis))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String port = said.readLine();
        if (port == null) {
            process.destroyForcibly();
            throw new IOException(name + " did not start");
        }
        return new Replica(process, URI.create("http://127.0.0.1:" + port + "/"));
    }

    URI uri() {
        return uri;
    }

    /** Neither answers nor closes connections any more. */
    void freeze() throws IOException {
        new ProcessBuilder("kill", "-STOP", Long.toString(process.pid()))
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

    /** The process: ends with the one that has started it, whose end closes its input. */
    public static void main(String[] args) throws IOException {
        byte[] name = args[0].getBytes(StandardCharsets.UTF_8);
        long millis = Long.parseLong(args[1]);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(Executors.newFixedThreadPool(32));
        server.createContext("/", exchange -> {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(200, name.length);
            exchange.getResponseBody().write(name);
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
