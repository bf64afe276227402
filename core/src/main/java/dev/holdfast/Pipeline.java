// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Policies around each other, outermost first.
 *
 * <pre>{@code
 * Pipeline<Object> pipeline = Pipeline.of(retry, breaker);
 * Stock stock = pipeline.call(() -> client.stock(sku));      // each attempt of the retry asks the breaker
 * }</pre>
 *
 * <p>A pipeline is itself a policy and nests: {@code of(a, of(b, c))} is {@code of(a, b, c)}. The same policy may stand
 * in any number of pipelines, which then share its state, and more than once in one. Immutable and safe to share.
 *
 * <p><b>Recommended order:</b> fallback, retry, breaker, limiter, timeout, bulkhead. From the outside in:
 * <ol>
 *   <li>the <em>fallback</em> has the last word on whatever fails or refuses inside of it; what it replaces, nobody
 *       outside of it can see, repeat or count;
 *   <li>the <em>retry</em> makes each attempt a call of its own for all that is inside, so that every attempt is counted,
 *       limited and timed; a timeout for all attempts together stands around it, or is its {@code maxDuration};
 *   <li>the <em>breaker</em> sees every attempt, and counts what the timeout ends; when it is open, an attempt costs the
 *       others nothing: no permit, no timer;
 *   <li>the <em>limiter</em> counts the calls that are really sent, and a wait for its permit does not use up the timeout;
 *   <li>the <em>timeout</em> limits one attempt, with the wait for a place in the bulkhead;
 *   <li>the <em>bulkhead</em> is next to the work and keeps its permit until the work has ended, also when the timeout
 *       has let the caller go.
 * </ol>
 *
 * <p>Any order can be built. Where one is usually a mistake - a breaker around a retry, say, whose failed attempts it does not
 * see - building the pipeline says so in the log, as a warning: once for each policy's name and mistake, and at most a thousand
 * times in all. Who has reasons for such an order switches the logger {@code dev.holdfast.order} off.
 *
 * <p>Longer than most files, because each of its terms has its Javadoc.
 *
 * @param <R> what the results of calls must be, because of the policies that look at them
 */
