// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import dev.holdfast.Policy;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.UnaryOperator;

/**
 * A kind of policy, as those see it who make policies of settings without knowing any: what it is called, what can be set of it, where it
 * usually stands, how one is built and changed. Each pattern provides its own as a service; there is one object of each.
 *
 * <p>For the author of a pattern: an implementation is final, has a public constructor without parameters, and is named in the
 * {@code provides} clause of its module and in {@code META-INF/services/dev.holdfast.settings.PolicyType}. Safe to use from any thread.
 *
 * @param <P> the policies
 * @param <B> their builder
 */
public abstract class PolicyType<P extends Policy<?>, B> {
    private final String name;
    private final Class<?> policies;
    private final int place;
    private final Schema<B> schema;

    /**
     * Creates a type.
     *
     * @param name what it is called in files: lower case, with hyphens
     * @param policies the class of the policies
     * @param place where such a policy stands when nobody says in which order: those with smaller numbers are further out
     * @param schema what can be set
     */
    protected PolicyType(String name, Class<?> policies, int place, Schema<B> schema) {
        this.name = Require.name(name);
        this.policies = Require.nonNull(policies, "policies");
        this.place = place;
        this.schema = Require.nonNull(schema, "schema");
    }

    /**
     * Those that are on the class path, or in modules that are loaded.
     *
     * @return in the order in which such policies usually stand around each other, outermost first
     */
    public static List<PolicyType<?, ?>> all() {
        List<PolicyType<?, ?>> found = new ArrayList<>();
        for (PolicyType<?, ?> type : ServiceLoader.load(PolicyType.class, PolicyType.class.getClassLoader())) {
            found.add(type);
        }
        found.sort(Comparator.<PolicyType<?, ?>>comparingInt(PolicyType::place).thenComparing(PolicyType::name));
        return List.copyOf(found);
    }

    /**
     * What it is called in files.
     *
     * @return lower case, with hyphens
     */
    public final String name() {
        return name;
    }

    /**
     * Whether a policy is of this type.
     *
     * @param policy any policy
     * @return by its class
     */
    public final boolean isTypeOf(Policy<?> policy) {
        return policies.isInstance(policy);
    }

    /**
     * Whether policies of another type are of the same class, so that their names have to tell them apart.
     *
     * @param other a type
     * @return by the class of their policies
     */
    public final boolean isSameKindAs(PolicyType<?, ?> other) {
        return policies == other.policies;
    }

    /**
     * Where such a policy usually stands.
     *
     * @return smaller numbers are further out
     */
    public final int place() {
        return place;
    }

    /**
     * What can be set.
     *
     * @return all settings
     */
    public final Schema<B> schema() {
        return schema;
    }

    /**
     * Whether none can be made of settings alone, because it takes something that is code, such as the nodes that it asks. What such a policy
     * has besides can be changed by {@link #apply}.
     *
     * @return by default no
     */
    public boolean needsCode() {
        return false;
    }

    /**
     * Starts to build a policy.
     *
     * @param policy its name
     * @return a new builder, with all defaults; of settings that have to be given, with none
     */
    protected abstract B builder(String policy);

    /**
     * Builds a policy.
     *
     * @param builder a builder that has all that it needs
     * @return a new policy
     */
    protected abstract P build(B builder);

    /**
     * Finds out whether settings contradict each other.
     *
     * @param builder settings that a policy in use is going to have
     * @throws IllegalArgumentException if they do; by default, if no policy can be built of them
     */
    protected void check(B builder) {
        build(builder);
    }

    /**
     * The settings that a policy has now.
     *
     * @param policy a policy of this type
     * @return a copy
     */
    protected abstract B settingsOf(P policy);

    /**
     * Changes settings of a policy that is in use.
     *
     * @param policy a policy of this type
     * @param change gets the settings of now, and gives them back changed
     */
    protected abstract void reconfigure(P policy, UnaryOperator<B> change);

    /**
     * Builds a policy of what was written. It gets the environment of {@link dev.holdfast.Environment#standard()}; see
     * {@link dev.holdfast.Environment#building} for another one.
     *
     * @param policy its name
     * @param given values by the settings' names; those that are missing are defaults
     * @return a new policy
     * @throws SettingsException if something is wrong with the settings; it says all that is
     */
    public final P make(String policy, Map<String, ?> given) {
        return built(written(policy, given));
    }

