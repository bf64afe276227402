// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes one result of the answers of a quorum. It does not depend on the order in which they came.
 *
 * @param <T> what the nodes are
 * @param <R> their results
 */
final class Combining<T, R extends @Nullable Object> {
    /** {@code null} where the answers are enough to know. */
    private final @Nullable Function<? super Tally<T, R>, ? extends R> byTally;
    /** {@code null} unless the newest counts. */
    private final @Nullable Comparator<@Nullable R> versions;

    /** What the application makes of siblings, so that a sibling is out of date as well; {@code null}: the first one counts. */
    private final @Nullable Function<? super List<R>, ? extends R> siblings;

    private Combining(
            @Nullable Function<? super Tally<T, R>, ? extends R> byTally,
            @Nullable Comparator<@Nullable R> versions,
            @Nullable Function<? super List<R>, ? extends R> siblings) {
        this.byTally = byTally;
        this.versions = versions;
        this.siblings = siblings;
    }

    static <T, R extends @Nullable Object> Combining<T, R> by(Function<? super Tally<T, R>, ? extends R> rule) {
        return new Combining<>(rule, null, null);
    }

    /** The answer of the node that was listed first. */
    static <T, R extends @Nullable Object> Combining<T, R> first() {
        return new Combining<>(null, null, null);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // The rule is not given null.
    static <T, R extends @Nullable Object> Combining<T, R> newest(
            Comparator<? super R> rule, @Nullable Function<? super List<R>, ? extends R> siblings) {
        return new Combining<>(null, Comparator.nullsFirst((Comparator<R>) rule), siblings);
    }

    /** The result of these answers, which are in the order in which the nodes were listed. */
    R of(List<R> answers, Supplier<Tally<T, R>> tally) {
        if (byTally != null) {
            return byTally.apply(tally.get());
        }
        if (versions != null) {
            keepNewest(answers, versions);
        }
        return answers.size() == 1 || siblings == null
                ? answers.get(0)
                : siblings.apply(Collections.unmodifiableList(answers));
    }

    /** Of those that are equal the first. */
    private static <R extends @Nullable Object> void keepNewest(List<R> answers, Comparator<@Nullable R> versions) {
        int kept = 0;
        for (int i = 0; i < answers.size(); i++) {
            R answer = answers.get(i);
            int compared = kept == 0 ? 1 : versions.compare(answer, answers.get(0));
            if (compared > 0) {
                kept = 0;
            }
            if (compared >= 0 && !contains(answers, kept, answer)) {
                answers.set(kept, answer);
                kept++;
            }
        }
        answers.subList(kept, answers.size()).clear();
    }

    private static boolean contains(List<?> answers, int kept, @Nullable Object answer) {
        for (int i = 0; i < kept; i++) {
            if (Objects.equals(answers.get(i), answer)) {
                return true;
            }
        }
        return false;
    }

    boolean isNewest() {
        return versions != null;
    }

    /** Whether a node that has answered this is to be given the result. */
    boolean isOlder(R answer, R result) {
        int compared = versions == null ? 0 : versions.compare(answer, result);
        return compared < 0 || (compared == 0 && siblings != null && !Objects.equals(answer, result));
    }
}