public non-sealed class Pipeline<R extends @Nullable Object> extends Policy<R> {
    private final List<Policy<?>> policies;
    private final Terms terms;

    private Pipeline(String name, Environment environment, List<Policy<?>> policies, Terms terms) {
        super(name, environment);
        this.policies = policies;
        this.terms = terms;
        refuseKeepers();
    }

    /** The same policies under other terms: with the same name, and heard by the same listeners. */
    private Pipeline(Pipeline<?> shared, Terms terms) {
        this(shared, shared.policies, terms);
    }

    private Pipeline(Pipeline<?> shared, List<Policy<?>> policies, Terms terms) {
        super(shared);
        this.policies = policies;
        this.terms = terms;
        refuseKeepers();
    }

    /**
     * For a class that puts policies together and knows them by more than their place.
     *
     * @param same its policies, with their name, terms and listeners
     */
    protected Pipeline(Pipeline<R> same) {
        this(same, same.policies, same.terms);
    }

    private void refuseKeepers() {
        for (Policy<?> policy : policies) {
            if (terms.discards() != Discards.NONE
                    && policy instanceof Recovery<?> recovery
                    && recovery.keepsResults()) {
                throw new IllegalArgumentException(
                        "discarding: with " + policy + " (expected: none that keeps results, which nobody may close)");
            }
        }
    }

    /**
     * Puts policies around each other.
     *
     * @param <R> what the results of calls must be
     * @param outermostFirst policies of one {@link Environment}; none at all gives a pipeline that only calls
     * @return a pipeline, named after its policies
     * @throws IllegalArgumentException if the policies do not share one environment
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    public static <R extends @Nullable Object> Pipeline<R> of(Policy<? super R>... outermostFirst) {
        return link(Arrays.asList(outermostFirst));
    }

    private static <R extends @Nullable Object> Pipeline<R> link(List<? extends Policy<?>> outermostFirst) {
        List<Policy<?>> flat = flatten(outermostFirst);
        Terms terms = termsOf(outermostFirst);
        if (flat.isEmpty()) {
            return new Pipeline<>("empty", Environment.standard(), List.of(), terms);
        }
        Environment environment = flat.get(0).environment();
        for (Policy<?> policy : flat) {
            Require.same(policy.environment(), environment, "environment of " + policy + ", beside " + flat.get(0));
        }
        String name = flat.stream().map(Policy::name).collect(Collectors.joining(" > "));
        String shortened = name.length() > 256 ? name.substring(0, 253) + "..." : name;
        List<Policy<?>> policies = Collections.unmodifiableList(flat);
        for (int i = 0; i < policies.size(); i++) {
            int place = i;
            tryTo(() -> policies.get(place)
                    .warnIfMisplaced(
                            shortened, policies.subList(0, place), policies.subList(place + 1, policies.size())));
        }
        tryTo(() -> warnOfNamesakes(shortened, policies));
        return new Pipeline<>(shortened, environment, policies, terms);
    }

    /** Two of one kind and name have meters that nobody can tell apart. */
    private static void warnOfNamesakes(String pipeline, List<Policy<?>> policies) {
        for (int i = 0; i < policies.size(); i++) {
            Policy<?> policy = policies.get(i);
            for (Policy<?> outer : policies.subList(0, i)) {
                if (outer.getClass() == policy.getClass()
                        && outer.kind().equals(policy.kind())
                        && outer.name().equals(policy.name())
                        && outer != policy
                        && !outer.tellsTheSame(policy)) {
                    Hints.ORDER.give(
                            policy,
                            "has the kind and the name of another policy around it, so that their meters and events cannot be"
                                    + " told apart: give each a name of its own",
                            () -> "Pipeline " + Names.quoted(pipeline) + ": ");
                }
            }
        }
    }

    /**
     * {@link #of} for policies in a list.
     *
     * @param <R> what the results of calls must be; each policy must accept them, which the compiler cannot see here
     * @param outermostFirst policies of one {@link Environment}
     * @return a pipeline, named after its policies
     * @throws IllegalArgumentException if the policies do not share one environment
     */
    public static <R extends @Nullable Object> Pipeline<R> ofAll(List<? extends Policy<?>> outermostFirst) {
        return link(List.copyOf(outermostFirst));
    }

    /**
     * What cannot be meant about policies around each other, such as a timeout that never ends a call because one around it always does so
     * before. {@link #of} says so in the log; who makes pipelines of settings refuses them.
     *
     * @param outermostFirst policies
     * @return each in a line; empty as a rule
     */
    public static List<String> contradictions(List<? extends Policy<?>> outermostFirst) {
        List<Policy<?>> flat = flatten(outermostFirst);
        List<String> found = new ArrayList<>();
        for (int i = 0; i < flat.size(); i++) {
            Policy<?> policy = flat.get(i);
            String contradiction = policy.contradicts(flat.subList(0, i), flat.subList(i + 1, flat.size()));
            if (contradiction != null) {
                found.add(title(policy) + " " + contradiction);
            }
        }
        return found;
    }

    /** What is said of one part of a pipeline is said of all of it. */
    private static Terms termsOf(List<? extends Policy<?>> parts) {
        Terms all = Terms.NONE;
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i) instanceof Pipeline<?> pipeline) {
                if (i > 0 && pipeline.terms.isForWholeCalls()) {
                    throw new IllegalArgumentException(
                            "within, or detached: of " + pipeline
                                    + ", which is inside of another pipeline (expected: of the outermost; a timeout limits a part)");
                }
                all = all.and(pipeline.terms, pipeline);
            }
        }
        return all;
    }

    static List<Policy<?>> flatten(List<? extends Policy<?>> outermostFirst) {
        List<Policy<?>> flat = new ArrayList<>();
        outermostFirst.forEach(policy -> addTo(flat, policy));
        return flat;
    }

    private static void addTo(List<Policy<?>> flat, Policy<?> policy) {
        if (Require.nonNull(policy, "policy") instanceof Pipeline) {
            flat.addAll(((Pipeline<?>) policy).policies);
        } else {
            flat.add(policy);
        }
    }

    /**
     * Puts more policies inside of these.
     *
     * @param <S> what the results of calls must be
     * @param further what comes inside, outermost first
     * @return a new pipeline: {@code of(a).then(b)} is {@code of(a, b)}
     * @throws IllegalArgumentException if the policies do not share one environment
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    public final <S extends R> Pipeline<S> then(Policy<? super S>... further) {
        List<Policy<?>> all = new ArrayList<>();
        all.add(this);
        all.addAll(Arrays.asList(further));
        return link(all);
    }

    /**
     * The same pipeline under another name, which its calls' {@link Call#name()} tells.
     *
     * @param name 1 to 256 characters, not blank
     * @return a pipeline of the same policies
     */
    public final Pipeline<R> named(String name) {
        return new Pipeline<>(name, environment(), policies, terms);
    }

    /**
     * The same pipeline of other policies: with its name, its terms and its listeners to whole calls. For who replaces a pipeline while it is
     * used; calls under way end at the policies that they began at. Listeners to what single policies tell stay with those policies.
     *
     * @param outermostFirst policies of the same environment
     * @return a pipeline
     * @throws IllegalArgumentException if the policies do not share one environment
     */
    public final Pipeline<R> withPolicies(List<? extends Policy<?>> outermostFirst) {
        Pipeline<R> other = link(List.copyOf(outermostFirst));
        if (!other.policies.isEmpty()) {
            Require.same(other.environment(), environment(), "environment of " + other);
        }
        return new Pipeline<>(this, other.policies, terms);
    }

    /**
     * The same pipeline for asynchronous work whose stages are not its own: others may wait for them, too. When nobody waits for a
     * call any more - at a deadline, or when its future is cancelled - the stage that its work gave is left alone. By default it is
     * cancelled, as by {@code stage.toCompletableFuture().cancel(true)}: a stage that the work has made for this call learns so that
     * it can stop. For a single call, {@code () -> shared.copy()} does the same.
     *
     * @return a pipeline of the same policies
     */
    public final Pipeline<R> sharingStages() {
        return new Pipeline<>(this, terms.sharingStages());
    }

    /**
     * The same pipeline for results that have to be closed, such as HTTP responses, or connections. A result that no caller gets is
     * handed to {@code discard}, exactly once:
     * <ul>
     *   <li>one that a retry has repeated, when the next attempt begins;
     *   <li>one that a fallback has replaced, when it has;
     *   <li>one that comes after a deadline, after an interrupt, or after the call's future was completed or cancelled;
     *   <li>one of a call that ends with an exception all the same, because a policy throws one. That of
     *       a retry that gives up at a result carries it, closed.
     * </ul>
     * Not {@code null}, nor the constant of a fallback; and of an asynchronous call nothing if {@link #sharingStages others} may wait
     * for its stages. A fallback that keeps last good results gives them to many, and does not fit.
     *
     * <pre>{@code
     * Pipeline<Reply> pipeline = Pipeline.of(retry, timeout).discarding(Reply::close);
     * }</pre>
     *
     * <p>{@code discard} runs on the thread that finds that nobody gets the result, or on one of the environment's; it should not block
     * for long. What it throws is logged. Each result has to be its own object: one that several attempts give is discarded after the
     * first of them. A plain {@link java.util.concurrent.CompletableFuture} of the work's is not cancelled when it is given
     * up, because that would stop nothing and hide what it gives; let {@link Call#onAbandon} stop the work. A stage of another class,
     * such as that of the JDK's HTTP client, is cancelled, and then has to see for itself to what it opens. A pipeline that the
     * work itself calls discards for itself.
     *
     * <p>Put into another pipeline, it applies to all of that one.
     *
     * @param <S> the results of the calls
     * @param discard closes a result
     * @return a pipeline of the same policies
     * @throws IllegalStateException if it is set already
     * @throws IllegalArgumentException if a policy keeps results
     */
    @SuppressWarnings("unchecked") // Results of the calls are all that it gets.
    public final <S extends R> Pipeline<S> discarding(Consumer<? super S> discard) {
        Require.nonNull(discard, "discard");
        if (terms.discards() != Discards.NONE) {
            throw new IllegalStateException("discarding: set already for " + this + " (expected: once)");
        }
        return new Pipeline<>(this, terms.discardingTo(new Discards(this, (Consumer<@Nullable Object>) discard)));
    }

    /**
     * The same pipeline with rules on what is a failure, said once for all of its policies. In calls through it each policy asks these
     * rules first; where none of them speaks of an outcome, its own decide.
     *
     * <pre>{@code
     * Classifier<Object> http = Classifier.standard()
     *         .failOnResult(HttpResponse.class, reply -> reply.statusCode() >= 500);
     * Pipeline<Object> pipeline = Pipeline.of(retry, breaker).classifying(http);
     * }</pre>
     *
     * <p>Put into another pipeline, it applies to all of that one. Of rules that are given one after the other the last are asked first.
     *
     * @param <S> the results of the calls
     * @param rules what there is to know of outcomes; what it has from {@link Classifier#standard()} is no rule of its own
     * @return a pipeline of the same policies
     */
    public final <S extends R> Pipeline<S> classifying(Classifier<? super S> rules) {
        return new Pipeline<>(this, terms.ruledBy(Classifier.ofAnyResult(rules)));
    }

    /**
     * The same pipeline for calls that must not take longer than this, from the beginning of each on. Everything in them knows it: a
     * timeout ends with what is left, a wait for a turn or before another attempt that would not end in time is not begun, the work
     * learns of it by {@link Call#timeLeft()}, and so do calls that the work makes in its turn. It ends nothing by itself: that is a
     * timeout's business. A call that has no time left when it begins is refused by an {@link UnavailableException}.
     *
     * <p>It counts from the beginning of a call, so it has to be said of the outermost pipeline: {@link #of} refuses one that stands inside of
     * others. A {@code Timeout} limits a part.
     *
     * @param limit how long a call may take; zero or less lets none begin; where there is a limit already, the shorter one counts
     * @return a pipeline of the same policies
     * @see Environment#within
     */
    public final Pipeline<R> within(Duration limit) {
        Inherited.use();
        return new Pipeline<>(this, terms.within(Require.saturatedNanos(Require.nonNull(limit, "limit"))));
    }

    /**
     * The same pipeline for work that has to go on whatever time its caller has: limits that he has set by {@link #within} or
     * {@link Environment#within} do not count for its calls. A timeout around the call ends it all the same.
     *
     * @return a pipeline of the same policies
     */
    public final Pipeline<R> detached() {
        Inherited.use();
        return new Pipeline<>(this, terms.detach());
    }

    /**
     * The policies, flattened.
     *
     * @return outermost first; unmodifiable
     */
    public final List<Policy<?>> policies() {
        return policies;
    }

    /**
     * Listens to one type of event at every policy of this pipeline that tells it, whichever pipeline the call goes
     * through; and, for {@link Event.CallCompleted}, to the calls that go through this one.
     */
    @Override
    public final <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        Require.nonNull(type, "type");
        Require.nonNull(listener, "listener");
        if (!tells(type)) {
            return super.on(type, listener);
        }
        List<Subscription> all = tellers()
                .distinct()
                .filter(teller -> teller.tellsItself(type))
                .map(teller -> teller.onItself(type, listener))
                .toList();
        return () -> all.forEach(Subscription::cancel);
    }

    @Override
    final Stream<Policy<?>> tellers() {
        return Stream.concat(policies.stream().flatMap(Policy::tellers), super.tellers());
    }

    @Override
    final boolean tellsItself(Class<? extends Event> type) {
        return type.isAssignableFrom(Event.CallCompleted.class);
    }

    @Override
    protected final Set<Class<? extends Event>> events() {
        return Stream.concat(
                        Stream.of(Event.CallCompleted.class),
                        policies.stream().flatMap(policy -> policy.events().stream()))
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    List<Meter> shapesMeters() {
        List<Meter> meters = new ArrayList<>();
        for (int i = 0; i < policies.size(); i++) {
            Policy<?> policy = policies.get(i);
            // A policy that stands here twice, and a view of one, have the same numbers.
            if (policies.subList(0, i).stream().noneMatch(policy::tellsTheSame)) {
                meters.addAll(policy.meters());
            }
        }
        return Collections.unmodifiableList(meters);
    }

    @Override
    Chain newChain() {
        return new Chain(this, policies, terms);
    }

    @Override
    public String toString() {
        return policies.stream().map(Policy::toString).collect(Collectors.joining(" > ", "Pipeline[", "]"));
    }
}
