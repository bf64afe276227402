// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.verification.chaotic.Manner.Bound;
import dev.holdfast.verification.chaotic.Manner.Form;
import dev.holdfast.verification.chaotic.Program.Place;
import dev.holdfast.verification.chaotic.Program.Plan;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Makes a call as its plan says: in its form, and within its limit. Of forms that differ only in an argument, one call in two has each. */
final class Calling {
    private final Execution execution;
    private final Labour labour;

    Calling(Execution execution, Labour labour) {
        this.execution = execution;
        this.labour = labour;
    }

    void make(Made call) throws Throwable {
        Made.Argument argument = new Made.Argument(call);
        call.argument = new WeakReference<>(argument);
        Plan plan = call.plan;
        Policy<Object> pipeline = execution.cast.pipelines.of(call);
        if (execution.cast.counted(plan.way().get(0), plan.number()) instanceof Gate first) {
            execution.cast.gates.get(first).arrived.incrementAndGet();
        }
        Bound bound = plan.manner().bound();
        call.entered = execution.ground.nanoTime();
        if (bound != Bound.ENVIRONMENT && bound != Bound.DETACHED) {
            make(call, pipeline, argument);
            return;
        }
        Environment environment = execution.ground.environment;
        environment.<Exception>runWithin(Duration.ofMillis(plan.manner().limit()), () -> {
            call.entered = execution.ground.nanoTime();
            make(call, pipeline, argument);
        });
    }

    private void make(Made call, Policy<Object> pipeline, Made.Argument argument) throws Exception {
        Plan plan = call.plan;
        if (!plan.async()) {
            call.value = plan.shape().hasResult() ? block(pipeline, plan, argument) : run(pipeline, plan, argument);
            return;
        }
        CompletableFuture<Object> future = begin(pipeline, plan, argument);
        future.whenComplete((value, failure) -> {
            call.value = value;
            call.failure = failure;
        });
        call.future = future;
        if (plan.traps().stream().anyMatch(trap -> trap.place() == Place.DEPENDENT)) {
            future.whenComplete((value, failure) ->
                    Labour.userCode(call, () -> execution.mischief.at(Place.DEPENDENT, plan.traps())));
        }
    }

    private static boolean hasArgument(Plan plan) {
        return plan.number() % 2 == 0;
    }

    private Object block(Policy<Object> pipeline, Plan plan, Made.Argument argument) throws Exception {
        return switch (plan.manner().form()) {
            case WITH_CALL ->
                hasArgument(plan)
                        ? pipeline.<Made.Argument, Object, Exception>checkedFunctionWith(
                                        (context, it) -> labour.work(it, context))
                                .apply(argument)
                        : pipeline.<Object, Exception>callCheckedWith(context -> labour.work(argument, context));
            case INTERRUPTIBLE ->
                hasArgument(plan)
                        ? pipeline.<Made.Argument, Object, Exception>interruptibleFunction(it -> labour.work(it, null))
                                .apply(argument)
                        : pipeline.<Object, Exception>callInterruptibly(() -> labour.work(argument, null));
            default ->
                pipeline.<Made.Argument, Object, Exception>checkedFunction(it -> labour.work(it, null))
                        .apply(argument);
        };
    }

    private Object run(Policy<Object> pipeline, Plan plan, Made.Argument argument) throws Exception {
        if (plan.manner().form() == Form.PLAIN) {
            pipeline.<Made.Argument, Exception>checkedConsumer(it -> labour.work(it, null))
                    .accept(argument);
        } else if (hasArgument(plan)) {
            pipeline.<Made.Argument>consumerWith((context, it) -> labour.unchecked(it, context))
                    .accept(argument);
        } else {
            pipeline.<Exception>runCheckedWith(context -> labour.work(argument, context));
        }
        return null;
    }

    @SuppressWarnings("unchecked") // Nobody knows the type of a result that is none.
    private CompletableFuture<Object> begin(Policy<Object> pipeline, Plan plan, Made.Argument argument) {
        if (plan.shape().hasResult()) {
            return plan.manner().form() == Form.PLAIN
                    ? pipeline.<Made.Argument, Object>asyncFunction(it -> labour.stage(it, null))
                            .apply(argument)
                    : hasArgument(plan)
                            ? pipeline.<Made.Argument, Object>asyncFunctionWith(
                                            (context, it) -> labour.stage(it, context))
                                    .apply(argument)
                            : pipeline.callAsyncWith(context -> labour.stage(argument, context));
        }
        CompletableFuture<?> future = plan.manner().form() == Form.PLAIN
                ? pipeline.<Made.Argument>asyncConsumer(it -> labour.stage(it, null))
                        .apply(argument)
                : pipeline.runAsyncWith(context -> labour.stage(argument, context));
        return (CompletableFuture<Object>) future;
    }
}
