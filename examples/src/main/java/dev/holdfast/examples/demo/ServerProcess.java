// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A {@link StockServer} in a process of its own, which never outlives this one: it ends with its standard input, a
 * small shell kills it even if it is stopped when this process is gone, and {@link #close} kills it in any state.
 */
final class ServerProcess implements AutoCloseable {
    private static final long START_SECONDS = 15;

    private final String name;
    private final Capacity capacity;
    private int port;
    private @Nullable Process process;
    private @Nullable Process watchdog;
    private @Nullable CompletableFuture<String> firstLine;
    private boolean closed;

    /**
     * Nothing runs yet.
     *
     * @param name for messages
     * @param capacity what the service can do
     * @param port the port, or 0 for any; a restart takes the one of the first start
     */
    ServerProcess(String name, Capacity capacity, int port) {
        this.name = name;
        this.capacity = capacity;
        this.port = port;
    }

    /** Launches the process and does not wait for it: see {@link #awaitReady}. */
    synchronized void launch() {
        if (closed) {
            throw new DemoException("the stock service " + name + " is closed");
        }
        try {
            process = new ProcessBuilder(command()).redirectErrorStream(true).start();
            watchdog = new ProcessBuilder(
                            "sh", "-c", "trap '' INT TERM HUP; read -r line; kill -KILL $0", "" + process.pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new DemoException("the stock service " + name + " does not start: " + e.getMessage(), e);
        }
        firstLine = new CompletableFuture<>();
        Process launched = process;
        CompletableFuture<String> line = firstLine;
        Thread reader = new Thread(() -> read(launched, line), "output of " + name);
        reader.setDaemon(true);
        reader.start();
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // Without it every answer waits for the acknowledgement of its header.
                "-Dsun.net.httpserver.nodelay=true",
                "-cp",
                classPath(),
                StockServer.class.getName(),
                Integer.toString(port)));
        command.addAll(capacity.arguments());
        return command;
    }

    /** Where this class comes from is all that the server needs beyond the JDK. */
    private static String classPath() {
        try {
            URI home = ServerProcess.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI();
            return new File(home).getPath();
        } catch (URISyntaxException e) {
            throw new DemoException("cannot find the demo's own classes", e);
        }
    }

    private static void read(Process process, CompletableFuture<String> line) {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            String first = reader.readLine();
            line.complete(first == null ? "no output" : first);
            // A full pipe would stop the server in a way that no script has asked for.
            process.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            line.complete(e.toString());
        }
    }

    /** Waits until the server listens. */
    void awaitReady() {
        CompletableFuture<String> line;
        synchronized (this) {
            line = Objects.requireNonNull(firstLine, "launched before");
        }
        String said;
        try {
            said = line.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            said = "not ready after " + START_SECONDS + " s";
        } catch (ExecutionException | InterruptedException e) {
            throw new DemoException("interrupted", e);
        }
        if (!said.startsWith(StockServer.READY)) {
            String reason = said.startsWith(StockServer.FAILED) ? said.substring(StockServer.FAILED.length()) : said;
            throw new DemoException("the stock service " + name + " does not start: " + reason);
        }
        synchronized (this) {
            port = Integer.parseInt(said.substring(StockServer.READY.length()));
        }
    }

    synchronized URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    synchronized long pid() {
        return process().pid();
    }

    synchronized boolean alive() {
        return process != null && process.isAlive();
    }

    /** SIGSTOP: the kernel still takes connections, and nobody answers. */
    void freeze() {
        Signals.send("-STOP", pid());
    }

    /** SIGCONT. */
    void thaw() {
        Signals.send("-CONT", pid());
    }

    /** SIGKILL. */
    synchronized void kill() {
        endWatchdog();
        Signals.send("-KILL", pid());
        awaitEnd();
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (process != null) {
            // The watchdog goes first: it must never kill a stranger that got the same process id.
            endWatchdog();
            process.destroyForcibly();
            awaitEnd();
        }
    }

    private Process process() {
        return Objects.requireNonNull(process, "launched before");
    }

    private void endWatchdog() {
        if (watchdog != null) {
            watchdog.destroyForcibly();
        }
    }

    private void awaitEnd() {
        try {
            if (!process().waitFor(5, TimeUnit.SECONDS)) {
                throw new DemoException("the stock service " + name + " survived SIGKILL: pid " + pid());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
