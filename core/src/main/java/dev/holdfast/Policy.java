// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A policy, and every way to make a call through it. A single policy is a pipeline of one.
 *
 * <p>Policies are safe to share between threads. A policy decides and keeps count; it never sleeps, schedules, starts a
 * thread or calls user code under a lock. Its shape - {@link Gate}, {@link Loop}, {@link Deadline}, {@link Recovery}, {@link Race} or {@link Around} -
 * is what the engines know of it.
 *
 * <p>Longer than most files, because of what those who write policies have to know of each method.
 *
 * @param <R> the results that the policy looks at; {@code Object} for policies that do not care. A call's result type
 *     must be {@code R} or below it.
 */
public abstract sealed class Policy<R extends @Nullable Object> extends Calls<R> implements Source
        permits Gate, Loop, Deadline, Recovery, Race, Around, Pipeline {
    /** The label of meters that says whose they are. */
    private static final String POLICY = "holdfast.policy";

    private static final VarHandle METERS;

    static {
        try {
            METERS = MethodHandles.lookup().findVarHandle(Policy.class, "meters", List.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final String name;
    private final Environment environment;
    private final Listeners listeners;
    /** What this is another view of, if it is one. */
    private final @Nullable Policy<?> original;

    private @Nullable Chain chain;
    private volatile @Nullable List<Meter> meters;

    Policy(String name, Environment environment) {
        this.name = Require.name(name);
        this.environment = Require.nonNull(environment, "environment");
        this.listeners = new Listeners(environment);
        this.original = null;
    }

    /** Another view of a policy: with its name, environment and listeners. */
    Policy(Policy<?> shared) {
        this.name = shared.name;
        this.environment = shared.environment;
        this.listeners = shared.listeners;
        this.original = shared.original == null ? shared : shared.original;
    }

    @Override
    public final String name() {
        return name;
    }

    /**
     * The policy's name for logs and messages.
     *
     * @return the name in quotes, with line breaks and other control characters escaped
     */
    protected final String quotedName() {
        return Names.quoted(name);
    }

    /** By default made from the name of the class. */
    @Override
    public String kind() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /**
     * The numbers of this policy: its counts, and how it stands, labelled with its name ({@code holdfast.policy}). A pipeline has those of its
     * policies, and another view of a policy has the policy's.
     *
     * @return always the same meters; reading one costs calls nothing
     */
    @Override
    public final List<Meter> meters() {
        if (original != null && (this instanceof Gate || this instanceof Race)) {
            return original.meters();
        }
        List<Meter> made = meters;
        if (made == null) {
            made = Stream.concat(shapesMeters().stream(), ownMeters().stream())
                    .map(meter -> meter.labels().containsKey(POLICY) ? meter : meter.with(POLICY, name))
                    .toList();
            // The first one stays, so that all who ask get the same meters.
            METERS.compareAndSet(this, null, made);
            made = Require.nonNull(meters, "meters");
        }
        return made;
    }

    /** The numbers that all policies of a shape have. */
    List<Meter> shapesMeters() {
        return List.of();
    }

    /**
     * The numbers of this kind of policy, besides those that every policy of its shape has.
     *
     * @return meters, whose names begin with {@code holdfast.} and the {@link #kind}; by default none
     */
    protected List<Meter> ownMeters() {
        return List.of();
    }

    /**
     * Where the policy's time, timers and randomness come from.
     *
     * @return as it was given to the builder
     */
    public final Environment environment() {
        return environment;
    }

    @Override
    public final boolean tells(Class<? extends Event> type) {
        return events().stream().anyMatch(type::isAssignableFrom);
    }

    @Override
    public <E extends Event> Subscription on(Class<E> type, Consumer<? super E> listener) {
        Require.nonNull(type, "type");
        Require.nonNull(listener, "listener");
        if (!tells(type)) {
            throw new IllegalArgumentException(
                    "type: " + type.getName() + " (expected: an event of " + this + ", which are " + events() + ")");
        }
        return onItself(type, listener);
    }

    /** Those whose events are to be heard here, views as what they are views of: of a pipeline its policies and the pipeline. */
    Stream<Policy<?>> tellers() {
        return Stream.of(original == null ? this : original);
    }

    /** Whether it tells events of a type, and not only policies that it is made of. */
    boolean tellsItself(Class<? extends Event> type) {
        return tells(type);
    }

    final <E extends Event> Subscription onItself(Class<E> type, Consumer<? super E> listener) {
        boolean ofCalls = events().stream()
                .anyMatch(told -> type.isAssignableFrom(told) && Event.OfCall.class.isAssignableFrom(told));
        return listeners.add(type, listener, ofCalls);
    }

    /**
     * The events that this policy tells.
     *
     * @return event classes
     */
    protected abstract Set<Class<? extends Event>> events();

    /**
     * Whether somebody listens to a type of event: ask before building one.
     *
     * @param type the type of event
     * @return whether {@link #tell} would reach anybody
     */
    protected final boolean isWatched(Class<? extends Event> type) {
        return listeners.watch(type);
    }

    /**
     * Tells listeners. What they throw is logged, of each listener once a minute at most, and goes no further.
     *
     * @param event what happened
     */
    protected final void tell(Event event) {
        listeners.tell(event);
    }

    /**
     * Writes into the log what has happened to this policy, at the event's level and with its parts as key-value pairs. For what is rare and
     * matters to whoever operates the application. The logger is that of the source's class.
     *
     * @param event what happened
     * @param message the line, for people
     */
    protected static void log(Event.Change event, String message) {
        EventLog.write(event, () -> message);
    }

    /**
     * Does something on the side, such as logging, whose failure must not change what happens to a call.
     *
     * @param aside what to do; what it throws is dropped
     */
    protected static void tryTo(Runnable aside) {
        try {
            aside.run();
        } catch (Throwable dropped) {
            // Out of memory or stack, or a broken logger: the one place to report it is what has just failed.
        }
    }

    /**
     * Logs what code of the user's threw that this policy has asked for its opinion, such as a predicate: as a warning with the
     * policy's name, once a minute at most. Such a throw is never the outcome of a call.
     *
     * @param thrown what it threw
     * @param instead what happens instead, to be read after "... threw;"
     */
    protected final void ruleThrew(Throwable thrown, String instead) {
        tryTo(() -> listeners.warnOfRule(this, thrown, instead));
    }

    /** The same, of a rule that has looked at an outcome, which stands; if that is a failure, it carries what the rule threw. */
    final void outcomeStands(Throwable broken, @Nullable Throwable own) {
        ruleThrew(broken, "the outcome that it looked at stands");
        if (own != null) {
            tryTo(() -> Failures.suppress(own, broken));
        }
    }

    /** A call through this pipeline has ended. */
    final void tellCompleted(Call call, @Nullable Object value, @Nullable Throwable failure) {
        try {
            tell(new Event.CallCompleted(this, call, Outcome.seen(value, failure), call.attempts(), call.sinceStart()));
        } catch (Throwable broken) {
            outcomeStands(broken, failure);
        }
    }

    /** Whether who listens to the other one hears what happens here. */
    final boolean tellsTheSame(Policy<?> other) {
        return listeners == other.listeners;
    }

    /** Whether anybody listens to what happens to calls here, so that a call has to carry its context. */
    final boolean isCallWatched() {
        return listeners.wantCall();
    }

    /**
     * Whether this policy looks at the context of every call, even if nobody listens. It costs an allocation a call.
     *
     * @return by default no
     */
    protected boolean wantsCall() {
        return false;
    }

    /**
     * Whether this policy looks at the context of calls that have an argument, even if nobody listens. It costs each of them an
     * allocation.
     *
     * @return by default no
     */
    protected boolean wantsArgument() {
        return false;
    }

    /**
     * What is usually a mistake about this policy's place in a pipeline. A pipeline asks when it is built, and logs what it
     * is told as a warning, as {@link Pipeline} says.
     *
     * @param outside the policies around this one, outermost first
     * @param inside the policies inside of this one, outermost first
     * @return what goes wrong there and who has to move where, by name, to be read after this policy; by default {@code null},
     *     nothing
     */
    protected @Nullable String misplaced(List<Policy<?>> outside, List<Policy<?>> inside) {
        return null;
    }

    /**
     * What cannot be meant about this policy's settings and those of the policies around and inside of it: see
     * {@link Pipeline#contradictions}.
     *
     * @param outside the policies around this one, outermost first
     * @param inside the policies inside of this one, outermost first
     * @return what goes wrong, to be read after this policy; by default {@code null}, nothing
     */
    protected @Nullable String contradicts(List<Policy<?>> outside, List<Policy<?>> inside) {
        return null;
    }

    /**
     * How long a policy lets a call take, for {@link #contradicts}.
     *
     * @param policy any policy
     * @return nanoseconds; {@link Long#MAX_VALUE} where it is no {@link Deadline}, has no limit, or one that depends on the call
     */
    protected static long limitNanos(Policy<?> policy) {
        return policy instanceof Deadline deadline ? deadline.fixedNanos() : Loop.NO_LIMIT;
    }

    /**
     * The first policy of a kind, for {@link #misplaced}.
     *
     * @param policies where to look
     * @param kind {@link Gate}, {@link Loop}, {@link Deadline}, {@link Recovery}, {@link Race}, {@link Around}, or a class below one of
     *     them
     * @return the policy, or {@code null} if there is none
     */
    protected static @Nullable Policy<?> first(List<Policy<?>> policies, Class<?> kind) {
        for (Policy<?> policy : policies) {
            if (kind.isInstance(policy)) {
                return policy;
            }
        }
        return null;
    }

    /**
     * For {@link #misplaced} of policies that look at failures: whether one inside replaces them.
     *
     * @param inside the policies inside of this one
     * @return what is wrong, or {@code null}
     */
    protected final @Nullable String failuresHidden(List<Policy<?>> inside) {
        Policy<?> other = first(inside, Recovery.class);
        return other == null
                ? null
                : "does not see the failures that " + title(other) + " replaces, which belongs outside of "
                        + title(this);
    }

    /**
     * What a policy is called in the log.
     *
     * @param policy the policy
     * @return what it is, and its name in quotes
     */
    protected static String title(Policy<?> policy) {
        String kind = policy.getClass().getSimpleName();
        return kind.isEmpty() ? policy.quotedName() : kind + " " + policy.quotedName();
    }

    /** Logs what is wrong with this place, unless it has been said. */
    final void warnIfMisplaced(String pipeline, List<Policy<?>> outside, List<Policy<?>> inside) {
        String mistake = misplaced(outside, inside);
        if (mistake != null) {
            Hints.ORDER.give(this, mistake, () -> "Pipeline " + Names.quoted(pipeline) + ": ");
        }
        String contradiction = contradicts(outside, inside);
        if (contradiction != null) {
            Hints.ORDER.give(this, contradiction, () -> "Pipeline " + Names.quoted(pipeline) + ": ");
        }
    }

    /**
     * Logs, as a warning, that this policy is used in a way that is usually a mistake: once for each name and mistake.
     *
     * @param mistake what goes wrong and what would be right, to be read after this policy's kind and name
     */
    protected final void hint(String mistake) {
        tryTo(() -> Hints.USE.give(this, mistake, () -> ""));
    }

    Chain newChain() {
        return original != null && this instanceof Gate gate ? Chain.ofView(gate, original.chain()) : new Chain(this);
    }

    @Override
    final Chain chain() {
        // Two threads may both make one: they are equal, and a chain's fields are final.
        Chain made = chain;
        if (made == null) {
            made = newChain();
            chain = made;
        }
        return made;
    }
}
