// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.CallCounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Compares how often calls succeed at nodes, every ten seconds, and has those ejected that are worse than the others. It has no thread: a call that ends
 * after that time does it, one of those that end together.
 *
 * @param <T> what the nodes are
 */
final class Comparison<T> {
    /** For how long calls are counted before nodes are compared. */
    static final long EACH = Duration.ofSeconds(10).toNanos();

    private record Rated<T>(Node<T> node, Stay stay, double rate) {}

    private final Replicas<T> replicas;
    private final AtomicLong since;

    Comparison(Replicas<T> replicas, long now) {
        this.replicas = replicas;
        this.since = new AtomicLong(now);
    }

    /** A call has ended. */
    void at(long now) {
        long begun = since.get();
        if (!replicas.ejection().comparesRates() || now - begun < EACH || !since.compareAndSet(begun, now)) {
            return;
        }
        // What was counted before nobody called says nothing about now.
        if (now - begun < 2 * EACH) {
            compare(now);
        }
        replicas.members().all().forEach(member -> member.node().forgetCompared());
    }

    private void compare(long now) {
        Ejection rules = replicas.ejection();
        List<Rated<T>> rated = new ArrayList<>();
        for (Member<T> member : replicas.members().all()) {
            Stay stay = member.node().stay();
            CallCounts counts = member.node().sinceCompared();
            long calls = counts.successes() + counts.failures();
            if (stay.kind == Stay.Kind.UP && calls >= rules.leastCalls()) {
                rated.add(new Rated<>(member.node(), stay, (double) counts.successes() / calls));
            }
        }
        Rates rates = Rates.of(rated.stream().mapToDouble(Rated::rate).toArray());
        boolean isComparable = rated.size() >= rules.leastNodes();
        rated.sort(Comparator.comparingDouble(Rated::rate));
        for (Rated<T> each : rated) {
            if (each.rate() < rules.floor || (isComparable && rates.isWorse(each.rate(), rules))) {
                String why = String.format(
                        Locale.ROOT,
                        "success rate %.1f %%, the mean is %.1f %%",
                        100 * each.rate(),
                        100 * rates.mean());
                replicas.eject(each.node(), each.stay(), now, Node.Reason.WORSE, why);
            }
        }
    }
}
