// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import dev.holdfast.Classifier;
import dev.holdfast.Drainable;
import dev.holdfast.Environment;
import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Subscription;
import dev.holdfast.internal.Require;
import dev.holdfast.settings.Nearest;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.SettingsException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pipelines by name, made of settings: of whatever gives a map of maps, such as a file of YAML or JSON, or the environment of a framework.
 *
 * <pre>{@code
 * defaults:                               # what every policy of a kind begins with; each has a budget of its own
 *   retry: { budget: 100 +0.1 1/s }
 * templates:                              # parts that guards share
 *   http-read:
 *     total-timeout: 2s
 *     retry: { max-attempts: 4, backoff: 50ms..1s full, ignore: [com.acme.UnknownSku] }
 *     circuit-breaker: { over: 10s, failure-rate: 50%, open-for: 5s..60s ~20% }
 *     timeout: 400ms
 * guards:
 *   inventory:
 *     like: http-read                     # one or several; what stands further right counts more
 *     retry: { ignore: [+com.acme.Gone] } # + adds to the list; without it the list replaces
 *     bulkhead: { limit: 20, queue: 50, wait-up-to: 100ms }
 *     order: [total-timeout, retry, circuit-breaker, timeout, bulkhead]   # optional, outermost first
 * }</pre>
 *
 * <p>A policy is there if its guard, or a template that the guard is like, names it; {@code null} takes one away, or a setting back to
 * its default. A single value in place of a map is meant for the setting that has to be given, or for the first one. What is named
 * nearest to the guard counts: the guard itself, then its templates from right to left and those that they are like, then the defaults.
 *
 * <p>All that is wrong is reported together: unknown names with the nearest known ones, values out of range, templates that are like each
 * other, policies that contradict each other.
 *
 * <p><b>Reloading</b> ({@link #reload}) keeps policies that stay: their state, windows, counters and listeners; those whose settings are as
 * they were are not touched; who listens to whole calls of a guard ({@link dev.holdfast.Event.CallCompleted}) goes on to hear them. Calls under way end as they began. If anything is wrong, nothing changes. There is one reload at a time,
 * and listeners that it tells something hold up the next.
 *
 * A guard that a reload leaves out is forgotten and not closed: who has its pipeline still may go on with it.
 *
 * <p><b>The end</b> ({@link #close}, {@link #closeAndWait}) is that of its policies: those that can be closed, such as bulkheads, let no call in
 * any more.
 *
 * <p>Longer than most files, because all that is said of guards is said here.
 *
 * <p>Safe to use from any thread. It knows every pattern that is on the class path, by {@link PolicyType}.
 */
public final class Guards implements Metered, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Guards.class);

    private final Environment environment;
    private final Classifier<@Nullable Object> rules;
    private final Map<String, PolicyType<?, ?>> types;
    /** Held while settings change, and by no call. */
    private final ReentrantLock oneAtATime = new ReentrantLock();

    private volatile Map<String, Guard> guards = Map.of();

    private volatile boolean closed;
    /** Who wants to know of other meters and sources. */
    private final List<Runnable> watching = new CopyOnWriteArrayList<>();

    /** One pipeline, what it was made of, and the settings that its policies were given. */
    private record Guard(Pipeline<Object> pipeline, Map<String, Part> parts, List<String> order) {}

    /** One policy, with what it was given. */
    private record Part(PolicyType<?, ?> type, Policy<?> policy, Map<String, Object> settings) {
        /** The same policy under other settings, of which it is known that a new policy would take them. */
        Part changed(Map<String, Object> given, List<Runnable> changes) {
            if (settings.equals(given)) {
                return this;
            }
            changes.add(change(type, policy, given));
            return new Part(type, policy, given);
        }

        @SuppressWarnings("unchecked") // The policy was made by its type.
        private static <P extends Policy<?>> Runnable change(
                PolicyType<P, ?> type, Policy<?> policy, Map<String, Object> given) {
            return type.change((P) policy, given);
        }
    }

    private Guards(Environment environment, Classifier<?> rules) {
        this.environment = environment;
        this.rules = Classifier.ofAnyResult(rules);
        Map<String, PolicyType<?, ?>> found = new LinkedHashMap<>();
        PolicyType.all().forEach(type -> found.put(type.name(), type));
        this.types = found;
    }

    /**
     * Makes guards.
     *
     * @param settings {@code defaults}, {@code templates} and {@code guards}, as the class says
     * @return a guard for each name
     * @throws SettingsException if anything is wrong; it says all that is
     */
    public static Guards of(Map<String, ?> settings) {
        return of(settings, Environment.standard());
    }

    /**
     * Makes guards in an environment of their own.
     *
     * @param settings {@code defaults}, {@code templates} and {@code guards}, as the class says
     * @param environment of all policies
     * @return a guard for each name
     * @throws SettingsException if anything is wrong; it says all that is
     */
    public static Guards of(Map<String, ?> settings, Environment environment) {
        return of(settings, environment, Classifier.standard());
    }

    /**
     * Makes guards that know what is a failure, as over HTTP, which files cannot say.
     *
     * @param settings {@code defaults}, {@code templates} and {@code guards}, as the class says
     * @param environment of all policies
     * @param rules of every guard's pipeline, as by {@link Pipeline#classifying}
     * @return a guard for each name
     * @throws SettingsException if anything is wrong; it says all that is
     */
    public static Guards of(Map<String, ?> settings, Environment environment, Classifier<?> rules) {
        Guards made = new Guards(Require.nonNull(environment, "environment"), rules);
        made.reload(settings);
        return made;
    }

    /**
     * The pipeline of a guard, as it is now. Ask for it at each call, so that a reload that adds or removes policies counts from then on.
     *
     * @param name the guard's name
     * @return a pipeline
     * @throws IllegalArgumentException if there is no such guard
     */
    public Pipeline<Object> get(String name) {
        return guard(name).pipeline;
    }

    private Guard guard(String name) {
        Map<String, Guard> now = guards;
        Guard found = now.get(Require.nonNull(name, "name"));
        if (found == null) {
            throw new IllegalArgumentException("guard: " + name + Nearest.hint(name, now.keySet()));
        }
        return found;
    }

    /**
     * The guards that there are now.
     *
     * @return their names
     */
    public Set<String> names() {
        return guards.keySet();
    }

    /**
     * The settings that are in force: also those that nobody has written, which are defaults.
     *
     * @param name the guard's name
     * @return for each of its policies, outermost first, values by the settings' names
     * @throws IllegalArgumentException if there is no such guard
     */
    public Map<String, Map<String, String>> settings(String name) {
        Guard guard = guard(name);
        Map<String, Map<String, String>> all = new LinkedHashMap<>();
        guard.order.forEach(each -> {
            Part part = Require.nonNull(guard.parts.get(each), "part");
            all.put(each, part.type.settings(part.policy));
        });
        return all;
    }

    /**
     * Takes other settings: makes guards that are new, changes those that are there, and forgets those that are not named any more.
     *
     * @param settings as for {@link #of(Map)}
     * @throws SettingsException if anything is wrong; it says all that is, it is logged, and nothing has changed
     * @throws IllegalStateException if a listener calls it that a reload tells something, or if the guards are closed
     */
    public void reload(Map<String, ?> settings) {
        alone("reload", () -> {
            if (closed) {
                throw new IllegalStateException("reload: these guards are closed (expected: guards that are in use)");
            }
            reloadLocked(settings);
        });
        watching.forEach(Guards::tell);
    }

    private static void tell(Runnable changed) {
        try {
            changed.run();
        } catch (RuntimeException thrown) {
            LOG.warn("Who follows guards threw at a reload; the reload stays", thrown);
        }
    }

    private void alone(String what, Runnable action) {
        if (oneAtATime.isHeldByCurrentThread()) {
            throw new IllegalStateException(what + ": inside of a reload (expected: after it, or on another thread)");
        }
        oneAtATime.lock();
        try {
            action.run();
        } finally {
            oneAtATime.unlock();
        }
    }

    // ---- Operation ------------------------------------------------------------------------------------------------

    /**
     * The numbers of all policies of all guards.
     *
     * @return those of the guards that there are now; a policy that stays keeps its meters
     */
    @Override
    public List<Meter> meters() {
        return guards.values().stream()
                .flatMap(guard -> guard.pipeline.meters().stream())
                .toList();
    }

    /** The pipelines that there are now, each with its policies: who listens to guards hears of all of them. */
    @Override
    public List<Pipeline<Object>> sources() {
        return guards.values().stream().map(Guard::pipeline).toList();
    }

    /** After each reload. */
    @Override
    public Subscription onMetersChanged(Runnable changed) {
        Require.nonNull(changed, "changed");
        // An object of its own, so that the same listener given twice is two.
        Runnable watcher = () -> changed.run();
        watching.add(watcher);
        return () -> watching.remove(watcher);
    }

    /**
     * Closes every policy that can be closed, such as bulkheads, which let no call in from then on. Calls under way go on; there is no
     * further reload. The environment stays open: it is whose it was.
     *
     * @throws IllegalStateException if a listener calls it that a reload tells something
     */
    @Override
    public void close() {
        alone("close", () -> closed = true);
        for (Policy<?> policy : policies()) {
            if (policy instanceof AutoCloseable end) {
                try {
                    end.close();
                } catch (Exception broken) {
                    if (broken instanceof InterruptedException) {
                        Thread.currentThread().interrupt();
                    }
                    LOG.warn("A policy could not be closed; the others are", broken);
                }
            }
        }
    }

    /**
     * {@link #close()}, and waits until the last call in the policies that are closed has ended.
     *
     * @param patience how long to wait at most, for all of them together; zero or less looks once
     * @return whether no call is in flight there any more
     * @throws InterruptedException if the thread is interrupted while it waits; the guards are closed all the same
     */
    public boolean closeAndWait(Duration patience) throws InterruptedException {
        long until = Require.saturatedNanos(Require.nonNull(patience, "patience"));
        close();
        long start = environment.nanoTime();
        boolean idle = true;
        for (Policy<?> policy : policies()) {
            if (policy instanceof Drainable busy) {
                idle &= busy.closeAndWait(Duration.ofNanos(until - (environment.nanoTime() - start)));
            }
        }
        return idle;
    }

    private List<Policy<?>> policies() {
        return guards.values().stream()
                .<Policy<?>>flatMap(guard -> guard.pipeline.policies().stream())
                .toList();
    }

    // ---- What is made of settings ---------------------------------------------------------------------------------

    private void reloadLocked(Map<String, ?> settings) {
        Tree tree = environment.building(() -> new Tree(Require.nonNull(settings, "settings"), types));
        // The same mistake of a template may show in every guard that is like it.
        Set<String> problems = new LinkedHashSet<>(tree.problems());
        Map<String, Guard> made = new LinkedHashMap<>();
        List<Runnable> changes = new ArrayList<>();
        tree.guards().forEach((name, wanted) -> {
            Guard guard = make(name, wanted, guards.get(name), problems, changes);
            if (guard != null) {
                made.put(name, guard);
            }
        });
        if (!problems.isEmpty()) {
            if (!guards.isEmpty()) {
                LOG.warn("Settings of guards are wrong, and those that were there stay: {}", problems);
            }
            throw SettingsException.of(List.copyOf(problems));
        }
        // From here on nothing is refused: all of it has been tried. What throws all the same, such as a clock, holds
        // up no other.
        for (Runnable change : changes) {
            try {
                change.run();
            } catch (RuntimeException broken) {
                problems.add(String.valueOf(broken));
                LOG.warn("A change of settings failed; the others are made", broken);
            }
        }
        guards = Map.copyOf(made);
        if (!problems.isEmpty()) {
            throw SettingsException.of(List.copyOf(problems));
        }
    }

    private @Nullable Guard make(
            String name, Tree.Wanted wanted, @Nullable Guard before, Set<String> problems, List<Runnable> changes) {
        Map<String, Part> parts = new LinkedHashMap<>();
        List<Policy<?>> tried = new ArrayList<>();
        List<Policy<?>> policies = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (String each : wanted.order()) {
            PolicyType<?, ?> type = Require.nonNull(types.get(each), "type");
            Tree.Given written = Require.nonNull(wanted.policies().get(each), "settings");
            Map<String, Object> given = written.settings();
            Part there = before == null ? null : before.parts.get(each);
            try {
                Policy<?> fresh = environment.building(() -> type.make(nameOf(name, type), given));
                tried.add(fresh);
                Part part = there == null ? new Part(type, fresh, given) : there.changed(given, changes);
                parts.put(each, part);
                policies.add(part.policy);
            } catch (SettingsException refused) {
                wrong.addAll(written.placed(refused.problems()));
            }
        }
        if (wrong.isEmpty()) {
            Pipeline.contradictions(tried).forEach(problem -> wrong.add("guards." + name + ": " + problem));
        }
        problems.addAll(wrong);
        if (!wrong.isEmpty() || !wanted.isReadable()) {
            return null;
        }
        return new Guard(pipeline(name, policies, before), parts, wanted.order());
    }

    /** The guard's name, with the type's where there may be two policies of one class. */
    private String nameOf(String guard, PolicyType<?, ?> type) {
        boolean isOnly = types.values().stream().noneMatch(other -> other != type && other.isSameKindAs(type));
        return isOnly ? guard : guard + "/" + type.name();
    }

    /** The one that was there, or one with the same listeners, if it has other policies. */
    private Pipeline<Object> pipeline(String name, List<Policy<?>> policies, @Nullable Guard before) {
        if (before == null) {
            return environment.building(
                    () -> Pipeline.<Object>ofAll(policies).named(name).classifying(rules));
        }
        return before.pipeline.policies().equals(policies) ? before.pipeline : before.pipeline.withPolicies(policies);
    }
}
