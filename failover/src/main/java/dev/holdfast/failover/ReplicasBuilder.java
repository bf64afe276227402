// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Backoff;
import dev.holdfast.Checked;
import dev.holdfast.Classifier;
import dev.holdfast.Detector;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Lease;
import dev.holdfast.Policy;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

// More than 300 lines, because each setting has its Javadoc.
/**
 * The settings of {@link Replicas}: see {@link Replicas#builder}. Not thread-safe.
 *
 * @param <T> what the nodes are
 */
public final class ReplicasBuilder<T> {
    static final int MOST_TIERS = 16;

    /** A node as somebody has listed it. */
    record Listed<T>(String name, T node, int tier, int weight) {}

    private record Cold(Checked.Runnable<? extends Exception> start, Duration patience, Backoff backoff) {}

    final String name;
    Environment environment = Environment.standard();
    final List<Listed<T>> nodes = new ArrayList<>();
    final List<Detector<T>> detectors = new ArrayList<>();
    private final List<@Nullable Cold> tiers = new ArrayList<>();
    Pick pick = Pick.leastLoaded();
    Ejection ejection = Ejection.ofDefaults();
    double panicBelow = 0.5;
    Ramp ramp = new Ramp(Duration.ofSeconds(30).toNanos(), 1);
    long failback = Duration.ofSeconds(10).toNanos();
    Classifier<@Nullable Object> classifier = Classifier.standard();
    boolean allowsEmpty;

    private @Nullable Function<? super T, String> nameOf;
    private @Nullable ToIntFunction<? super T> tierOf;
    private @Nullable ToIntFunction<? super T> weightOf;
    private @Nullable Function<? super T, ? extends Policy<?>> guard;

    ReplicasBuilder(String name) {
        this.name = Require.name(name);
        tiers.add(null);
    }

    /**
     * Where time and randomness come from.
     *
     * @param value default: {@link Environment#standard()}; that of the pipelines in which the nodes are called
     * @return this builder
     */
    public ReplicasBuilder<T> environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    // ---- Nodes ------------------------------------------------------------------------------------------------------

    /**
     * Adds a node, under a name.
     *
     * @param nodeName 1 to 256 characters, not blank: who it is, also when the list is replaced
     * @param node the client of the node
     * @return this builder
     */
    public ReplicasBuilder<T> node(String nodeName, T node) {
        return node(nodeName, node, 1);
    }

    /**
     * Adds a node that gets more calls than others, or fewer.
     *
     * @param nodeName 1 to 256 characters, not blank
     * @param node the client of the node
     * @param weight 1 to 1,000; what it gets beside the others of its tier
     * @return this builder
     */
    public ReplicasBuilder<T> node(String nodeName, T node, int weight) {
        nodes.add(new Listed<>(
                Require.name(nodeName),
                Require.nonNull(node, "node"),
                tiers.size() - 1,
                Require.range(weight, 1, Member.MOST_WEIGHT, "weight of node " + Event.quoted(nodeName))));
        return this;
    }

    /**
     * Adds nodes that say themselves who they are, see {@link #nameOf}, which has to be called before.
     *
     * @param values the nodes; they are in the tier that is built now, unless {@link #tierOf} says another
     * @return this builder
     */
    public ReplicasBuilder<T> nodes(Collection<? extends T> values) {
        for (T node : Require.nonNull(values, "nodes")) {
            nodes.add(listed(Require.nonNull(node, "node"), null, tiers.size() - 1));
        }
        return this;
    }

    /**
     * Nodes that are added from here on stand by: they get calls only where those before cannot carry all. A tier carries 1.4 times the share of its nodes that are up, so
     * nothing goes to the next one as long as 72 % are. Where all before are out, it gets all; and a further attempt of a {@link Failover} goes there where no node
     * before is left.
     *
     * @return this builder
     */
    public ReplicasBuilder<T> standby() {
        return addTier(null);
    }

    /**
     * Nodes that are added from here on stand by, and have to be started first.
     *
     * @param start starts them, and returns when they can be called; on a thread of the environment's, when the first call is sent there, one start at a time;
     *     it may block. What it throws is a failed start: until another one is due, calls go where they would without this standby, and so they do while a start takes
     *     longer than the patience
     * @param patience how long a call waits for that at most, longer than zero; then it goes on to the nodes before, or is refused, which a fallback may replace
     * @param backoff how long to wait after a failed start before another one
     * @return this builder
     */
    public ReplicasBuilder<T> coldStandby(
            Checked.Runnable<? extends Exception> start, Duration patience, Backoff backoff) {
        Require.positiveNanos(patience, "patience");
        return addTier(new Cold(Require.nonNull(start, "start"), patience, Require.nonNull(backoff, "backoff")));
    }

