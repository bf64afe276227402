// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Call;
import dev.holdfast.CallCounts;
import dev.holdfast.Checked;
import dev.holdfast.Classifier;
import dev.holdfast.Detector;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.EventSupport;
import dev.holdfast.Lease;
import dev.holdfast.Meter;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Readiness;
import dev.holdfast.Source;
import dev.holdfast.Subscription;
import dev.holdfast.Targets;
import dev.holdfast.internal.Require;
import dev.holdfast.internal.Teller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes that can do the same, of any client type: says which of them gets a call, learns from how calls end, and leaves out nodes that fail.
 *
 * <pre>{@code
 * Replicas<StockClient> stocks = Replicas.<StockClient>builder("inventory")
 *         .node("berlin", berlin)
 *         .node("paris", paris)
 *         .build();
 * Stock stock = stocks.call(node -> node.stock(sku));
 * }</pre>
 *
 * <p>A node, as {@link NodeState} has it:
 *
 * <pre>
 *   UP ── fails too often, and few enough are out ──▶ EJECTED ── its time is over ──▶ TRIAL ── one call fails ──▶ EJECTED, for longer
 *    ▲                                                                                 └─ it succeeds ──▶ UP, and warms up
 *    ├───────────── its time is over, and no call would try it ◀── EJECTED, TRIAL
 *    ├── a detector that is followed ──▶ SUSPECTED ── it says otherwise ──▶ UP, and warms up
 *    └── drain ──▶ DRAINING ── undrain ──▶ UP                        any ── replace ──▶ LEFT, after its calls
 * </pre>
 *
 * <p>No call tries a node that is drained, suspected, or in a tier that gets none: such a node would hold its place among those that may be out for ever.
 *
 * <p>A call: the tier by what each can carry, see {@link ReplicasBuilder#standby}; a node of it on trial, if there is one; or else as {@link Pick}
 * says, of those that are up, or in a panic of all.
 *
 * <p>Calls of these nodes are made by {@link #call}, by {@link #through} policies of which one is a {@link Failover} or another race
 * over them, or by a {@code Hedge} or the like that is built {@code over} them: whatever the race, what becomes of each attempt is learned here.
 *
 * <p>Longer than most files: the list, and what becomes of its nodes, is read together.
 *
 * <p>Lock-free, safe to use from any thread, without a thread or a timer of its own: what time changes is found out when a call comes.
 *
 * @param <T> what the nodes are
 */
public final class Replicas<T> implements Targets<T>, Source, Readiness, Detector<T> {
    private final ReplicasBuilder<T> settings;
    private final Environment environment;
    private final Failover<@Nullable Object> balancer;
    private final Through<T, @Nullable Object> alone;
    private final EventSupport events = EventSupport.of(this, NodeChanged.class, PanicChanged.class, LoadShifted.class);
    private final News<T> news = new News<>(events, () -> members().all());
    private final Changes changes = new Changes();
    private final Quota quota;
    /** By tier; {@code null} for one that need not be started. */
    private final List<@Nullable ColdStart> coldStarts;

    private final AtomicReference<Members<T>> members;
    private final List<Member<T>> leaving = new CopyOnWriteArrayList<>();
    private final List<Map<T, String>> suspicions = new CopyOnWriteArrayList<>();
    private final Comparison<T> comparison;
    private final boolean needsTime;
    private final ReplicasMeters meters;
    private volatile View<T> view;
    private volatile boolean hasHadNodes;

    Replicas(ReplicasBuilder<T> settings) {
        this.settings = settings;
        this.environment = settings.environment;
        this.quota = new Quota(settings.ejection.share());
        this.needsTime = settings.pick.picker.decay() > 0 || settings.ejection.comparesRates();
        this.coldStarts = settings.newColdStarts(changes::tell, news::tell);
        long now = environment.nanoTime();
        this.comparison = new Comparison<>(this, now);
        Members<T> none = new Members<>(List.of(), 1, false);
        this.members = new AtomicReference<>(none);
        this.view = View.of(none, this, now);
        this.balancer = Failover.builder(settings.name)
                .environment(environment)
                .over(this)
                .attempts(1)
                .withoutBudget()
                .build();
        this.alone = new Through<>(this, balancer);
        this.meters = new ReplicasMeters(this);
        if (!settings.nodes.isEmpty()) {
            settle(settings.nodes, false);
        }
        settings.detectors.forEach(this::follow);
    }

    /**
     * Starts to build a set of nodes.
     *
     * @param <T> what they are
     * @param name 1 to 256 characters, not blank
     * @return a builder
     */
    public static <T> ReplicasBuilder<T> builder(String name) {
        return new ReplicasBuilder<>(name);
    }

    /**
     * Builds a set of nodes with the defaults.
     *
     * @param <T> what they are
     * @param name 1 to 256 characters, not blank
     * @param nodes each says by its {@code toString} what it is called
     * @return new replicas
     */
    public static <T> Replicas<T> of(String name, Collection<? extends T> nodes) {
        return Replicas.<T>builder(name).nodes(nodes).build();
    }

    // ---- Calls ------------------------------------------------------------------------------------------------------

    /**
     * Calls a node. It is called once, unless its own policies refuse the call: then the next one is asked.
     *
     * @param <R> the result
     * @param <X> what the work throws
     * @param work gets the node
     * @return what it gives
     * @throws X if the work does
     * @throws NoNodeException if no node takes the call
     */
    public <R extends @Nullable Object, X extends Exception> R call(Checked.Function<? super T, ? extends R, X> work)
            throws X {
        return alone.<R, X>call(work);
    }

    /**
     * {@link #call} for work without a result.
     *
     * @param <X> what the work throws
     * @param work gets the node
     * @throws X if the work does
     * @throws NoNodeException if no node takes the call
     */
    public <X extends Exception> void run(Checked.Consumer<? super T, X> work) throws X {
        Require.nonNull(work, "work");
        this.<Boolean, X>call(node -> {
            work.accept(node);
            return true;
        });
    }

    /**
     * {@link #call} for work that gives a stage.
     *
     * @param <R> the result
     * @param work gets the node
     * @return the call's future
     */
    public <R extends @Nullable Object> CompletableFuture<R> callAsync(
            Function<? super T, ? extends CompletionStage<? extends R>> work) {
        return alone.<R>callAsync(work);
    }

    /**
     * Makes calls through policies.
     *
     * @param <R> the results that the policies look at
     * @param policies of which one is a race over these nodes: a {@link Failover}, or the {@link #balancer}
     * @return keep it for all such calls
     * @throws IllegalArgumentException if a failover in the policies is over other nodes
     */
    public <R extends @Nullable Object> Through<T, R> through(Policy<R> policies) {
        List<Policy<?>> all = Require.nonNull(policies, "policies") instanceof Pipeline<?> pipeline
                ? pipeline.policies()
                : List.of(policies);
        for (Policy<?> policy : all) {
            if (policy instanceof Failover<?> failover && failover.replicas() != this) {
                throw new IllegalArgumentException(
                        failover + ": over " + failover.replicas() + " (expected: a race over " + this + ")");
            }
        }
        return new Through<>(this, policies);
    }

    /**
     * The race of a single attempt that {@link #call} goes through, for pipelines in which no failure leads to another node.
     *
     * @return always the same
     */
    public Failover<@Nullable Object> balancer() {
        return balancer;
    }

    /** Picks a node: of those that are up, none that was tried. */
    @Override
    public @Nullable Lease<T> pick(@Nullable Call call, List<Lease<?>> tried) {
        View<T> now = view;
        long time = 0;
        if (now.isTimed) {
            time = environment.nanoTime();
            if (now.isNext(time)) {
                changed();
                now = view;
            }
        }
        boolean isOfNow = now.isOf(members());
        Member<T> picked = isOfNow ? pickOf(now, time, call, tried) : null;
        if (!isOfNow || (picked != null && picked.node().isDraining())) {
            // Another thread is making the view of what has been replaced or drained.
            time = environment.nanoTime();
            picked = pickOf(View.of(members(), this, time), time, call, tried);
        }
        if (picked == null && tried.isEmpty()) {
            throw nobody();
        }
        return picked == null ? null : picked.lease();
    }

    private @Nullable Member<T> pickOf(View<T> now, long time, @Nullable Call call, List<Lease<?>> tried) {
        if (!tried.isEmpty()) {
            return another(now, call, tried);
        }
        Member<T> trial = now.trials.isEmpty() ? null : now.trial(time, settings.ejection.patience());
        if (trial != null) {
            return trial;
        }
        Tier<T> tier = now.draw(environment);
        return tier.isEmpty() ? null : settings.pick.picker.of(tier, call, environment);
    }

    /** The next one, first of the tiers that carry load, then of those behind them that need not be started. */
    private @Nullable Member<T> another(View<T> now, @Nullable Call call, List<Lease<?>> tried) {
        int last = placeOf(tried.get(tried.size() - 1));
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < now.tiers.size(); i++) {
                if (now.isUsed(i) != (round == 0)) {
                    continue;
                }
                Tier<T> tier = now.tiers.get(i);
                // A call waits for a start once.
                boolean mayStart = round == 0 && !isTried(i, tried);
                List<Member<T>> left = tier.members.stream()
                        .filter(member -> !isTried(member, tried)
                                && (mayStart || member.node().isStarted()))
                        .toList();
                // Who has refused the last call will refuse this one as well, as a rule.
                List<Member<T>> willing = left.stream()
                        .filter(member -> !member.node().hasRefused())
                        .toList();
                List<Member<T>> best = willing.isEmpty() ? left : willing;
                Member<T> picked =
                        best.isEmpty() ? null : settings.pick.picker.again(tier.of(best), call, environment, last);
                if (picked != null) {
                    return picked;
                }
            }
        }
        return null;
    }

    private boolean isTried(int tier, List<Lease<?>> tried) {
        for (Lease<?> lease : tried) {
            Member<T> member = members().named(lease.name());
            if (member != null && member.tier() == tier) {
                return true;
            }
        }
        return false;
    }

    private int placeOf(Lease<?> tried) {
        Member<T> member = members().named(tried.name());
        return member == null ? -1 : member.place();
    }

    private static boolean isTried(Member<?> member, List<Lease<?>> tried) {
        for (Lease<?> lease : tried) {
            // By name: a node may have gone and come back meanwhile.
            if (lease.name().equals(member.name())) {
                return true;
            }
        }
        return false;
    }

    private NoNodeException nobody() {
        List<Member<T>> all = members().all();
        if (all.isEmpty()) {
            return new NoNodeException(name(), "has no nodes", NoNodeException.UNKNOWN);
        }
        long now = environment.nanoTime();
        long soonest = all.stream()
                .map(member -> member.node().stay())
                .filter(Stay::isOut)
                .mapToLong(stay -> Math.max(0, stay.until - now))
                .min()
                .orElse(NoNodeException.UNKNOWN);
        String states = all.stream()
                .limit(5)
                .map(member -> Event.quoted(member.name()) + " " + member.node().state())
                .reduce((a, b) -> a + ", " + b)
                .orElse("");
        return new NoNodeException(
                name(),
                "has no node that is up, of " + all.size() + ": " + states + (all.size() > 5 ? ", ..." : ""),
                soonest);
    }

    // ---- Which nodes there are --------------------------------------------------------------------------------------

    /**
     * Replaces the list of nodes, as it comes from a discovery. A node whose name stays keeps all that is known of it, and its policies; so does a node that
     * is equal to one that was named. One that is new warms up. One that has gone gets no more calls, and finishes those that it has.
     *
     * @param nodes in tiers and with weights as {@link ReplicasBuilder#tierOf} and {@link ReplicasBuilder#weightOf} say, or as they had before
     * @return {@code false} if the list is empty, and therefore the old one stays: see {@link ReplicasBuilder#allowEmpty}
     * @throws IllegalArgumentException if two have the same name, or a weight or a tier is out of its range; then nothing has changed
     */
    public boolean replace(Collection<? extends T> nodes) {
        List<ReplicasBuilder.Listed<T>> listed = new ArrayList<>();
        for (T node : Require.nonNull(nodes, "nodes")) {
            Require.nonNull(node, "node");
            Member<T> known = members().all().stream()
                    .filter(member -> member.target().equals(node))
                    .findFirst()
                    .orElse(null);
            listed.add(settings.listed(node, known, 0));
        }
        if (listed.isEmpty() && !settings.allowsEmpty) {
            return false;
        }
        settle(listed, true);
        return true;
    }

    private void settle(List<ReplicasBuilder.Listed<T>> listed, boolean warmsUp) {
        settings.check(listed);
        Members<T> before;
        Members<T> after;
        long now;
        do {
            now = environment.nanoTime();
            before = members();
            after = next(before, listed, now);
        } while (!members.compareAndSet(before, after));
        boolean isFirst = !hasHadNodes;
        hasHadNodes |= !after.isEmpty();
        for (Member<T> member : after.all()) {
            if (before.named(member.name()) == null) {
                if (!warmsUp) {
                    member.node().told = NodeState.UP;
                } else if (!isFirst && settings.ramp.window() > 0) {
                    member.node().warmsUp(now, false);
                }
            }
        }
        for (Member<T> member : before.all()) {
            if (!after.has(member)) {
                leaving.add(member);
                if (member.node().leave().isOut()) {
                    quota.giveBack();
                }
            }
        }
        bringsBack(fit(), now);
        changed();
    }

    /** Has the nodes and the quota fit the list. Of several who bring a new one, the last looks once more: so it is that of the list that stays. */
    private Members<T> fit() {
        while (true) {
            Members<T> all = members();
            all.all().forEach(member -> member.node().startsBy(startOf(member.tier())));
            quota.resize(all.size());
            if (members() == all) {
                return all;
            }
        }
    }

    private @Nullable ColdStart startOf(int tier) {
        return tier < coldStarts.size() ? coldStarts.get(tier) : null;
    }

    private Members<T> next(Members<T> before, List<ReplicasBuilder.Listed<T>> listed, long now) {
        List<Member<T>> all = new ArrayList<>();
        int tiers = coldStarts.size();
        for (ReplicasBuilder.Listed<T> each : listed) {
            Member<T> old = before.named(each.name());
            Node<T> node = old == null ? newNode(each, now) : old.node();
            Lease<T> lease = old != null && old.target() == each.node()
                    ? old.lease()
                    : Lease.of(each.node(), node.guards())
                            .named(each.name())
                            .ownedBy(node)
                            .watchedBy(node);
            all.add(new Member<>(node, lease, each.tier(), each.weight(), all.size()));
            tiers = Math.max(tiers, each.tier() + 1);
        }
        return new Members<>(all, tiers, settings.pick.picker.looksAtCalls());
    }

    private Node<T> newNode(ReplicasBuilder.Listed<T> listed, long now) {
        Node<T> node = new Node<>(listed.name(), this, settings.guardOf(listed.node()), now);
        node.startsBy(startOf(listed.tier()));
        return node;
    }

    /** Of fewer nodes fewer may be out: those come back whose time would be over first. */
    private void bringsBack(Members<T> all, long now) {
        while (quota.isExceeded()) {
            Member<T> next = all.all().stream()
                    .filter(member -> member.node().stay().isOut())
                    .min(Comparator.comparingLong(member -> member.node().stay().until - now))
                    .orElse(null);
            if (next == null) {
                return;
            }
            Stay stay = next.node().stay();
            if (stay.isOut()) {
                bringsBack(next.node(), stay, now);
            }
        }
    }

    /**
     * Sends no new calls to a node; those that it has go on. It stays so when the list is replaced.
     *
     * @param name the node's name
     * @return whether there is one
     */
    public boolean drain(String name) {
        return drain(name, true);
    }

    /**
     * Sends calls to a node again that was drained. It warms up.
     *
     * @param name the node's name
     * @return whether there is one
     */
    public boolean undrain(String name) {
        return drain(name, false);
    }

    private boolean drain(String name, boolean drains) {
        Member<T> member = members().named(Require.nonNull(name, "name"));
        if (member == null) {
            return false;
        }
        if (member.node().isDraining() && !drains) {
            warmsUp(member.node(), environment.nanoTime(), true);
        }
        member.node().drain(drains);
        changed();
        return true;
    }

    /**
     * Leaves out the nodes that a detector holds for down; when it does not any more, they warm up.
     *
     * @param detector knows of these nodes; a node is the one that is {@linkplain Object#equals equal}
     * @return a handle to follow it no more, and to forget what it has said
     */
    public Subscription follow(Detector<T> detector) {
        Require.nonNull(detector, "detector");
        Map<T, String> down = new ConcurrentHashMap<>();
        suspicions.add(down);
        Subscription following;
        try {
            following = detector.follow((target, isUp, why) -> {
                if (isUp) {
                    down.remove(target);
                } else {
                    down.put(target, why == null ? "" : why);
                }
                changed();
            });
        } catch (Throwable thrown) {
            forget(down);
            throw thrown;
        }
        return () -> {
            following.cancel();
            forget(down);
        };
    }

    private void forget(Map<T, String> down) {
        // This one, and none that is equal: most are empty.
        suspicions.removeIf(each -> each == down);
        changed();
    }

    /**
     * As a detector: nodes that were ejected, or are drained, are down, until they are up again. A node that only a detector suspects, which these
     * replicas follow, is not: who wants to know that follows the detector. So two that follow each other do not keep a node away for ever. What time
     * changes is told with the next call: without calls here a node stays down.
     */
    @Override
    public Subscription follow(Watcher<? super T> watcher) {
        News<T>.Following following = news.follow(Require.nonNull(watcher, "watcher"));
        return following::cancel;
    }

    // ---- For nodes --------------------------------------------------------------------------------------------------

    Environment environment() {
        return environment;
    }

    Picker pick() {
        return settings.pick.picker;
    }

    Ejection ejection() {
        return settings.ejection;
    }

    Classifier<@Nullable Object> classifier() {
        return settings.classifier;
    }

    Ramp ramp() {
        return settings.ramp;
    }

    /** Whether nodes of a tier are of no use now, because they have to be started and that is not to be expected. */
    boolean isWithout(int tier, long now) {
        ColdStart cold = startOf(tier);
        return cold != null && !cold.isPromising(now);
    }

    /** In how many nanoseconds that may change by time alone. */
    long nextStart(long now) {
        long soonest = Long.MAX_VALUE;
        for (ColdStart cold : coldStarts) {
            soonest = cold == null ? soonest : Math.min(soonest, cold.changesIn(now));
        }
        return soonest;
    }

    double panicBelow() {
        return settings.panicBelow;
    }

    long failbackNanos() {
        return settings.failback;
    }

    boolean needsTime() {
        return needsTime;
    }

    boolean looksAtCalls() {
        return settings.pick.picker.looksAtCalls();
    }

    Members<T> members() {
        return Require.nonNull(members.get(), "members");
    }

    /** A node has failed in a way that it is ejected for, unless too many are. */
    void eject(Node<T> node, Stay from, long now, Node.Reason reason, String why) {
        int grown = settings.ejection.grown(node.grown());
        // Before a place is taken, which would be lost if no number could be drawn.
        long until = now + settings.ejection.drawn(grown, environment);
        if (!from.isOut() && !quota.tryTake()) {
            meters.spared.increment();
            return;
        }
        if (node.replace(from, from.ejected(until, why))) {
            node.grows(grown);
            meters.ejected(reason).increment();
            changed();
        } else if (!from.isOut()) {
            quota.giveBack();
        }
    }

    /** A node is up again. */
    void comesBack(Node<T> node, Stay from, long now) {
        if (bringsBack(node, from, now)) {
            changed();
        }
    }

    private boolean bringsBack(Node<T> node, Stay from, long now) {
        node.shrinksFrom(now);
        warmsUp(node, now, true);
        if (!node.replace(from, from.up())) {
            return false;
        }
        node.forgetCompared();
        quota.giveBack();
        return true;
    }

    private void warmsUp(Node<T> node, long now, boolean hasBeenAway) {
        if (settings.ramp.window() > 0 || settings.failback > 0) {
            node.warmsUp(now, hasBeenAway);
        }
    }

    /** A call has ended: compares nodes, when it is time to. */
    void compareAt(long now) {
        comparison.at(now);
    }

    /** Something has changed, or may have: a new view is made first. Who listens to what is told may take its time, and holds up no view. */
    private void changed() {
        changes.tell();
        news.tell();
    }

    /** Makes views anew, one thread at a time. */
    private final class Changes extends Teller {
        private static final long serialVersionUID = 1L;

        @Override
        protected void round() {
            try {
                Members<T> all = members();
                long now = environment.nanoTime();
                all.all().forEach(member -> lookAt(member, now));
                View<T> before = view;
                View<T> after = View.of(all, Replicas.this, now);
                if (giveUpTrials(all, after, now)) {
                    after = View.of(all, Replicas.this, now);
                }
                view = after;
                tellDifference(all, before, after);
            } catch (Throwable broken) {
                // The clock: the next change tries again.
                balancer.ruleThrows(broken, "the nodes stay as they were");
            }
        }
    }

    private void lookAt(Member<T> member, long now) {
        Node<T> node = member.node();
        Stay stay = node.stay();
        if (stay.kind == Stay.Kind.EJECTED && now - stay.until >= 0) {
            node.replace(stay, stay.trial());
        }
        String suspicion = suspicionOf(member);
        if (suspicion == null && node.suspicion() != null) {
            warmsUp(node, now, true);
        }
        node.suspect(suspicion);
        Node.Warming warming = node.warming();
        long held = warming == null || !warming.hasBeenAway() ? 0 : failbackNanos();
        if (warming != null && now - warming.since() - held >= ramp().window()) {
            node.isWarm();
        }
    }

    /** Nodes whose time is over, and that no call will try, are up without: they would hold their places among the ejected for ever. */
    private boolean giveUpTrials(Members<T> all, View<T> seen, long now) {
        boolean any = false;
        for (Member<T> member : all.all()) {
            Stay stay = member.node().stay();
            if (stay.kind == Stay.Kind.TRIAL && !seen.tries(member)) {
                any |= bringsBack(member.node(), stay, now);
            }
        }
        return any;
    }

    private @Nullable String suspicionOf(Member<T> member) {
        try {
            return suspicions.stream()
                    .map(down -> down.get(member.target()))
                    .filter(why -> why != null)
                    .findFirst()
                    .orElse(null);
        } catch (Throwable broken) {
            // The node's own equals or hash code, which is no matter of the others.
            member.node().ruleThrows(broken, "no detector is heard about it");
            return member.node().suspicion();
        }
    }

    private void tellDifference(Members<T> all, View<T> before, View<T> after) {
        for (Member<T> member :
                Stream.concat(leaving.stream(), all.all().stream()).toList()) {
            Node<T> node = member.node();
            NodeState from = node.told;
            NodeState to = node.state();
            if (from != to) {
                node.told = to;
                news.add(new NodeChanged(this, member.name(), from, to, node.why()));
            }
        }
        leaving.removeIf(member -> member.node().isGone());
        for (int tier = 0; tier < after.panics.size(); tier++) {
            View.Panic is = after.panics.get(tier);
            boolean was = tier < before.panics.size() && before.panics.get(tier).panics();
            if (was != is.panics()) {
                news.add(new PanicChanged(this, tier, is.panics(), is.up(), is.nodes()));
            }
        }
        if (after.tiers.size() > 1 && !after.percent.equals(before.percent)) {
            news.add(new LoadShifted(this, after.percent));
        }
    }

    // ---- Operation --------------------------------------------------------------------------------------------------

    View<T> viewOfNow() {
        View<T> now = view;
        if (now.isTimed && now.isNext(environment.nanoTime())) {
            changed();
        }
        return view;
    }

    /**
     * How each node stands, those last that have left and still have calls.
     *
     * @return a copy
     */
    public List<NodeStatus<T>> nodes() {
        viewOfNow();
        long now = environment.nanoTime();
        leaving.removeIf(member -> member.node().isGone());
        Stream<Member<T>> busy = leaving.stream().filter(member -> member.node().inFlight() > 0);
        return Stream.concat(members().all().stream(), busy)
                .map(member -> status(member, now))
                .toList();
    }

    private NodeStatus<T> status(Member<T> member, long now) {
        Node<T> node = member.node();
        Stay stay = node.stay();
        CallCounts counts = node.counts();
        return new NodeStatus<>(
                member.name(),
                member.target(),
                node.state(),
                node.why(),
                member.tier(),
                member.weight(),
                View.warmth(member, this, now),
                node.inFlight(),
                Duration.ofNanos(pick().decay() == 0 ? 0 : Math.round(node.cost.nanos(now))),
                Duration.ofNanos(stay.kind == Stay.Kind.EJECTED ? Math.max(0, stay.until - now) : 0),
                node.grown(),
                counts.successes(),
                counts.failures(),
                counts.ignored());
    }

    /**
     * Up if a node is; unknown before there has been any.
     *
     * @return whether, and how many are
     */
    @Override
    public Condition readiness() {
        View<T> now = viewOfNow();
        int up = now.up();
        int all = members().size();
        if (!hasHadNodes) {
            return new Condition(State.UNKNOWN, "no nodes yet");
        }
        // A node whose next call is its trial: without one it would stay as it is.
        int trials = now.trials.size();
        String more = trials == 0 ? "" : ", " + trials + " on trial";
        return new Condition(up + trials > 0 ? State.UP : State.DOWN, up + " of " + all + " nodes up" + more);
    }

    @Override
    public String name() {
        return settings.name;
    }

    @Override
    public String kind() {
        return "replicas";
    }

    @Override
    public boolean tells(Class<? extends Event> type) {
        return events.tells(type);
    }

    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        return events.on(type, listener);
    }

    @Override
    public List<Meter> meters() {
        return meters.all();
    }

    @Override
    public String toString() {
        return "Replicas[" + Event.quoted(name()) + " " + view + " up, " + settings.pick + "]";
    }
}
