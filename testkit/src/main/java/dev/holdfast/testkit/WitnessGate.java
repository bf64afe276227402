// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes down who comes and goes. */
final class WitnessGate extends Gate {
    private final boolean refuses;
    private final Consumer<String> trace;
    private final Consumer<Throwable> onRefusal;

    WitnessGate(
            String name,
            Environment environment,
            boolean refuses,
            Consumer<String> trace,
            Consumer<Throwable> onRefusal) {
        super(name, environment);
        this.refuses = refuses;
        this.trace = trace;
        this.onRefusal = onRefusal;
    }

    @Override
    protected long enter(long now) {
        trace.accept((refuses ? "!" : "+") + name());
        return refuses ? REFUSED : 0;
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        trace.accept("-" + name() + " " + ending);
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        RejectedException rejection = new Refused(name());
        onRefusal.accept(rejection);
        return rejection;
    }

    @Override
    public String toString() {
        return "WitnessGate[" + quotedName() + "]";
    }

    private static final class Refused extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refused(String policy) {
            super(policy, UNKNOWN);
        }
    }
}
