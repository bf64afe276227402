// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import dev.holdfast.internal.Require;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting of a kind of policy: its name, its values, its default, and a line on what it does. Immutable.
 *
 * @param <B> the builder that has it
 * @param <V> the values
 */
public final class Setting<B, V> {
    /** What is shown, and may be written, where there is no value. */
    private static final String NONE = "none";

    private final String name;
    private final Kind<V> kind;
    private final String text;
    private final BiConsumer<B, @Nullable V> set;
    private final Function<B, @Nullable V> get;
    private final boolean required;
    private final boolean fixed;
    private final boolean optional;

    Setting(
            String name,
            Kind<V> kind,
            String text,
            BiConsumer<B, @Nullable V> set,
            Function<B, @Nullable V> get,
            boolean required,
            boolean fixed,
            boolean optional) {
        this.name = Require.name(name);
        this.kind = kind;
        this.text = text;
        this.set = set;
        this.get = get;
        this.required = required;
        this.fixed = fixed;
        this.optional = optional;
    }

    /**
     * Its name in files.
     *
     * @return lower case, with hyphens
     */
    public String name() {
        return name;
    }

    /**
     * What values it takes.
     *
     * @return a kind
     */
    public Kind<V> kind() {
        return kind;
    }

    /**
     * What it does.
     *
     * @return a sentence or two
     */
    public String text() {
        return text;
    }

    /**
     * Whether it has to be given.
     *
     * @return {@code false} if there is a default
     */
    public boolean isRequired() {
        return required;
    }

    /**
     * Whether it can only be given when a policy is built, and not in a reconfiguration.
     *
     * @return whether it stays as it is
     */
    public boolean isFixed() {
        return fixed;
    }

    /**
     * Whether a policy can do without: then {@code none} may be written.
     *
     * @return {@code false} if there is always a value
     */
    public boolean isOptional() {
        return optional;
    }

    /** The value that a builder has; {@code null} where there is none, as of a limit that is not set. */
    @Nullable V get(B builder) {
        return get.apply(builder);
    }

    /** {@code null} takes the setting back, where a policy can do without. */
    void set(B builder, @Nullable V value) {
        set.accept(builder, value);
    }

    /** Sets what was written; {@code none} where a policy can do without. */
    void setWritten(B builder, Object written) {
        boolean none = optional && written.toString().trim().equals(NONE);
        set(builder, none ? null : kind.read(written));
    }

    /** Sets what another builder has. */
    void copy(B from, B to) {
        set(to, get(from));
    }

    /**
     * The value that a builder has, as it is written.
     *
     * @param builder a builder
     * @return {@code none} where there is none
     */
    public String shown(B builder) {
        V value = get(builder);
        String written = value == null ? "" : kind.write(value);
        return written.isEmpty() ? NONE : written;
    }

    @Override
    public String toString() {
        return name;
    }
}
