// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Permit;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.internal.Require;
import dev.holdfast.testkit.FaultyEnvironment.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a policy that you have written yourself - a gate, loop, deadline, recovery, race or around - against the laws that all
 * policies keep:
 *
 * <pre>{@code
 * @Test
 * void quotaIsAPolicy() {
 *     PolicyVerifier.of(time -> new Quota("free tier", 5, time)).varyingCapacity().verify();
 * }
 * }</pre>
 *
 * <p>It makes calls through the policy in each {@link Way}, in virtual time, between two gates that write down what they see: of work
 * that succeeds, fails, takes its time and hangs; whose callers are interrupted or cancel; that is refused further in; in an
 * environment whose clock or timer fails or whose executor refuses. The laws:
 * <ul>
 *   <li>each call ends, and after at most 10,000 attempts and a year of virtual time;
 *   <li>its caller gets what the work came to or what the policy says in its place, never what the policy's own code stumbled over;
 *   <li>exits equal enters, innermost first, also for gates around and inside; each call is counted once;
 *   <li>no timer is left pending, no interrupt, no attempt, no permit: when all is over a gate admits as much as at first;
 *   <li>outcome, trace and duration are the same in each way, when it is done again, on a clock that wraps around, and when somebody
 *       listens.
 * </ul>
 *
 * <p>It cannot see what a policy throws after a call has succeeded, which the engines log and leave without consequence, unless that
 * spoils a count; nor code that blocks its thread for ever: give the test a timeout. Each trial builds its own policy. Immutable.
 *
 * @param <P> the policy
 */
public final class PolicyVerifier<P extends Policy<?>> {
    private static final int CALLS_AT_ONCE = 20;
    private static final int FAILING_REQUESTS = 8;
    private static final int LINES = 40;

    private final Trial.Subject subject;
    private final @Nullable ToLongFunction<? super P> counts;
    private final @Nullable Function<? super P, ?> held;
    private final boolean varyingCapacity;

    private PolicyVerifier(
            Trial.Subject subject,
            @Nullable ToLongFunction<? super P> counts,
            @Nullable Function<? super P, ?> held,
            boolean varyingCapacity) {
        this.subject = subject;
        this.counts = counts;
        this.held = held;
        this.varyingCapacity = varyingCapacity;
    }

    /**
     * Prepares to verify a policy that fits calls that give a {@code String}, such as one that looks at no results.
     *
     * @param <P> the policy
     * @param factory builds a new one in the environment that it gets
     * @return a new verifier
     */
    public static <P extends Policy<? super String>> PolicyVerifier<P> of(
            Function<? super Environment, ? extends P> factory) {
        return of(factory, "a result");
    }

    /**
     * Prepares to verify a policy that looks at results of one type.
     *
     * @param <R> the results
     * @param <P> the policy
     * @param factory builds a new one in the environment that it gets
     * @param result what work gives when it succeeds
     * @return a new verifier
     */
    public static <R, P extends Policy<? super R>> PolicyVerifier<P> of(
            Function<? super Environment, ? extends P> factory, R result) {
        return new PolicyVerifier<>(
                new Trial.Subject(Require.nonNull(factory, "factory"), Require.nonNull(result, "result")),
                null,
                null,
                false);
    }

    /**
     * Verifies a counter of the policy's own as well. Those of a gate are always verified.
     *
     * @param calls how many calls have ended, as the policy has counted them
     * @return a new verifier
     */
    public PolicyVerifier<P> counting(ToLongFunction<? super P> calls) {
        return new PolicyVerifier<>(subject, Require.nonNull(calls, "calls"), held, varyingCapacity);
    }

    /**
     * Verifies that what the policy holds while calls are under way is as it was at first when none is.
     *
     * @param state what it holds, such as a number of permits; compared by {@code equals}
     * @return a new verifier
     */
    public PolicyVerifier<P> holding(Function<? super P, ?> state) {
        return new PolicyVerifier<>(subject, counts, Require.nonNull(state, "state"), varyingCapacity);
    }

    /**
     * Says that this gate need not admit as much after a rest as at first, because it admits by chance, learns, or remembers for ever.
     * By default it is given a day of rest after each scenario, then 30 calls that succeed, an hour apart, and must then give out as
     * many permits, up to 1,000, as a new one does.
     *
     * @return a new verifier
     */
    public PolicyVerifier<P> varyingCapacity() {
        return new PolicyVerifier<>(subject, counts, held, true);
    }

    // ---- Trying it ------------------------------------------------------------------------------------------------

    /**
     * Tries everything. Takes seconds at most, unless the policy itself takes real time.
     *
     * @throws AssertionError if a law is broken: says which one, in which scenario and way, with the trace
     * @throws IllegalArgumentException if the factory gives a {@link Pipeline}
     */
    public void verify() {
        Policy<?> sample = subject.factory().apply(VirtualTime.create());
        if (Require.nonNull(sample, "policy") instanceof Pipeline) {
            throw new IllegalArgumentException("policy: " + sample + " (expected: a single policy)");
        }
        int capacity = sample instanceof Gate gate && !varyingCapacity ? Capacity.ofNew(gate) : Capacity.NOT_COMPARED;
        for (Scenario scenario : Scenario.all()) {
            Trial first = finish(scenario, Setup.of(Way.BLOCKING), capacity, trial -> {});
            finish(scenario, first.setup, capacity, trial -> Laws.same(Law.TIME, first, trial));
            for (Way way : Way.values()) {
                // Who interrupts a blocking call asks its work to stop; who cancels a future does not wait for that.
                boolean comparable = scenario.givenUpAfter() == null;
                Trial plain = way == Way.BLOCKING
                        ? first
                        : finish(scenario, Setup.of(way), capacity, trial -> {
                            if (comparable) {
                                Laws.same(Law.SAME, first, trial);
                            }
                        });
                finish(scenario, plain.setup.wrappingAround(), capacity, trial -> Laws.same(Law.TIME, plain, trial));
                finish(scenario, plain.setup.watching(), capacity, trial -> Laws.same(Law.LISTENERS, plain, trial));
            }
        }
        for (Scenario scenario : Scenario.simple()) {
            for (Fault fault : faults()) {
                for (Way way : Way.values()) {
                    finish(scenario, Setup.of(way).in(fault), capacity, trial -> {});
                }
            }
        }
        manyAtOnce(capacity);
        if (sample instanceof Gate) {
            byHand(capacity);
        }
    }

