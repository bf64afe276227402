// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.modelchecks;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * How this module runs Lincheck. Scenarios come from a fixed seed, so a model that passes, or a mutant that is caught, is
 * so each time. {@code -Dholdfast.long=true} takes more of them.
 *
 * <p>Lincheck assumes sequential consistency: what it cannot see, the jcstress tests of this module look at.
 */
public final class Models {
    private static final boolean LONG = Boolean.getBoolean("holdfast.long");

    private Models() {}

    /** Two threads of three operations each, between two before and one after. */
    public static ModelCheckingOptions options() {
        return new ModelCheckingOptions()
                .iterations(LONG ? 60 : 6)
                .invocationsPerIteration(LONG ? 500 : 60)
                .threads(2)
                .actorsBefore(2)
                .actorsPerThread(3)
                .actorsAfter(1)
                .addGuarantee(forClasses(Models::isSequential).allMethods().ignore())
                .minimizeFailedScenario(false)
                // A busy machine is no deadlock; the name is mangled because the method is not for everybody.
                .invocationTimeout$lincheck(120_000);
    }

    /** What one thread does on objects of its own, or once: no place to switch threads at, and not worth a look inside. */
    private static boolean isSequential(String type) {
        return type.startsWith("java.math.")
                || type.startsWith("java.time.")
                || type.startsWith("java.util.stream.")
                || type.startsWith("java.util.ArrayDeque")
                || type.startsWith("java.util.ArrayList")
                || type.startsWith("java.util.ImmutableCollections")
                || type.startsWith("java.util.concurrent.atomic.LongAdder")
                || type.startsWith("org.slf4j.")
                || type.equals("dev.holdfast.internal.Contention")
                // An entry for each thread, which no other looks at; Lincheck would look at all of the large table each
                // time.
                || type.startsWith("dev.holdfast.Interruptions")
                || type.startsWith("dev.holdfast.") && type.endsWith("Builder");
    }

    /** The same; besides, each operation must end whatever the other threads have stopped in the middle of. */
    public static ModelCheckingOptions lockFree() {
        return options().checkObstructionFreedom(true);
    }

    /** One operation a thread and nothing around it: for models whose operations run once. */
    public static ModelCheckingOptions race() {
        return lockFree()
                .iterations(4)
                .invocationsPerIteration(LONG ? 5_000 : 80)
                .actorsBefore(0)
                .actorsPerThread(1)
                .actorsAfter(0);
    }

    /**
     * A negative control: the mutant must be caught, and for the reason that it was made for.
     *
     * @param reason what Lincheck's report begins with
     * @param run what runs the mutant's model
     */
    public static void caught(String reason, Runnable run) {
        assertThatThrownBy(run::run).isInstanceOf(LincheckAssertionError.class).hasMessageContaining(reason);
    }
}
