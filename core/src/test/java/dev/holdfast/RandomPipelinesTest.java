// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Lab.Mode;
import dev.holdfast.Lab.Outcome;
import dev.holdfast.Lab.Step;
import dev.holdfast.Lab.TracedGate;
import dev.holdfast.Lab.TracedRecovery;
import dev.holdfast.Lab.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Laws on pipelines and scripts that are built at random; a seed that fails is in the message. */
@Timeout(60)
class RandomPipelinesTest {
    private static final int PIPELINES = Lab.many(1_500, 500);

    /** Builds the same pipeline and script again for the same seed. */
    private static final class Scenario {
        final Lab lab = new Lab();
        final Policy<Object> policy;
        final Step[] script;
        private final SplittableRandom random;

        Scenario(long seed) {
            random = new SplittableRandom(seed);
            // What a broken gate throws looks like a failure of the work to those outside of it, and a blocking engine
            // that has interrupted the work has to take it through them: so not both in one pipeline.
            boolean timed = random.nextBoolean();
            List<Policy<Object>> policies = new ArrayList<>();
            for (int i = random.nextInt(11); i > 0; i--) {
                policies.add(policy(Character.toString('a' + policies.size()), timed));
            }
            policy = Lab.pipeline(policies);
            if (random.nextInt(3) == 0
                    && policies.stream().anyMatch(policy -> !policy.events().isEmpty())) {
                policy.on(Event.class, this::write);
            }
            script = new Step[1 + random.nextInt(4)];
            for (int i = 0; i < script.length; i++) {
                script[i] = step(i);
            }
        }

        private void write(Event event) {
            if (event instanceof Event.CallCompleted) {
                // Told by the pipeline that a call goes through, and here there are several of the same policies.
                return;
            }
            String took = event instanceof Event.CallEnded ended ? " " + ended.elapsed() : "";
            lab.trace.add(event.getClass().getSimpleName() + " " + event.policy() + took);
        }

        private Policy<Object> policy(String name, boolean timed) {
            switch (random.nextInt(11)) {
                case 0:
                    Duration delay = random.nextBoolean() ? Duration.ZERO : upTo(20);
                    Lab.TracedLoop loop = lab.loop(name, 1 + random.nextInt(4), delay);
                    loop.maxNanos = random.nextBoolean() ? Loop.NO_LIMIT : upTo(60).toNanos();
                    loop.classifier = Classifier.standard().failOnResult(value -> "poor".equals(value));
                    return loop;
                case 1:
                    TracedRecovery recovery = lab.recovery(name, "instead of " + name);
                    recovery.throwing = random.nextInt(3) == 0 ? new IllegalStateException(name) : null;
                    return recovery;
                case 2:
                case 3:
                    return timed ? lab.deadline(name, upTo(40)) : gate(name, false);
                case 4:
                    // Not where a deadline may end it: attempts that are called off leave their gates later than the
                    // call does.
                    return timed ? gate(name, true) : race(name);
                case 5:
                    Lab.TracedAround around = lab.around(name);
                    around.on = random.nextInt(4) > 0;
                    around.wantsCall = random.nextInt(4) == 0;
                    return around;
                default:
                    return gate(name, timed);
            }
        }

        private Lab.TracedRace race(String name) {
            Lab.TracedRace race = lab.race(name, 1 + random.nextInt(3), Duration.ofNanos(Race.HOLD));
            race.classifier = Classifier.standard()
                    .failOnResult(value -> "poor".equals(value))
                    .failOn(random.nextBoolean() ? RejectedException.class : Exception.class);
            race.leases = random.nextInt(3) > 0 ? number -> null : number -> Lease.of(number, lab.gate(name + number));
            return race;
        }