    private static List<Fault> faults() {
        List<Fault> faults = new ArrayList<>(List.of(new Fault(Fault.Part.EXECUTOR, 0)));
        for (int request = 1; request <= FAILING_REQUESTS; request++) {
            faults.add(new Fault(Fault.Part.CLOCK, request));
            faults.add(new Fault(Fault.Part.TIMER, request));
        }
        return faults;
    }

    private Trial finish(Scenario scenario, Setup setup, int capacity, Consumer<Trial> comparison) {
        return finish(scenario, setup, capacity, Trial::run, trial -> {
            Laws.check(trial);
            comparison.accept(trial);
        });
    }

    /** Tries a scenario, looks at the laws, and gives the policy a rest to see what is left. */
    private Trial finish(Scenario scenario, Setup setup, int capacity, Consumer<Trial> actions, Consumer<Trial> laws) {
        Trial trial = null;
        try {
            trial = new Trial(subject, scenario, setup);
            Object atFirst = holds(trial);
            actions.accept(trial);
            rest(trial, atFirst);
            laws.accept(trial);
            counted(trial);
            Laws.held(atFirst, holds(trial));
            Capacity.check(trial, capacity);
            return trial;
        } catch (BrokenLaw broken) {
            throw new AssertionError(message(broken, scenario, setup, trial), broken.getCause());
        } catch (RuntimeException thrown) {
            BrokenLaw broken = new BrokenLaw(Law.OUTCOME, "outside of the scenario's calls it threw " + thrown, thrown);
            throw new AssertionError(message(broken, scenario, setup, trial), thrown);
        }
    }

    private void rest(Trial trial, @Nullable Object atFirst) {
        trial.comeToRest(() -> Objects.equals(atFirst, holds(trial))
                && (counts == null || counts.applyAsLong(policy(trial)) >= trial.calls.size()));
    }

    @SuppressWarnings("unchecked") // The factory has made it.
    private P policy(Trial trial) {
        return (P) (Policy<?>) trial.policy;
    }

    private @Nullable Object holds(Trial trial) {
        return held == null ? null : held.apply(policy(trial));
    }

    private void counted(Trial trial) {
        if (counts != null) {
            boolean exact = trial.setup.isSound();
            Laws.counted("the policy", counts.applyAsLong(policy(trial)), trial.calls.size(), exact);
        }
    }

    /** Calls side by side, of which every other one is cancelled. */
    private void manyAtOnce(int capacity) {
        Scenario scenario = new Scenario(
                CALLS_AT_ONCE + " calls at once, half of them cancelled",
                1,
                (script, result) -> script.gives(result).after(Duration.ofMillis(10)),
                Duration.ofMillis(5),
                false,
                false);
        for (Way way : List.of(Way.ASYNC, Way.ASYNC_LATER)) {
            finish(scenario, Setup.of(way), capacity, PolicyVerifier::startMany, Laws::check);
        }
    }

    private static void startMany(Trial trial) {
        List<CompletableFuture<Object>> futures = new ArrayList<>();
        for (int call = 0; call < CALLS_AT_ONCE; call++) {
            futures.add(trial.start());
        }
        trial.time.advance(Duration.ofMillis(5));
        for (int call = 0; call < CALLS_AT_ONCE; call += 2) {
            futures.get(call).cancel(true);
        }
        trial.joinAll(futures);
    }

    /** Permits by hand, each reported in another way, and one more report that must not count. */
    private void byHand(int capacity) {
        Scenario scenario =
                new Scenario("permits by hand", 1, (script, result) -> script.gives(result), null, false, false);
        List<Consumer<Permit>> reports =
                List.of(Permit::succeeded, Permit::failed, Permit::ignored, permit -> permit.ended("a result", null));
        finish(
                scenario,
                Setup.of(Way.BLOCKING),
                capacity,
                trial -> reports.forEach(trial::useByHand),
                trial -> Laws.counted("the policy", trial.gate().counts().calls(), reports.size(), true));
    }

    private static String message(BrokenLaw broken, Scenario scenario, Setup setup, @Nullable Trial trial) {
        List<String> trace = trial == null ? List.of() : List.copyOf(trial.trace);
        String who = trial == null
                ? "the policy"
                : PipelineDescriptor.of(trial.policy).toString();
        List<String> shown = trace.subList(Math.max(0, trace.size() - LINES), trace.size());
        return who + " breaks a law: " + broken.law.text + "\n  found:    " + broken.getMessage() + "\n  scenario: "
                + scenario.name() + "\n  way:      " + setup + "\n  trace:    "
                + (shown.size() < trace.size() ? "..., " : "") + String.join(", ", shown);
    }
}
