// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which exception classes are what: three settings of one classifier. */
final class Outcomes<B> {
    private final BiConsumer<B, Classifier<@Nullable Object>> replace;
    private final Function<B, Classifier<?>> rules;
    private final Classifier<?> base;

    Outcomes(
            BiConsumer<B, Classifier<@Nullable Object>> replace, Function<B, Classifier<?>> rules, Classifier<?> base) {
        this.replace = replace;
        this.rules = rules;
        this.base = base;
    }

    Schema<B> addTo(Schema<B> schema) {
        Schema<B> ignoring = add(schema, "ignore", "Exceptions that say nothing about the dependency.", Ending.IGNORED);
        Schema<B> failing = add(ignoring, "fail-on", "Exceptions that are failures in any case.", Ending.FAILURE);
        return add(
                failing,
                "succeed-on",
                "Exceptions that show a healthy dependency, such as one that says that there is no such item.",
                Ending.SUCCESS);
    }

    private Schema<B> add(Schema<B> schema, String name, String text, Ending ending) {
        return schema.optional(
                name,
                Kind.listOf(Kind.exception()),
                text,
                (builder, types) -> set(builder, ending, types == null ? List.of() : types),
                builder -> given(builder, ending).isEmpty() ? null : given(builder, ending));
    }

    private List<Class<? extends Throwable>> given(B builder, Ending ending) {
        List<Class<? extends Throwable>> types =
                new ArrayList<>(rules.apply(builder).classes(ending));
        types.removeAll(base.classes(ending));
        types.sort(Comparator.comparing(Class::getName));
        return types;
    }

    private void set(B builder, Ending ending, List<Class<? extends Throwable>> types) {
        Map<Ending, List<Class<? extends Throwable>>> all = new EnumMap<>(Ending.class);
        for (Ending each : Ending.values()) {
            all.put(each, each == ending ? types : given(builder, each));
        }
        Classifier<@Nullable Object> made = Classifier.standard();
        for (Map.Entry<Ending, List<Class<? extends Throwable>>> each : all.entrySet()) {
            Class<? extends Throwable>[] array = array(each.getValue());
            made = switch (each.getKey()) {
                case SUCCESS -> made.succeedOn(array);
                case FAILURE -> made.failOn(array);
                case IGNORED -> made.ignore(array);
            };
        }
        replace.accept(builder, made);
    }

    @SuppressWarnings("unchecked") // Generic arrays cannot be made otherwise.
    private static Class<? extends Throwable>[] array(List<Class<? extends Throwable>> types) {
        return types.toArray(Class[]::new);
    }
}