        private TracedGate gate(String name, boolean timed) {
            TracedGate gate = lab.gate(name);
            gate.asksAtEnter = random.nextBoolean();
            gate.asksAtExit = random.nextBoolean();
            int at = 1 + random.nextInt(3);
            RuntimeException broken = new IllegalStateException("broken " + name);
            switch (random.nextInt(6)) {
                case 0:
                    gate.executor = Runnable::run;
                    break;
                case 1:
                    // Not where a caller may leave the work behind: then two threads write down what they do.
                    gate.executor = timed ? Runnable::run : lab.time.executor();
                    break;
                default:
            }
            switch (random.nextInt(8)) {
                case 0:
                    gate.refuses = number -> number == at;
                    break;
                case 1:
                    Duration granted = random.nextBoolean() ? upTo(20) : null;
                    Wait wait = new Wait(upTo(20), granted, random.nextInt(3) > 0);
                    gate.waits = number -> number >= at ? wait : null;
                    break;
                case 3:
                    if (!timed) {
                        gate.enterThrows = number -> number == at ? broken : null;
                    }
                    break;
                case 4:
                    if (!timed) {
                        gate.exitThrows = number -> number == at ? broken : null;
                    }
                    break;
                case 5:
                    if (!timed) {
                        gate.classifierThrows = number -> number == at ? broken : null;
                    }
                    break;
                default:
            }
            return gate;
        }

        private Step step(int number) {
            Duration takes = random.nextInt(3) == 0 ? Duration.ZERO : upTo(20);
            switch (random.nextInt(6)) {
                case 0:
                    return Step.fails(new Exception("work " + number)).after(takes);
                case 1:
                    return Step.fails(new Error("work " + number)).after(takes);
                case 2:
                    return Step.fails(new CancellationException("work " + number))
                            .after(takes);
                case 3:
                    return Step.gives("poor").after(takes);
                default:
                    return Step.gives(random.nextBoolean() ? "value " + number : null)
                            .after(takes);
            }
        }

        /** To the nanosecond, so that nothing but what is meant to happen happens at the same time. */
        private Duration upTo(int millis) {
            return Duration.ofNanos(1 + random.nextLong(millis * 1_000_000L));
        }

        Result run(Mode mode) {
            Outcome outcome = lab.run(mode, policy, script);
            return new Result(outcome.text(), lab.trace, lab.time.nanoTime());
        }
    }

    private record Result(String outcome, List<String> trace, long tookNanos) {}

    @Test
    @DisplayName("Law: exits equal enters, innermost first, and blocking and asynchronous calls have the same trace")
    void balancedAndTheSame() {
        for (long seed = 0; seed < PIPELINES; seed++) {
            Result expected = null;
            for (Mode mode : Mode.values()) {
                Scenario scenario = new Scenario(seed);
                String description = "seed " + seed + " " + mode + " " + scenario.policy;
                Result result = scenario.run(mode);
                scenario.lab.assertBalanced(description);
                expected = expected == null ? result : expected;
                assertThat(result).as(description).isEqualTo(expected);
            }
        }
    }

    @Test
    @DisplayName("Law: of(a).then(b) and of(a, of(b)) run as of(a, b) does")
    void associative() {
        for (long seed = 0; seed < 500; seed++) {
            List<Result> results = new ArrayList<>();
            for (int form = 0; form < 3; form++) {
                Scenario scenario = new Scenario(seed);
                List<Policy<?>> flat = ((Pipeline<?>) scenario.policy).policies();
                int middle = flat.size() / 2;
                Pipeline<Object> outer = part(flat.subList(0, middle));
                Pipeline<Object> inner = part(flat.subList(middle, flat.size()));
                List<Policy<Object>> forms = List.of(scenario.policy, outer.then(inner), Pipeline.of(outer, inner));
                Outcome outcome = scenario.lab.run(Mode.SYNC, forms.get(form), scenario.script);
                results.add(new Result(outcome.text(), scenario.lab.trace, scenario.lab.time.nanoTime()));
            }
            assertThat(results).as("seed %d", seed).allMatch(results.get(0)::equals);
        }
    }

    @SuppressWarnings("unchecked")
    private static Pipeline<Object> part(List<Policy<?>> policies) {
        return Lab.pipeline((List<Policy<Object>>) (List<?>) policies);
    }
}
