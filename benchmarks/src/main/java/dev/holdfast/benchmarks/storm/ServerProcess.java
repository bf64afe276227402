// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A {@link Server} in a process of its own, which never outlives this one: it ends with its standard input, {@link #close}
 * kills it in any state, also at the end of this process, and if this process is killed while the server is stopped, a
 * small shell kills it. The same shell sends the signals, because it needs no time to start when one is due.
 */
final class ServerProcess implements AutoCloseable {
    private static final long START_SECONDS = 20;
    private static final String SHELL =
            "trap '' INT TERM HUP; while read -r signal; do kill -\"$signal\" \"$0\"; done; kill -KILL \"$0\"";

    private final Process process;
    private final Process shell;
    private final Thread hook = new Thread(this::end);
    private final int port;

    /** Starts a server and waits until it listens. */
    ServerProcess(World world) {
        try {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            // Without it every answer waits for the acknowledgement of its header.
                            "-Dsun.net.httpserver.nodelay=true",
                            // It would close connections that a client is about to use.
                            "-Dsun.net.httpserver.maxIdleConnections=100000",
                            "-Dsun.net.httpserver.idleInterval=3600",
                            "-cp",
                            classPath(),
                            Server.class.getName(),
                            Integer.toString(world.workers()),
                            Integer.toString(world.serviceMillis()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException("the server does not start: " + e.getMessage(), e);
        }
        try {
            shell = new ProcessBuilder("sh", "-c", SHELL, Long.toString(process.pid()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            process.destroyForcibly();
            throw new IllegalStateException("signals are sent by a shell, which does not start: " + e.getMessage(), e);
        }
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            port = Integer.parseInt(firstLine());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
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
            throw new IllegalStateException("cannot find the server's class", e);
        }
    }

    private String firstLine() {
        BufferedReader reader = process.inputReader(StandardCharsets.US_ASCII);
        CompletableFuture<String> line = new CompletableFuture<>();
        Thread waiting = new Thread(
                () -> {
                    try {
                        String first = reader.readLine();
                        line.complete(first == null ? "" : first);
                    } catch (IOException e) {
                        line.completeExceptionally(e);
                    }
                },
                "server starts");
        waiting.setDaemon(true);
        waiting.start();
        try {
            return line.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the server does not start within " + START_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port + "/");
    }

    /** SIGSTOP: the kernel still takes connections and requests, and nobody answers. */
    void stop() {
        write(shell, "STOP");
    }

    /** SIGCONT. */
    void goOn() {
        write(shell, "CONT");
    }

    /** Changes the service time, for requests whose work begins from now on. */
    void serviceMillis(int value) {
        write(process, Integer.toString(value));
    }

    private static void write(Process to, String line) {
        try {
            OutputStream input = to.getOutputStream();
            input.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            input.flush();
        } catch (IOException e) {
            throw new IllegalStateException("the server or its shell has ended", e);
        }
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook has run, or does now.
        }
    }

    private void end() {
        // The shell goes first: it must never kill a stranger that got the same process id.
        shell.destroyForcibly();
        process.destroyForcibly();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the server survived SIGKILL: pid " + process.pid());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
