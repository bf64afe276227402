// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.holdfast.Call;
import dev.holdfast.drills.Attempts.Attempt;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server on loopback that does to each request what its address says, {@code /FAULT/NUMBER/ATTEMPT}, and notices
 * when a client leaves. One thread for each connection, which reads while it stalls: a client that closes its socket ends
 * the read.
 */
final class FaultyServer implements AutoCloseable {
    private static final int BACKLOG = 256;
    private static final int SLOW_MILLIS = 20;
    private static final int DRIP_MILLIS = 20;
    private static final int LONG_BODY = 1_000;

    private final Attempts attempts;
    private final ServerSocket listening;
    /** Its port is taken, but nobody listens there: whoever connects is refused. */
    private final Socket nobody;

    private final Set<Socket> clients = ConcurrentHashMap.newKeySet();

    FaultyServer(Attempts attempts) throws IOException {
        this.attempts = attempts;
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        listening = new ServerSocket(0, BACKLOG, loopback);
        nobody = new Socket();
        nobody.bind(new InetSocketAddress(loopback, 0));
        start(this::accept);
    }

    /** Where to go for an attempt that knows its call. */
    URI url(int number, Call call) {
        return url(attempts.begin(number, call));
    }

    /** Where to go for an attempt that does not. */
    URI url(int number) {
        return url(attempts.begin(number));
    }

    private URI url(Attempt attempt) {
        int port = attempt.fault() == Fault.REFUSE ? nobody.getLocalPort() : listening.getLocalPort();
        return URI.create(
                "http://127.0.0.1:" + port + "/" + attempt.fault() + "/" + attempt.number() + "/" + attempt.attempt());
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                clients.add(client);
                start(() -> serve(client));
            }
        } catch (IOException closed) {
            // By close().
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(client.getInputStream());
            Attempt asked = request(in);
            while (asked != null && answer(client, in, asked)) {
                asked = request(in);
            }
        } catch (IOException gone) {
            // The client, between two requests.
        } finally {
            clients.remove(client);
        }
    }

    /** Reads a request without a body; {@code null} when the client has gone. */
    private static @Nullable Attempt request(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.append((char) next);
        }
        String[] path = head.substring(0, head.indexOf(" HTTP/")).split("/");
        return new Attempt(Integer.parseInt(path[2]), Integer.parseInt(path[3]), Fault.valueOf(path[1]));
    }

    /** Gives whether the connection can be used again. */
    private boolean answer(Socket client, InputStream in, Attempt asked) throws IOException {
        String body = "answer " + asked.number();
        switch (asked.fault()) {
            case FAST:
                send(client, head(body.length()) + body);
                return true;
            case SLOW:
                if (leaves(client, in, SLOW_MILLIS)) {
                    return false;
                }
                client.setSoTimeout(0);
                send(client, head(body.length()) + body);
                return true;
            case HANG:
                attempts.stalls(asked);
                report(asked, leaves(client, in, Attempts.PATIENCE.toMillis()));
                return false;
            case DRIP:
                attempts.stalls(asked);
                report(asked, leavesWhileItDrips(client, in));
                return false;
            case HALF:
                send(client, head(LONG_BODY) + body);
                return false;
            case RESET:
                client.setSoLinger(true, 0);
                return false;
            default:
                throw new IllegalStateException(asked + " (expected: a fault of a server that can be reached)");
        }
    }

    private void report(Attempt asked, boolean left) {
        if (left) {
            attempts.left(asked);
        } else {
            attempts.stayed();
        }
    }

    private static String head(int length) {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + length + "\r\n\r\n";
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static boolean leaves(Socket client, InputStream in, long withinMillis) {
        try {
            client.setSoTimeout((int) withinMillis);
            return in.read() < 0;
        } catch (SocketTimeoutException stays) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    private static boolean leavesWhileItDrips(Socket client, InputStream in) {
        try {
            send(client, head(LONG_BODY));
            for (long millis = 0; millis < Attempts.PATIENCE.toMillis(); millis += DRIP_MILLIS) {
                send(client, ".");
                if (leaves(client, in, DRIP_MILLIS)) {
                    return true;
                }
            }
            return false;
        } catch (IOException gone) {
            return true;
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "faulty server");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        nobody.close();
        for (Socket client : clients) {
            client.close();
        }
    }
}
