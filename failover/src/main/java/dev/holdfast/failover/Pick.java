// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which of the nodes that may have a call gets it. All go by the weights of nodes, and by how far a node has warmed up. A pick takes no lock and
 * allocates nothing; all but {@link #inOrder}, and {@link #byKey} while its node is busy, take as long with a thousand nodes as with ten, or nearly. Immutable.
 */
public final class Pick {
    private static final Duration DECAY = Duration.ofSeconds(10);
    private static final Duration PENALTY = Duration.ofSeconds(5);

    final Picker picker;

    private Pick(Picker picker) {
        this.picker = picker;
    }

    /**
     * {@link #leastLoaded(Duration, Duration)} with a decay of 10 s and a penalty of 5 s: the default.
     *
     * @return a pick
     */
    public static Pick leastLoaded() {
        return leastLoaded(DECAY, PENALTY);
    }

    /**
     * Draws two different nodes, by their weights, and takes the one with less load, or, as long as that warms up, takes it as often as it is warm, unless the other one's last call has failed: what an answer takes there, times one more than the calls under way for each
     * unit of its weight (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). So the worst node gets
     * none, and no crowd runs to the best.
     *
     * <p>What an answer takes is an average that jumps to each peak and sinks slowly (peak EWMA). A failure counts as what it took, and
     * in the average as an answer that took the penalty: so a node which fails fast attracts nobody, and one failure of many keeps hardly any calls away. A call that was called off counts as its age. A node that nobody has called yet gets one
     * call before it gets others; while that goes on it counts as the one beside it, and less with time. One whose own policies have refused its last call gets
     * none beside another one, as long as that refusal says, ten seconds at most, or one second. Of nodes whose weights differ very much, a light one that is
     * faster may get some times its share. Where nobody calls a node its cost sinks beside that of the others, so it is tried again after
     * {@code decay * ln(its cost / the others')}: one that always failed, at 5 s, beside 30 ms after 51 s.
     *
     * @param decay in which the cost of a node without calls sinks to 37 %, longer than zero; default: 10 s
     * @param penalty what a failure counts as in the average, if it did not take longer, longer than zero; default: 5 s. It should be much longer than a
     *     usual answer
     * @return a pick
     */
    public static Pick leastLoaded(Duration decay, Duration penalty) {
        return new Pick(new Picker.LeastLoaded(
                Require.positiveNanos(decay, "decay"), Require.positiveNanos(penalty, "penalty")));
    }

    /**
     * One after the other. Nodes of different weight come as often as that says, evenly spread.
     *
     * @return a pick
     */
    public static Pick roundRobin() {
        return new Pick(new Picker.RoundRobin());
    }

    /**
     * Any node, each as often as its weight says.
     *
     * @return a pick
     */
    public static Pick random() {
        return new Pick(new Picker.Random());
    }

    /**
     * The first node of the list that is up; a later one only where those before it are not, or warm up. Weights say nothing here.
     *
     * @return a pick
     */
    public static Pick inOrder() {
        return new Pick(new Picker.InOrder());
    }

    /**
     * {@link #byKey(Function)} with the argument of the call as its key.
     *
     * @return a pick
     */
    public static Pick byKey() {
        return byKey(argument -> argument);
    }

    /**
     * Calls with the same key go to the same node, as long as that is up and has no more than 1.25 times its share of the calls under way in its tier; others
     * to the next one on a ring (V. Mirrokni and others, "Consistent Hashing with Bounded Loads", 2018). For nodes that remember, such as caches.
     * The key is made of the second argument of a function of a node and something else: {@code stocks.through(failover).function(StockClient::stock)}
     * has the SKU. Calls without one, and those of races that do not look at calls, go to any node.
     *
     * @param key gets the argument; {@code null} for any node, also if it throws, which counts as none; its {@code hashCode} should be the same in
     *     each process, as that of strings is
     * @return a pick
     */
    @SuppressWarnings("unchecked") // Who says of which class the argument is knows the calls.
    public static Pick byKey(Function<?, ? extends @Nullable Object> key) {
        return new Pick(new Picker.ByKey((Function<Object, ? extends @Nullable Object>) Require.nonNull(key, "key")));
    }

    @Override
    public String toString() {
        return picker.text;
    }
}
