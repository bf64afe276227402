// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.internal.Require;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What all faults of calls have in common: which calls they are for. Not thread-safe; what is built keeps a copy.
 *
 * @param <B> the builder
 */
public abstract sealed class InjectionBuilder<B extends InjectionBuilder<B>> permits Chaos.Builder, ChaosReply.Builder {
    final String name;
    Environment environment = Environment.standard();

    @Nullable Predicate<? super Call> only;

    @Nullable Function<? super Call, ? extends @Nullable Object> sticky;

    int every = 1;

    InjectionBuilder(String name) {
        this.name = Require.name(name);
    }

    abstract B self();

    /**
     * Where time and timers come from. It must be that of the experiments which arm it.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public final B environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return self();
    }

    /**
     * Only calls for which this holds. As long as an experiment has it armed, calls have their context built for it, which costs an
     * allocation and a clock reading; calls that are under way when it is armed have none, and are left alone.
     *
     * <pre>{@code
     * .only(call -> call.argument().filter(Canary::is).isPresent())
     * }</pre>
     *
     * @param value must be quick; if it throws, which is logged, nothing is injected; default: all calls
     * @return this builder
     */
    public final B only(Predicate<? super Call> value) {
        only = Require.nonNull(value, "only");
        return self();
    }

    /**
     * Chooses by what a call is about, and not by chance: calls with the same key have the same faults for as long as one experiment, and the
     * rates are shares of keys.
     *
     * @param value gives the key, of a class with a {@code hashCode} that is the same in all processes, such as {@code String}; calls for
     *     which it gives {@code null} are left alone; default: each call by itself
     * @return this builder
     */
    public final B stickyBy(Function<? super Call, ? extends @Nullable Object> value) {
        sticky = Require.nonNull(value, "stickyBy");
        return self();
    }

    /**
     * Only each n-th of the calls that match; rates are shares of these.
     *
     * @param value from 1 up; default: 1, all
     * @return this builder
     */
    public final B every(int value) {
        every = Require.range(value, 1, Integer.MAX_VALUE, "every");
        return self();
    }

    final Aim aim() {
        return new Aim(only, sticky, every);
    }
}
