// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Call;
import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Event;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Manner.Rules;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Plan;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What calls go through: one policy as it is, or a pipeline, with all that its call's {@link Manner} says of it. */
final class Pipelines {
    private final Cast cast;
    private final Mischief mischief;
    /** By the name of their pipeline, which events tell. */
    private final Map<String, Made> calls = new ConcurrentHashMap<>();

    Pipelines(Cast cast, Mischief mischief) {
        this.cast = cast;
        this.mischief = mischief;
    }

    /** What a new call is made through. Each call that has one has a pipeline of its own, so that only it is heard there. */
    Policy<Object> of(Made call) {
        Plan plan = call.plan;
        List<Integer> way = plan.way();
        if (way.size() == 1 && plan.manner().needsNoPipeline()) {
            Guarding guarding = cast.guarded.get(way.get(0));
            if (guarding != null) {
                guarding.direct.incrementAndGet();
            }
            return cast.met(way.get(0), plan.number());
        }
        Pipeline<Object> made = around(way, plan.number()).named("call " + plan.number());
        calls.put(made.name(), call);
        if (plan.manner().rules() != Rules.NONE) {
            made = made.classifying(rules(plan));
        }
        if (plan.manner().bound() == Bound.PIPELINE) {
            made = made.within(Duration.ofMillis(plan.manner().limit()));
        } else if (plan.manner().bound() == Bound.DETACHED) {
            made = made.detached();
        }
        if (plan.manner().told()) {
            made.on(Event.CallCompleted.class, event -> call.completions.add(Made.Completion.of(event)));
        }
        return made;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // Arrays have no type arguments.
    private Pipeline<Object> around(List<Integer> way, int call) {
        return Pipeline.of((Policy<Object>[])
                way.stream().map(part -> cast.met(part, call)).toArray(Policy[]::new));
    }

    /** They come before those of the policies, so that what user code throws in them leaves those unasked. */
    private Classifier<Object> rules(Plan plan) {
        Classifier<Object> asked = Classifier.<Object>standard()
                .failIf(failure -> mischief.at(Place.RULE, plan.traps()))
                .failOnResult(value -> {
                    mischief.hasResult();
                    return mischief.at(Place.RULE, plan.traps());
                });
        return switch (plan.manner().rules()) {
            case IGNORE -> asked.ignore(Throwable.class);
            case SUCCEED -> asked.succeedOn(Labour.Failed.class);
            default -> asked;
        };
    }

    /** Whether a context is that of a call, as far as its pipeline can be told from those of others. */
    boolean isOf(Call context, Made call) {
        return calls.getOrDefault(context.name(), call) == call;
    }

    /** A gate tells how it has classified an outcome: did it ask the rules of the call's pipeline first? */
    void looksAt(Event.CallEnded event) {
        Made call = calls.get(event.pipeline().name());
        if (call == null || call.plan.ruleThrows() || !(event.outcome().failure() instanceof Labour.Failed)) {
            return;
        }
        Ending expected = switch (call.plan.manner().rules()) {
            case IGNORE -> Ending.IGNORED;
            case SUCCEED -> Ending.SUCCESS;
            default -> event.ending();
        };
        if (event.ending() != expected) {
            mischief.wrongs.add(
                    "a gate does not ask the rules of the pipeline first: " + event + " (expected: " + expected + ")");
        }
    }
}
