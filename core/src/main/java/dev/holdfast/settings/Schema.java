// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import dev.holdfast.Classifier;
import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All that can be set of a kind of policy in a file, and what can be set in code only.
 *
 * <pre>{@code
 * Schema<RetryBuilder<Object>> schema = Schema.of(new RetryBuilder<>(...))
 *         .setting("max-attempts", Kind.whole(1, 1_000), "How many attempts there are at most.", set, get)
 *         ...
 *         .inCodeOnly("retryIf", "delayFrom");
 * }</pre>
 *
 * <p>Defaults are not said here again: they are what a new builder has. Immutable: each method gives a new schema.
 *
 * @param <B> the builder
 */
public final class Schema<B> {
    /** A word such as {@code minimumCalls}. */
    private static final Pattern METHOD = Pattern.compile("\\b[a-z]+(?:[A-Z][a-z]*)+\\b");

    private final Map<String, Setting<B, ?>> settings;
    private final Set<String> codeOnly;

    private Schema(Map<String, Setting<B, ?>> settings, Set<String> codeOnly) {
        this.settings = settings;
        this.codeOnly = codeOnly;
    }

    /**
     * A schema without settings.
     *
     * @param <B> the builder
     * @return a schema
     */
    public static <B> Schema<B> empty() {
        return new Schema<>(Map.of(), Set.of());
    }

    /**
     * Adds a setting that has a default.
     *
     * @param <V> the values
     * @param name lower case, with hyphens
     * @param kind what values it takes
     * @param text what it does, in a sentence or two
     * @param set sets it; never gets {@code null}
     * @param get the value that a builder has
     * @return a new schema
     */
    public <V> Schema<B> setting(
            String name, Kind<V> kind, String text, BiConsumer<B, @Nullable V> set, Function<B, @Nullable V> get) {
        return with(new Setting<>(name, kind, text, set, get, false, false, false));
    }

    /**
     * Adds a setting that a policy can do without.
     *
     * @param <V> the values
     * @param name lower case, with hyphens
     * @param kind what values it takes
     * @param text what it does, in a sentence or two
     * @param set sets it; {@code null} takes it away
     * @param get the value that a builder has, or {@code null} for none
     * @return a new schema
     */
    public <V> Schema<B> optional(
            String name, Kind<V> kind, String text, BiConsumer<B, @Nullable V> set, Function<B, @Nullable V> get) {
        return with(new Setting<>(name, kind, text, set, get, false, false, true));
    }

    /**
     * Adds a setting that has to be given.
     *
     * @param <V> the values
     * @param name lower case, with hyphens
     * @param kind what values it takes
     * @param text what it does, in a sentence or two
     * @param set sets it
     * @param get the value that a builder has, or {@code null} before it was given
     * @return a new schema
     */
    public <V> Schema<B> required(
            String name, Kind<V> kind, String text, BiConsumer<B, @Nullable V> set, Function<B, @Nullable V> get) {
        return with(new Setting<>(name, kind, text, set, get, true, false, false));
    }

    /**
     * Adds a setting with a default that stays as it is once a policy is built.
     *
     * @param <V> the values
     * @param name lower case, with hyphens
     * @param kind what values it takes
     * @param text what it does, in a sentence or two
     * @param set sets it
     * @param get the value that a builder has, or {@code null} for none
     * @return a new schema
     */
    public <V> Schema<B> fixed(
            String name, Kind<V> kind, String text, BiConsumer<B, @Nullable V> set, Function<B, @Nullable V> get) {
        return with(new Setting<>(name, kind, text, set, get, false, true, false));
    }

    /**
     * Adds {@code ignore}, {@code fail-on} and {@code succeed-on}: lists of exception classes. To set one of them takes back rules that
     * were given in code.
     *
     * @param replace gives a builder these rules in place of all that it has
     * @param rules the rules that a builder has
     * @param base the rules that it has by itself, which are not shown
     * @return a new schema
     */
    public Schema<B> outcomes(
            BiConsumer<B, Classifier<@Nullable Object>> replace, Function<B, Classifier<?>> rules, Classifier<?> base) {
        Outcomes<B> outcomes = new Outcomes<>(replace, rules, base);
        return outcomes.addTo(this);
    }

    private Schema<B> with(Setting<B, ?> setting) {
        Map<String, Setting<B, ?>> more = new LinkedHashMap<>(settings);
        if (more.put(setting.name(), setting) != null) {
            throw new IllegalArgumentException("setting: " + setting.name() + " (expected: each name once)");
        }
        return new Schema<>(more, codeOnly);
    }

    /**
     * Says which methods of the builder have no setting, because what they take is code.
     *
     * @param methods their names
     * @return a new schema
     */
    public Schema<B> inCodeOnly(String... methods) {
        return new Schema<>(settings, Set.of(methods));
    }

    /**
     * The settings.
     *
     * @return in the order in which they were added
     */
    public List<Setting<B, ?>> settings() {
        return List.copyOf(settings.values());
    }

    /**
     * The methods of the builder that have no setting.
     *
     * @return their names
     */
    public Set<String> codeOnly() {
        return codeOnly;
    }

    /**
     * The first setting that has to be given, or the first of all: what a single value in place of a map is meant for.
     *
     * @return a setting; {@code null} if there is none
     */
    public @Nullable Setting<B, ?> main() {
        List<Setting<B, ?>> all = settings();
        return all.stream().filter(Setting::isRequired).findFirst().orElse(all.isEmpty() ? null : all.get(0));
    }

    /**
     * Sets on a builder what was written.
     *
     * @param builder a new builder, or one with other settings
     * @param given values by the settings' names; {@code null} takes a setting back to its default
     * @return what is wrong with it, each in a line; empty if nothing is
     */
    List<String> apply(B builder, B defaults, Map<String, ?> given) {
        List<String> problems = applyEach(builder, defaults, given);
        for (Setting<B, ?> setting : settings.values()) {
            if (setting.isRequired() && given.get(setting.name()) == null) {
                problems.add(setting.name() + ": missing (expected: "
                        + setting.kind().expected() + ")");
            }
        }
        return problems;
    }

    /** The same, of what is given only. */
    List<String> applyEach(B builder, B defaults, Map<String, ?> given) {
        List<String> problems = new ArrayList<>();
        for (Map.Entry<String, ?> entry : given.entrySet()) {
            Setting<B, ?> setting = settings.get(entry.getKey());
            if (setting == null) {
                problems.add(entry.getKey() + ": unknown" + Nearest.hint(entry.getKey(), settings.keySet()));
            } else {
                Object value = entry.getValue();
                trying(setting.name(), problems, () -> {
                    if (value == null) {
                        setting.copy(defaults, builder);
                    } else {
                        setting.setWritten(builder, value);
                    }
                });
            }
        }
        return problems;
    }

    private void trying(String name, List<String> problems, Runnable setting) {
        try {
            setting.run();
        } catch (IllegalArgumentException | UnsupportedOperationException wrong) {
            // A builder begins with the name of its method.
            String said = String.valueOf(wrong.getMessage()).replaceFirst("^[a-zA-Z]+: ", "");
            problems.add(name + ": " + inNamesOfFiles(said));
        }
    }

    /** What a builder says, whose methods are named as Java has it: the settings by the names that they have in files. */
    String inNamesOfFiles(@Nullable String message) {
        return METHOD.matcher(String.valueOf(message)).replaceAll(word -> {
            String name = word.group().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            return settings.containsKey(name) ? name : word.group();
        });
    }

    /** Does something with every setting. */
    void each(Consumer<Setting<B, ?>> action) {
        settings.values().forEach(Require.nonNull(action, "action"));
    }
}