    /**
     * Finds out what is wrong with settings, without building a policy that anybody gets.
     *
     * @param policy the name that the policy would have
     * @param given values by the settings' names
     * @return all that is wrong, each in a line; empty if nothing is
     */
    public final List<String> problems(String policy, Map<String, ?> given) {
        try {
            make(policy, given);
            return List.of();
        } catch (SettingsException wrong) {
            return wrong.problems();
        }
    }

    /**
     * Finds out which values cannot be read, each by itself: for settings of which others still may be written elsewhere.
     *
     * @param given values by the settings' names
     * @return all that is wrong, each in a line, without what is missing or contradicts each other; empty if nothing is
     */
    public final List<String> problemsOfEach(Map<String, ?> given) {
        return schema.applyEach(builder(name), builder(name), given);
    }

    private B written(String policy, Map<String, ?> given) {
        B builder = builder(policy);
        List<String> problems = schema.apply(builder, builder(policy), given);
        if (problems.isEmpty()) {
            return builder;
        }
        throw SettingsException.of(problems);
    }

    /** Some settings contradict each other, which only shows when they are all there. */
    private P built(B builder) {
        try {
            return build(builder);
        } catch (IllegalArgumentException | UnsupportedOperationException wrong) {
            throw SettingsException.of(List.of(schema.inNamesOfFiles(wrong.getMessage())));
        }
    }

    /**
     * Gives a policy that is in use the settings that were written, and to those that are missing their defaults. What is set as it was
     * changes nothing, and the policy keeps its state.
     *
     * @param policy a policy of this type
     * @param given values by the settings' names
     * @throws SettingsException if something is wrong with the settings, or one of them cannot be changed; then nothing has changed
     */
    public final void apply(P policy, Map<String, ?> given) {
        change(policy, given).run();
    }

    /**
     * {@link #apply} to a policy of which only the type is known.
     *
     * @param policy a policy
     * @param given values by the settings' names
     * @throws SettingsException if something is wrong with the settings, or one of them cannot be changed; then nothing has changed
     * @throws ClassCastException if it is {@linkplain #isTypeOf of another type}
     */
    @SuppressWarnings("unchecked") // The class is checked first.
    public final void applyTo(Policy<?> policy, Map<String, ?> given) {
        apply((P) policies.cast(policy), given);
    }

    /**
     * {@link #apply} in two steps, for who changes several policies, or none if anything is wrong.
     *
     * @param policy a policy of this type
     * @param given values by the settings' names
     * @return makes the change
     * @throws SettingsException if something is wrong with the settings, or one of them cannot be changed
     */
    public final Runnable change(P policy, Map<String, ?> given) {
        B wanted = written(policy.name(), given);
        if (!needsCode()) {
            built(wanted);
        }
        B there = settingsOf(policy);
        List<String> problems = new ArrayList<>();
        schema.each(setting -> {
            if (setting.isFixed() && !setting.shown(there).equals(setting.shown(wanted))) {
                problems.add(setting.name() + ": " + setting.shown(wanted) + " (expected: " + setting.shown(there)
                        + " as before, because it cannot be changed while the policy is used)");
            }
        });
        if (problems.isEmpty()) {
            try {
                check(changed(settingsOf(policy), wanted));
            } catch (IllegalArgumentException wrong) {
                problems.add(schema.inNamesOfFiles(wrong.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw SettingsException.of(problems);
        }
        return () -> reconfigure(policy, now -> changed(now, wanted));
    }

    private B changed(B now, B wanted) {
        schema.each(setting -> {
            if (!setting.isFixed() && !setting.shown(now).equals(setting.shown(wanted))) {
                setting.copy(wanted, now);
            }
        });
        return now;
    }

    /**
     * The settings that a policy has now, as they are written.
     *
     * @param policy a policy of this type
     * @return values by the settings' names, {@code none} where there is none
     * @throws ClassCastException if it is of another type
     */
    @SuppressWarnings("unchecked") // Asked by isTypeOf first.
    public final Map<String, String> settings(Policy<?> policy) {
        B now = settingsOf((P) policies.cast(policy));
        Map<String, String> shown = new LinkedHashMap<>();
        schema.each(setting -> shown.put(setting.name(), setting.shown(now)));
        return shown;
    }

    /**
     * The defaults, as they are written.
     *
     * @return values by the settings' names, {@code none} where there is none
     */
    public final Map<String, String> defaults() {
        B builder = builder(name);
        Map<String, String> shown = new LinkedHashMap<>();
        schema.each(setting -> shown.put(setting.name(), setting.shown(builder)));
        return shown;
    }

    @Override
    public final String toString() {
        return name;
    }
}
