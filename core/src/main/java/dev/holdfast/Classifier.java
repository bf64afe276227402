// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides how a call ended: success, failure or ignored. All policies use this one type.
 *
 * <p>For something thrown, in this order:
 * <ol>
 *   <li>the predicates, in the order in which they were added: the first that accepts it decides;
 *   <li>the rules on classes: the one on the most specific class decides, whatever the order in which they were added;
 *       a later rule on the same class replaces the earlier.
 * </ol>
 * For a result: the predicates on results in the order in which they were added, and {@link Ending#SUCCESS} where none
 * accepts it. Calls without a result ({@code run}, {@code consumer}, {@code runAsync}, ...) have none to ask about: what ends
 * without an exception there is a success.
 *
 * <p><b>Wrappers</b> that say nothing themselves are looked through, and rules see their cause: a
 * {@link java.util.concurrent.CompletionException}, an {@link java.util.concurrent.ExecutionException}, and, themselves and no class
 * below them, an {@link java.io.UncheckedIOException}, an {@link java.lang.reflect.InvocationTargetException} and an
 * {@link java.lang.reflect.UndeclaredThrowableException}. A rule on one of these classes could never apply, and is refused.
 *
 * <p>{@link #standard()} is where every classifier starts. As class rules it has: everything is a failure, except that
 * a {@link RejectedException} of another policy, a {@link CallInterruptedException}, an {@link InterruptedException} and
 * a {@link CancellationException} are ignored, because they say nothing about the dependency. A rule on a class above
 * one of these, such as {@code RuntimeException}, does not touch them; a rule on the class itself does. Classes are those of one
 * class loader: the refusal of a policy from another copy of Holdfast, in a plugin say, is an exception like any other.
 *
 * <p>Immutable: each method gives a new classifier; a predicate that is there already is not added again.
 *
 * <p><b>What a predicate throws</b> is never the outcome of a call. It is logged, with the policy's name, once a minute at most, and
 * the policy ignores the call: it does not count, repeat or replace the outcome, which stands as it is. If that is a failure, it
 * carries what the predicate threw as a suppressed exception. (Asked by hand, {@link #classify} throws it.)
 *
 * @param <R> the results that its predicates look at
 */
public final class Classifier<R extends @Nullable Object> {
    private static final Classifier<@Nullable Object> STANDARD = new Classifier<>(
            Map.of(
                    Throwable.class, Ending.FAILURE,
                    RejectedException.class, Ending.IGNORED,
                    CallInterruptedException.class, Ending.IGNORED,
                    InterruptedException.class, Ending.IGNORED,
                    CancellationException.class, Ending.IGNORED),
            List.of(),
            List.of());

    private final Map<Class<?>, Ending> classes;
    /** Those of {@link #classes}, the deepest first: the first that a failure is an instance of is the most specific. */
    private final Class<?>[] deepestFirst;

    private final Ending[] endings;
    private final List<Rule<Throwable>> failures;
    private final List<Rule<R>> results;
    private final boolean looksAtResults;

    private Classifier(Map<Class<?>, Ending> classes, List<Rule<Throwable>> failures, List<Rule<R>> results) {
        this.classes = classes;
        this.deepestFirst = classes.keySet().stream()
                .sorted(Comparator.comparingInt(type -> -depth(type)))
                .toArray(Class<?>[]::new);
        this.endings = Arrays.stream(deepestFirst).map(classes::get).toArray(Ending[]::new);
        this.failures = failures;
        this.results = results;
        this.looksAtResults = !results.isEmpty();
    }

    /**
     * The rules that every policy starts from.
     *
     * @return the shared instance
     */
    public static Classifier<@Nullable Object> standard() {
        return STANDARD;
    }

    /**
     * Takes these exceptions, and those below them, for failures.
     *
     * @param types exception classes
     * @return a new classifier
     * @throws IllegalArgumentException if one is a wrapper that is looked through
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    public final Classifier<R> failOn(Class<? extends Throwable>... types) {
        return withClasses(Ending.FAILURE, types);
    }

    /**
     * Ignores these exceptions, and those below them.
     *
     * @param types exception classes
     * @return a new classifier
     * @throws IllegalArgumentException if one is a wrapper that is looked through
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    public final Classifier<R> ignore(Class<? extends Throwable>... types) {
        return withClasses(Ending.IGNORED, types);
    }

    /**
     * Takes these exceptions, and those below them, for successes: an answer "not found" shows a healthy dependency.
     *
     * @param types exception classes
     * @return a new classifier
     * @throws IllegalArgumentException if one is a wrapper that is looked through
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // The array is only read.
    public final Classifier<R> succeedOn(Class<? extends Throwable>... types) {
        return withClasses(Ending.SUCCESS, types);
    }

    /**
     * Takes what a predicate accepts for a failure.
     *
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public Classifier<R> failIf(Predicate<? super Throwable> predicate) {
        return new Classifier<>(classes, plus(failures, Ending.FAILURE, predicate), results);
    }

    /**
     * Ignores what a predicate accepts.
     *
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public Classifier<R> ignoreIf(Predicate<? super Throwable> predicate) {
        return new Classifier<>(classes, plus(failures, Ending.IGNORED, predicate), results);
    }

    /**
     * Takes what a predicate accepts for a success.
     *
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public Classifier<R> succeedIf(Predicate<? super Throwable> predicate) {
        return new Classifier<>(classes, plus(failures, Ending.SUCCESS, predicate), results);
    }

    /**
     * Takes results that a predicate accepts for failures.
     *
     * @param <S> the results that the new classifier looks at
     * @param predicate looks at a result, which may be {@code null}; must not have side effects
     * @return a new classifier
     */
    public <S extends R> Classifier<S> failOnResult(Predicate<? super S> predicate) {
        return withResult(Ending.FAILURE, predicate);
    }

    /**
     * Ignores results that a predicate accepts.
     *
     * @param <S> the results that the new classifier looks at
     * @param predicate looks at a result, which may be {@code null}; must not have side effects
     * @return a new classifier
     */
    public <S extends R> Classifier<S> ignoreResult(Predicate<? super S> predicate) {
        return withResult(Ending.IGNORED, predicate);
    }

    /**
     * Classifies an outcome.
     *
     * @param value the result, if nothing was thrown
     * @param failure what was thrown, or {@code null}
     * @return how the call ended
     */
    public Ending classify(@Nullable R value, @Nullable Throwable failure) {
        if (failure != null) {
            return ofFailure(Require.nonNull(Failures.unwrap(failure), "failure"));
        }
        return looksAtResults && value != Work.NOTHING ? ofResult(value) : Ending.SUCCESS;
    }

    /** Whether a result may be anything but a success. */
    boolean looksAtResults() {
        return looksAtResults;
    }

    private Ending ofFailure(Throwable failure) {
        Ending decided = firstMatch(failures, failure);
        if (decided != null) {
            return decided;
        }
        int i = 0;
        while (!deepestFirst[i].isInstance(failure)) {
            i++;
        }
        return endings[i];
    }

    @SuppressWarnings("NullAway") // A result is null only where its type is nullable.
    private Ending ofResult(@Nullable R value) {
        Ending decided = firstMatch(results, value);
        return decided == null ? Ending.SUCCESS : decided;
    }

    private static <V extends @Nullable Object> @Nullable Ending firstMatch(List<Rule<V>> rules, V value) {
        // By index: an iterator would be an allocation on every success of a policy that looks at results.
        for (int i = 0; i < rules.size(); i++) {
            Rule<V> rule = rules.get(i);
            if (rule.predicate.test(value)) {
                return rule.ending;
            }
        }
        return null;
    }

    private static int depth(Class<?> type) {
        int depth = 0;
        for (Class<?> above = type.getSuperclass(); above != null; above = above.getSuperclass()) {
            depth++;
        }
        return depth;
    }

    private Classifier<R> withClasses(Ending ending, Class<? extends Throwable>[] types) {
        Map<Class<?>, Ending> more = new HashMap<>(classes);
        for (Class<? extends Throwable> type : types) {
            if (Failures.isWrapper(Require.nonNull(type, "exception class"))) {
                throw new IllegalArgumentException("exception class: " + type.getName()
                        + " (expected: the class of a cause, because such wrappers are looked through)");
            }
            more.put(type, ending);
        }
        return new Classifier<>(Map.copyOf(more), failures, results);
    }

    private <S extends R> Classifier<S> withResult(Ending ending, Predicate<? super S> predicate) {
        List<Rule<S>> narrowed = new ArrayList<>();
        results.forEach(rule -> narrowed.add(new Rule<>(rule.predicate, rule.ending)));
        return new Classifier<>(classes, failures, plus(narrowed, ending, predicate));
    }

    private static <V extends @Nullable Object> List<Rule<V>> plus(
            List<Rule<V>> rules, Ending ending, Predicate<? super V> predicate) {
        Require.nonNull(predicate, "predicate");
        if (rules.stream().anyMatch(rule -> rule.predicate == predicate)) {
            return rules; // The first that accepts it decides: it would never be asked.
        }
        List<Rule<V>> more = new ArrayList<>(rules);
        more.add(new Rule<>(predicate, ending));
        return List.copyOf(more);
    }

    private static final class Rule<V extends @Nullable Object> {
        final Predicate<? super V> predicate;
        final Ending ending;

        Rule(Predicate<? super V> predicate, Ending ending) {
            this.predicate = predicate;
            this.ending = ending;
        }
    }
}
