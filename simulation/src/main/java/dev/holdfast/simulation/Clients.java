// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.internal.Durations;
import dev.holdfast.internal.Require;
import java.time.Duration;

/**
 * Who calls a service, and when. Immutable: each method gives others.
 *
 * <p><b>Open loop</b> ({@link #poisson}, {@link #bursts}): calls come whether or not earlier ones were answered, as from users that know
 * nothing of each other. <b>Closed loop</b> ({@link #closed}): each user waits for the answer, thinks, and calls again, so that a slow
 * service is called less. An outage looks milder in a closed loop than it is.
 */
public final class Clients {
    private static final Duration USUAL_PATIENCE = Duration.ofMillis(500);

    private final String service;
    private final String text;
    private final double rate;
    private final int burst;
    private final long thinkNanos;
    private int count = 1;
    private Duration patience = USUAL_PATIENCE;

    private Clients(String service, String text, double rate, int burst, long thinkNanos) {
        this.service = Require.name(service);
        this.text = text;
        this.rate = rate;
        this.burst = burst;
        this.thinkNanos = thinkNanos;
    }

    /**
     * Calls that come independently of each other.
     *
     * @param service whom they call
     * @param perSecond calls a second by all clients together: more than 0, up to 1,000,000
     * @return clients
     */
    public static Clients poisson(String service, double perSecond) {
        Require.range(perSecond, 1e-6, 1e6, "perSecond");
        return new Clients(service, perSecond + " calls/s", perSecond, 0, -1);
    }

    /**
     * Calls that come many at once, or, with a size of 1, at even distances. The first come after the first distance.
     *
     * @param service whom they call
     * @param size how many at once: 1 to 100,000
     * @param every from one burst to the next: longer than zero
     * @return clients
     */
    public static Clients bursts(String service, int size, Duration every) {
        Require.range(size, 1, 100_000, "size");
        double perSecond = size * 1e9 / Require.positiveNanos(every, "every");
        return new Clients(service, size + " calls every " + Durations.write(every), perSecond, size, -1);
    }

    /**
     * Users that wait for their answer before they call again; each is a client. The first call comes after the first thought; after a call
     * that was over in no time it is a millisecond at least, also of users who do not think.
     *
     * @param service whom they call
     * @param users 1 to 100,000
     * @param think the mean time from an answer to the next call, exponentially distributed; zero or longer
     * @return clients
     */
    public static Clients closed(String service, int users, Duration think) {
        long nanos = Require.nanosAtLeast(think, Duration.ZERO, "think");
        return new Clients(service, " users thinking " + Durations.write(think), 0, 0, nanos)
                .count(Require.range(users, 1, 100_000, "users"));
    }

    /**
     * How many clients there are, each with policies of its own. The rate is that of all together.
     *
     * @param value 1 to 100,000; default: 1
     * @return others
     */
    public Clients count(int value) {
        Clients others = new Clients(service, text, rate, burst, thinkNanos);
        others.count = Require.range(value, 1, 100_000, "count");
        others.patience = patience;
        return others;
    }

    /**
     * How long a request is waited for at most, whatever policies say: the time limit of an HTTP client, say. When it is over, the call
     * fails with a {@link java.net.SocketTimeoutException}.
     *
     * @param value longer than zero; default: 500 ms
     * @return others
     */
    public Clients patience(Duration value) {
        Clients others = count(count);
        Require.positiveNanos(value, "patience");
        others.patience = value;
        return others;
    }

    String service() {
        return service;
    }

    int count() {
        return count;
    }

    long patienceNanos() {
        return Require.saturatedNanos(patience);
    }

    boolean isClosed() {
        return thinkNanos >= 0;
    }

    long thinkNanos() {
        return thinkNanos;
    }

    /** Calls a second, of an open loop. */
    double rate() {
        return rate;
    }

    /** How many calls come at once; 0 where they come independently. */
    int burst() {
        return burst;
    }

    @Override
    public String toString() {
        String who = isClosed() ? "" : " by " + count + (count == 1 ? " client" : " clients");
        return (isClosed() ? count : "") + text + " of " + service + who + ", patience " + Durations.write(patience);
    }
}
