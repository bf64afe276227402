// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
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
 * a {@link CancellationException} are ignored, because they say nothing about the dependency, and a {@link RollbackFailedException}, because
 * nothing is to be repeated on what that has left. A rule on a class above
 * one of these, such as {@code RuntimeException}, does not touch them; a rule on the class itself does. The same holds for what a
 * timeout throws when it was the time of the caller that was over and not its own ({@link DeadlineExceededException#isInherited}): that the
 * caller was in a hurry says nothing about the dependency either. Classes are those of one
 * class loader: the refusal of a policy from another copy of Holdfast, in a plugin say, is an exception like any other.
 *
 * <p><b>Say it once.</b> A classifier of an application's own - what is a failure over HTTP, say - is given to a whole pipeline by
 * {@link Pipeline#classifying}, or to single policies by their builders' {@code classify}. Each policy asks these rules first and its
 * own defaults where none of them speaks of an outcome, so that a retry still does not repeat an {@link Error}.
 *
 * <p>Immutable: each method gives a new classifier; a predicate that is there already is not added again.
 *
 * <p><b>What a predicate throws</b> is never the outcome of a call. It is logged, with the policy's name, once a minute at most, and
 * the policy ignores the call: it does not count, repeat or replace the outcome, which stands as it is. If that is a failure, it
 * carries what the predicate threw as a suppressed exception. (Asked by hand, {@link #classify} throws it.)
 *
 * <p>Longer than most files, because each rule has its Javadoc.
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
                    CancellationException.class, Ending.IGNORED,
                    RollbackFailedException.class, Ending.IGNORED),
            Set.of(),
            List.of(),
            List.of(),
            List.of());

    private final Map<Class<?>, Ending> classes;
    /** Those of {@link #classes} that somebody has said something about: all but the standard ones. */
    private final Set<Class<?>> given;
    /** Those of {@link #classes}, the deepest first: the first that a failure is an instance of is the most specific. */
    private final Class<?>[] deepestFirst;

    private final Ending[] endings;
    private final List<Rule<Throwable>> failures;
    private final List<Rule<R>> results;
    private final List<Wait> waits;
    private final boolean looksAtResults;

    private Classifier(
            Map<Class<?>, Ending> classes,
            Set<Class<?>> given,
            List<Rule<Throwable>> failures,
            List<Rule<R>> results,
            List<Wait> waits) {
        this.classes = classes;
        this.given = given;
        this.waits = waits;
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
     * The same rules for a policy that looks at results of any type. A rule on results that names no class must not be asked of others
     * than those that it was written for.
     *
     * @param rules rules
     * @return the same, under a wider type
     */
    @SuppressWarnings("unchecked") // Rules only read results.
    public static Classifier<@Nullable Object> ofAnyResult(Classifier<?> rules) {
        return (Classifier<@Nullable Object>) Require.nonNull(rules, "classifier");
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
        return withFailure(Ending.FAILURE, Throwable.class, predicate);
    }

    /**
     * Takes exceptions of a class for failures where a predicate accepts them.
     *
     * @param <X> the exceptions
     * @param type their class; those below it are among them
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public <X extends Throwable> Classifier<R> failIf(Class<X> type, Predicate<? super X> predicate) {
        return withFailure(Ending.FAILURE, type, predicate);
    }

    /**
     * Ignores what a predicate accepts.
     *
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public Classifier<R> ignoreIf(Predicate<? super Throwable> predicate) {
        return withFailure(Ending.IGNORED, Throwable.class, predicate);
    }

    /**
     * Ignores exceptions of a class where a predicate accepts them.
     *
     * @param <X> the exceptions
     * @param type their class; those below it are among them
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public <X extends Throwable> Classifier<R> ignoreIf(Class<X> type, Predicate<? super X> predicate) {
        return withFailure(Ending.IGNORED, type, predicate);
    }

    /**
     * Takes what a predicate accepts for a success.
     *
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public Classifier<R> succeedIf(Predicate<? super Throwable> predicate) {
        return withFailure(Ending.SUCCESS, Throwable.class, predicate);
    }

    /**
     * Takes exceptions of a class for successes where a predicate accepts them.
     *
     * @param <X> the exceptions
     * @param type their class; those below it are among them
     * @param predicate looks at what was thrown; must not have side effects
     * @return a new classifier
     */
    public <X extends Throwable> Classifier<R> succeedIf(Class<X> type, Predicate<? super X> predicate) {
        return withFailure(Ending.SUCCESS, type, predicate);
    }

    /**
     * Takes results that a predicate accepts for failures. For policies whose calls all give such results; where they give others, too,
     * say of which class the rule speaks.
     *
     * @param <S> the results that the new classifier looks at
     * @param predicate looks at a result, which may be {@code null}; must not have side effects
     * @return a new classifier
     */
    public <S extends R> Classifier<S> failOnResult(Predicate<? super S> predicate) {
        return withResult(Ending.FAILURE, null, predicate);
    }

    /**
     * Takes results of a class for failures where a predicate accepts them; says nothing of others, nor of {@code null}.
     *
     * <pre>{@code
     * Classifier<Object> http = Classifier.standard().failOnResult(HttpResponse.class, reply -> reply.statusCode() >= 500);
     * }</pre>
     *
     * @param <T> the results
     * @param type their class; those below it are among them
     * @param predicate looks at a result; must not have side effects
     * @return a new classifier, of any results
     */
    public <T> Classifier<R> failOnResult(Class<T> type, Predicate<? super T> predicate) {
        return withResult(Ending.FAILURE, Require.nonNull(type, "type"), predicate);
    }

    /**
     * Ignores results that a predicate accepts.
     *
     * @param <S> the results that the new classifier looks at
     * @param predicate looks at a result, which may be {@code null}; must not have side effects
     * @return a new classifier
     */
    public <S extends R> Classifier<S> ignoreResult(Predicate<? super S> predicate) {
        return withResult(Ending.IGNORED, null, predicate);
    }

    /**
     * Ignores results of a class where a predicate accepts them; says nothing of others, nor of {@code null}.
     *
     * @param <T> the results
     * @param type their class; those below it are among them
     * @param predicate looks at a result; must not have side effects
     * @return a new classifier, of any results
     */
    public <T> Classifier<R> ignoreResult(Class<T> type, Predicate<? super T> predicate) {
        return withResult(Ending.IGNORED, Require.nonNull(type, "type"), predicate);
    }

    /**
     * Takes results of a class for successes where a predicate accepts them, whatever rules that are asked later say of them.
     *
     * @param <T> the results
     * @param type their class; those below it are among them
     * @param predicate looks at a result; must not have side effects
     * @return a new classifier, of any results
     */
    public <T> Classifier<R> succeedOnResult(Class<T> type, Predicate<? super T> predicate) {
        return withResult(Ending.SUCCESS, Require.nonNull(type, "type"), predicate);
    }

    /**
     * Takes from outcomes of a class, results or exceptions, how long to wait before another attempt, such as the {@code Retry-After}
     * of a server, which {@link RetryAfter} reads. It does not make them failures: another rule does.
     *
     * <pre>{@code
     * Classifier<Object> http = Classifier.standard()
     *         .failOnResult(HttpResponse.class, reply -> reply.statusCode() == 429 || reply.statusCode() >= 500)
     *         .retryAfter(HttpResponse.class, reply -> RetryAfter.parse(
     *                 reply.headers().firstValue("Retry-After").orElse(null), null));
     * }</pre>
     *
     * @param <T> the outcomes
     * @param type their class; those below it are among them
     * @param wait gives the wait, or {@code null} where the outcome says nothing; the first one that gives something decides
     * @return a new classifier
     */
    public <T> Classifier<R> retryAfter(Class<T> type, Function<? super T, ? extends @Nullable Duration> wait) {
        Require.nonNull(wait, "wait");
        Wait more = new Wait(Require.nonNull(type, "type"), wait);
        return new Classifier<>(classes, given, failures, results, joined(waits, List.of(more)));
    }

    /**
     * Puts the rules of another classifier before these, as if they had been added first, and later on the same classes.
     *
     * @param <S> the results that the new classifier looks at
     * @param first whose rules are asked first; what it has from {@link #standard()} is no rule of its own
     * @return a new classifier
     */
    public <S extends R> Classifier<S> with(Classifier<? super S> first) {
        Require.nonNull(first, "first");
        Map<Class<?>, Ending> merged = new HashMap<>(classes);
        Set<Class<?>> mentioned = new HashSet<>(given);
        for (Class<?> type : first.given) {
            merged.put(type, Require.nonNull(first.classes.get(type), "ending"));
            mentioned.add(type);
        }
        return new Classifier<>(
                Map.copyOf(merged),
                Set.copyOf(mentioned),
                joined(first.failures, failures),
                joined(first.<S>narrowedResults(), this.<S>narrowedResults()),
                joined(first.waits, waits));
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

    /**
     * The exception classes that rules were given for, without those of {@link #standard()}.
     *
     * @param ending what such exceptions are
     * @return in no order
     */
    public Set<Class<? extends Throwable>> classes(Ending ending) {
        Set<Class<? extends Throwable>> found = new HashSet<>();
        for (Class<?> type : given) {
            if (classes.get(type) == ending) {
                found.add(type.asSubclass(Throwable.class));
            }
        }
        return found;
    }

    /**
     * How long an outcome says to wait: see {@link #retryAfter}.
     *
     * @param value the result, if nothing was thrown
     * @param failure what was thrown, or {@code null}
     * @return empty where no rule says anything
     */
    public Optional<Duration> askedWait(@Nullable R value, @Nullable Throwable failure) {
        Object outcome = failure == null ? Work.shown(value) : Failures.unwrap(failure);
        for (int i = 0; i < waits.size(); i++) {
            Duration wait = waits.get(i).of(outcome);
            if (wait != null) {
                return Optional.of(wait);
            }
        }
        return Optional.empty();
    }

    /** How an outcome ended by the rules of a pipeline, if there are some and they speak of it, or else by those of a policy. */
    static <R extends @Nullable Object> Ending ending(
            @Nullable Classifier<@Nullable Object> pipelines,
            Classifier<? super R> own,
            @Nullable R value,
            @Nullable Throwable failure) {
        Ending ruled = pipelines == null ? null : pipelines.ruled(value, failure);
        return ruled == null ? own.classify(value, failure) : ruled;
    }

    /** What rules say that somebody has given; {@code null} where there are only the standard ones. */
    private @Nullable Ending ruled(@Nullable R value, @Nullable Throwable failure) {
        if (failure == null) {
            return looksAtResults && value != Work.NOTHING ? ruledResult(value) : null;
        }
        Throwable thrown = Require.nonNull(Failures.unwrap(failure), "failure");
        Ending decided = firstMatch(failures, thrown);
        if (decided != null || given.isEmpty()) {
            return decided;
        }
        int deepest = deepest(thrown);
        return given.contains(deepestFirst[deepest]) && !isCallersTime(thrown, deepest) ? endings[deepest] : null;
    }

    @SuppressWarnings("NullAway") // A result is null only where its type is nullable.
    private @Nullable Ending ruledResult(@Nullable R value) {
        return firstMatch(results, value);
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
        int deepest = deepest(failure);
        return isCallersTime(failure, deepest) ? Ending.IGNORED : endings[deepest];
    }

    /** Whether it was the caller's time that was over, and no rule speaks of such exceptions themselves. */
    private boolean isCallersTime(Throwable failure, int deepest) {
        return failure instanceof DeadlineExceededException exceeded
                && !DeadlineExceededException.class.isAssignableFrom(deepestFirst[deepest])
                && exceeded.isInherited();
    }

    /** The most specific class that there is a rule on. */
    private int deepest(Throwable failure) {
        int i = 0;
        while (!deepestFirst[i].isInstance(failure)) {
            i++;
        }
        return i;
    }

    private Ending ofResult(@Nullable R value) {
        Ending decided = ruledResult(value);
        return decided == null ? Ending.SUCCESS : decided;
    }

    private static <V extends @Nullable Object> @Nullable Ending firstMatch(List<Rule<V>> rules, V value) {
        // By index: an iterator would be an allocation on every success of a policy that looks at results.
        for (int i = 0; i < rules.size(); i++) {
            Rule<V> rule = rules.get(i);
            if (rule.accepts(value)) {
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
        Set<Class<?>> mentioned = new HashSet<>(given);
        for (Class<? extends Throwable> type : types) {
            if (Failures.isWrapper(Require.nonNull(type, "exception class"))) {
                throw new IllegalArgumentException("exception class: " + type.getName()
                        + " (expected: the class of a cause, because such wrappers are looked through)");
            }
            more.put(type, ending);
            mentioned.add(type);
        }
        return new Classifier<>(Map.copyOf(more), Set.copyOf(mentioned), failures, results, waits);
    }

    private Classifier<R> withFailure(Ending ending, Class<? extends Throwable> type, Predicate<?> predicate) {
        Rule<Throwable> rule =
                new Rule<>(Require.nonNull(type, "type"), Require.nonNull(predicate, "predicate"), ending);
        return new Classifier<>(classes, given, joined(failures, List.of(rule)), results, waits);
    }

    private <S extends R> Classifier<S> withResult(Ending ending, @Nullable Class<?> type, Predicate<?> predicate) {
        Rule<S> rule = new Rule<>(type, Require.nonNull(predicate, "predicate"), ending);
        return new Classifier<>(classes, given, failures, joined(this.<S>narrowedResults(), List.of(rule)), waits);
    }

    @SuppressWarnings("unchecked") // A rule only reads results, and looks at those of wider types as well.
    private <S extends R> List<Rule<S>> narrowedResults() {
        return (List<Rule<S>>) (List<?>) results;
    }

    /** One list behind the other, each rule once: the first that accepts something decides, and the second would never be asked. */
    private static <E> List<E> joined(List<E> first, List<E> second) {
        Set<E> both = new LinkedHashSet<>(first);
        both.addAll(second);
        return List.copyOf(both);
    }

    /** A predicate, on outcomes of a class or on all. Two are equal if they have the same class and the same predicate. */
    private static final class Rule<V extends @Nullable Object> {
        private final @Nullable Class<?> type;
        private final Predicate<?> predicate;
        private final Ending ending;

        Rule(@Nullable Class<?> type, Predicate<?> predicate, Ending ending) {
            this.type = type;
            this.predicate = predicate;
            this.ending = ending;
        }

        @SuppressWarnings("unchecked") // It was given for values of this type.
        boolean accepts(V value) {
            return (type == null || type.isInstance(value)) && ((Predicate<V>) predicate).test(value);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Rule<?> rule && rule.type == type && rule.predicate == predicate;
        }

        @Override
        public int hashCode() {
            return predicate.hashCode();
        }
    }

    /** What tells from outcomes of a class how long to wait. */
    private static final class Wait {
        private final Class<?> type;
        private final Function<?, ?> wait;

        Wait(Class<?> type, Function<?, ?> wait) {
            this.type = type;
            this.wait = wait;
        }

        @SuppressWarnings("unchecked") // It was given for outcomes of this class.
        @Nullable Duration of(@Nullable Object outcome) {
            return type.isInstance(outcome) ? ((Function<Object, @Nullable Duration>) wait).apply(outcome) : null;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Wait same && same.type == type && same.wait == wait;
        }

        @Override
        public int hashCode() {
            return wait.hashCode();
        }
    }
}