    private ReplicasBuilder<T> addTier(@Nullable Cold cold) {
        Require.range(tiers.size(), 1, MOST_TIERS - 1, "number of tiers before this one");
        tiers.add(cold);
        return this;
    }

    /**
     * What a node is called, for nodes of a list. A node is the same when its name is: with clients that are made anew whenever a list is loaded, let it be
     * the address.
     *
     * @param value gets a node; default: what its {@code toString} says
     * @return this builder
     */
    public ReplicasBuilder<T> nameOf(Function<? super T, String> value) {
        nameOf = Require.nonNull(value, "nameOf");
        return this;
    }

    /**
     * Which tier a node of a list is in, such as 0 in the own zone and 1 in others.
     *
     * @param value gets a node, gives 0 to 15; default: what the node had before, or the tier that is being built, or 0
     * @return this builder
     */
    public ReplicasBuilder<T> tierOf(ToIntFunction<? super T> value) {
        tierOf = Require.nonNull(value, "tierOf");
        return this;
    }

    /**
     * How much a node of a list gets beside the others of its tier.
     *
     * @param value gets a node, gives 1 to 1,000; default: what the node had before, or 1
     * @return this builder
     */
    public ReplicasBuilder<T> weightOf(ToIntFunction<? super T> value) {
        weightOf = Require.nonNull(value, "weightOf");
        return this;
    }

    /**
     * Policies around the work at a node, such as a breaker and a bulkhead of its own. They stay for as long as the node does. What they refuse goes to
     * another node.
     *
     * @param value gets a node when it comes, and may be asked more than once; gives a policy or a pipeline, of the same environment
     * @return this builder
     */
    public ReplicasBuilder<T> guard(Function<? super T, ? extends Policy<?>> value) {
        guard = Require.nonNull(value, "guard");
        return this;
    }

    /**
     * Lets a list without nodes take the place of one that has some.
     *
     * @return this builder; default: an empty list is taken for a mistake of the discovery, and the old one stays
     */
    public ReplicasBuilder<T> allowEmpty() {
        allowsEmpty = true;
        return this;
    }

    // ---- How they are picked ----------------------------------------------------------------------------------------

    /**
     * Which node gets a call.
     *
     * @param value default: {@link Pick#leastLoaded()}
     * @return this builder
     */
    public ReplicasBuilder<T> pick(Pick value) {
        pick = Require.nonNull(value, "pick");
        return this;
    }

    /**
     * When a node gets no more calls for a time.
     *
     * @param value default: {@link Ejection#ofDefaults()}
     * @return this builder
     */
    public ReplicasBuilder<T> eject(Ejection value) {
        ejection = Require.nonNull(value, "eject");
        return this;
    }

    /**
     * Where fewer nodes of a tier are up than this share, and all tiers together cannot carry all calls, all of its nodes get calls, whatever is known of them.
     *
     * @param share 0, which is never, to 1; default: 0.5
     * @return this builder
     */
    public ReplicasBuilder<T> panicBelow(double share) {
        panicBelow = Require.range(share, 0.0, 1.0, "panicBelow");
        return this;
    }

    /**
     * How long a node that is new or back warms up: it begins with a tenth of its weight. Nodes of the first list do not.
     *
     * @param window zero, which is not at all, or longer; default: 30 s
     * @return this builder
     */
    public ReplicasBuilder<T> ramp(Duration window) {
        return ramp(window, 1);
    }

    /**
     * {@link #ramp(Duration)} along a curve: {@code max(0.1, (t / window) ^ (1 / aggression))} of its weight.
     *
     * @param window zero or longer
     * @param aggression 0.1 to 10; 1 is a straight line, more is faster at first; default: 1
     * @return this builder
     */
    public ReplicasBuilder<T> ramp(Duration window, double aggression) {
        ramp = new Ramp(
                Require.nanosAtLeast(window, Duration.ZERO, "window"),
                Require.range(aggression, 0.1, 10.0, "aggression"));
        return this;
    }

