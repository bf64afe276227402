// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How long what is made inside may take, as somebody further out has said: {@link Pipeline#within}, {@link Environment#within}.
 *
 * <pre>
 *   within(limit) ──▶ bound to the thread ──▶ calls: their waits and timeouts are held to what is left ──▶ unbound
 *                         │                     └ none left: refused before they begin
 *                         └─ taken along, as the context of a call is, to every thread on which it goes on, where it stands
 *                            in place of what that thread has
 * </pre>
 *
 * <p>It stands among the {@link Interruptions} of its thread, so that whoever asks for the time left finds it there, and is itself never
 * due: it ends nothing. An asynchronous call remembers what its caller's thread had when it began.
 *
 * <p>Until the first is used in a process, a call pays for it with one reading of a flag.
 */
final class Inherited extends Interruption {
    private static final long serialVersionUID = 1L;
    private static volatile boolean used;

    private final transient Environment clock;
    /** Whether {@link #until} says anything. */
    private final boolean limited;
    /** A reading of that clock. */
    private final long until;

    private final boolean detaches;

    /** For the current thread. */
    private Inherited(Environment clock, boolean limited, long until, boolean detaches) {
        this.clock = clock;
        this.limited = limited;
        this.until = until;
        this.detaches = detaches;
    }

    /** From here on somebody may use it. */
    static void use() {
        used = true;
    }

    static boolean isUsed() {
        return used;
    }

    // ---- On a thread ----------------------------------------------------------------------------------------------

    /** Binds a limit to the current thread, until {@link #unbind}. */
    static Inherited bind(Environment environment, long nanos, boolean detaches) {
        use();
        boolean limited = nanos != Loop.NO_LIMIT;
        long until = limited ? Gate.reading(environment) + Math.min(TimerThread.FAR, Math.max(0, nanos)) : 0;
        Inherited bound = new Inherited(environment, limited, until, detaches);
        bound.begin();
        return bound;
    }

    /** Sets what goes on on the current thread apart from a limit of somebody else's that is there; {@code null} if there is none. */
    static @Nullable Inherited bindApart(Environment environment) {
        return current(environment) == null ? null : bind(environment, Loop.NO_LIMIT, true);
    }

    void unbind() {
        end(null);
    }

    /** Nanoseconds that calls of this environment have left on the current thread, or {@link Loop#NO_LIMIT}. */
    static long nanosLeft(Environment environment) {
        // Only who has one needs a reading of the clock.
        Inherited current = current(environment);
        return current == null ? Loop.NO_LIMIT : current.nanosLeft(Gate.reading(environment));
    }

    /** What is taken along from the current thread: what a context has captured, and the limit. */
    static ThreadContext.@Nullable Snapshot along(Environment environment, ThreadContext.@Nullable Snapshot own) {
        Inherited current = current(environment);
        if (current == null) {
            return own;
        }
        long until = current.until;
        return ThreadContext.Snapshot.running(task -> {
            Inherited there = new Inherited(environment, true, until, false);
            there.begin();
            try {
                if (own == null) {
                    task.run();
                } else {
                    own.run(task);
                }
            } finally {
                there.unbind();
            }
        });
    }

    /** The one that leaves least, of those that count on the current thread. */
    private static @Nullable Inherited current(Environment environment) {
        Inherited least = null;
        Interruption each = Interruptions.innermost();
        while (each != null) {
            if (each instanceof Inherited one
                    && one.isLimit(environment)
                    && (least == null || one.until - least.until < 0)) {
                least = one;
            }
            each = each.detaches() ? null : each.outer;
        }
        return least;
    }

    // ---- Of a call ------------------------------------------------------------------------------------------------

    /** Makes a blocking call under the limits of its pipeline and of its thread. */
    static @Nullable Object call(
            Policy<?> policy, Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b)
            throws Throwable {
        Inherited own = ofPipeline(chain);
        try {
            refuseLate(chain, shape, work, a, b);
            return BlockingEngine.callNow(policy, chain, shape, work, a, b);
        } finally {
            if (own != null) {
                own.unbind();
            }
        }
    }

    /** Makes an asynchronous call under the limits of its pipeline and of its caller's thread. */
    static <T extends @Nullable Object> CompletableFuture<T> callAsync(
            Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b) {
        Inherited own = null;
        try {
            own = ofPipeline(chain);
            refuseLate(chain, shape, work, a, b);
            return AsyncEngine.callNow(chain, shape, work, a, b, ofCall(chain.environment));
        } catch (Throwable thrown) {
            return CompletableFuture.failedFuture(thrown);
        } finally {
            if (own != null) {
                own.unbind();
            }
        }
    }

    private static @Nullable Inherited ofPipeline(Chain chain) {
        Terms terms = chain.terms;
        return terms.nanos() == Loop.NO_LIMIT && !terms.detached()
                ? null
                : bind(chain.environment, terms.nanos(), terms.detached());
    }

    private static void refuseLate(Chain chain, int shape, Object work, @Nullable Object a, @Nullable Object b) {
        if (nanosLeft(chain.environment) <= 0) {
            UnavailableException refusal = UnavailableException.noTimeLeft(chain.name);
            Call call = chain.isWholeWatched() ? chain.newCall(true, shape, work, a, b) : null;
            if (call != null) {
                chain.owner.tellCompleted(call, null, refusal);
            }
            throw refusal;
        }
    }

    /** What an asynchronous call remembers of its caller's thread: apart from what is around it there, which is none of the call's to keep. */
    private static @Nullable Inherited ofCall(Environment environment) {
        Inherited current = current(environment);
        return current == null ? null : new Inherited(environment, true, current.until, false);
    }

    /** The context of an asynchronous call. */
    Call limits(Call call) {
        long now = Gate.reading(clock);
        return call.withDeadline(now, nanosLeft(now));
    }

    long nanosLeft(long now) {
        return limited ? Math.max(0, until - now) : Loop.NO_LIMIT;
    }

    // ---- As an interruption ---------------------------------------------------------------------------------------

    @Override
    boolean isLimit(Environment environment) {
        return limited && clock == environment;
    }

    @Override
    long nanosLeft(Environment environment, long now) {
        return isLimit(environment) ? nanosLeft(now) : Loop.NO_LIMIT;
    }

    @Override
    boolean isInherited() {
        return true;
    }

    @Override
    boolean detaches() {
        return detaches;
    }
}