    /**
     * How long a node that was away has to be up before its tier takes calls back from a standby; then they come back as the node warms up.
     *
     * @param hold zero or longer; default: 10 s
     * @return this builder
     */
    public ReplicasBuilder<T> failbackAfter(Duration hold) {
        failback = Require.nanosAtLeast(hold, Duration.ZERO, "failbackAfter");
        return this;
    }

    /**
     * Leaves out nodes that a detector holds for down, for as long as there are both: the detector keeps these replicas in its list. For
     * replicas that end before it, take {@link Replicas#follow(Detector)}, which can be cancelled.
     *
     * @param detector knows of these nodes
     * @return this builder
     */
    public ReplicasBuilder<T> follow(Detector<T> detector) {
        detectors.add(Require.nonNull(detector, "detector"));
        return this;
    }

    /**
     * Changes what is a failure of a node. Rules of the pipeline come first.
     *
     * @param change gets {@link Classifier#standard()}, or what it was changed to: each exception is a failure, except for refusals, interrupts
     *     and cancellations. A refusal that the work itself has thrown is a failure unless a predicate says otherwise
     * @return this builder
     */
    public ReplicasBuilder<T> classify(
            Function<? super Classifier<@Nullable Object>, ? extends Classifier<@Nullable Object>> change) {
        classifier = Require.nonNull(Require.nonNull(change, "change").apply(classifier), "classifier");
        return this;
    }

    /**
     * Builds the replicas. Without any node they refuse calls until there is a list.
     *
     * @return new replicas
     * @throws IllegalArgumentException if two nodes have the same name
     */
    public Replicas<T> build() {
        check(nodes);
        return new Replicas<>(copy());
    }

    // ---- For replicas -----------------------------------------------------------------------------------------------

    Listed<T> listed(T node, @Nullable Member<T> known, int otherwise) {
        String said = nameOf != null ? nameOf.apply(node) : known == null ? null : known.name();
        String named = said == null ? Lease.of(node).name() : Require.name(said);
        int tier = tierOf != null ? tierOf.applyAsInt(node) : known == null ? otherwise : known.tier();
        int weight = weightOf != null ? weightOf.applyAsInt(node) : known == null ? 1 : known.weight();
        return new Listed<>(
                named,
                node,
                Require.range(tier, 0, MOST_TIERS - 1, "tier of node " + Event.quoted(named)),
                Require.range(weight, 1, Member.MOST_WEIGHT, "weight of node " + Event.quoted(named)));
    }

    void check(List<Listed<T>> listed) {
        Set<String> names = new HashSet<>();
        for (Listed<T> each : listed) {
            T node = each.node();
            if (node instanceof Lease
                    || node instanceof Collection
                    || node.getClass().isArray()) {
                throw new IllegalArgumentException("node: " + Event.quoted(each.name())
                        + " (expected: a node, and not a lease, a list or an array)");
            }
            if (!names.add(each.name())) {
                throw new IllegalArgumentException("node: " + Event.quoted(each.name())
                        + " twice (expected: each name once, by node(name, ...) or nameOf)");
            }
        }
    }

    @Nullable Policy<?> guardOf(T node) {
        return guard == null ? null : Require.nonNull(guard.apply(node), "guard of " + node);
    }

    List<@Nullable ColdStart> newColdStarts(Runnable changes, Runnable news) {
        List<@Nullable ColdStart> starts = new ArrayList<>();
        for (Cold cold : tiers) {
            starts.add(
                    cold == null
                            ? null
                            : new ColdStart(cold.start, cold.patience, cold.backoff, environment, changes, news));
        }
        return starts;
    }

    private ReplicasBuilder<T> copy() {
        ReplicasBuilder<T> copy = new ReplicasBuilder<>(name);
        copy.environment = environment;
        copy.nodes.addAll(nodes);
        copy.detectors.addAll(detectors);
        copy.tiers.clear();
        copy.tiers.addAll(tiers);
        copy.pick = pick;
        copy.ejection = ejection;
        copy.panicBelow = panicBelow;
        copy.ramp = ramp;
        copy.failback = failback;
        copy.classifier = classifier;
        copy.allowsEmpty = allowsEmpty;
        copy.nameOf = nameOf;
        copy.tierOf = tierOf;
        copy.weightOf = weightOf;
        copy.guard = guard;
        return copy;
    }
}
