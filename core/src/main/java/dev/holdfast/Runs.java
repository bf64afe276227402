// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Require;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one race, what they work on, and what they have come to.
 *
 * @param <R> the results
 */
abstract sealed class Runs<R extends @Nullable Object> extends Lanes implements Heat<R> permits Contest {
    private static final long serialVersionUID = 1L;

    /** One attempt. */
    private static final class Run {
        final long start;
        final @Nullable Lease<?> lease;

        @Nullable Object value;

        @Nullable Throwable failure;

        Work.@Nullable OfAttempt work;

        Run(long start, @Nullable Lease<?> lease) {
            this.start = start;
            this.lease = lease;
        }
    }

    private final int most;
    private final transient @Nullable Call call;
    /** The first attempt is apart: of most races it is the only one. */
    private final long firstStart;

    private final transient @Nullable Lease<?> firstLease;
    private transient @Nullable Object firstValue;
    private transient @Nullable Throwable firstFailure;
    private transient Work.@Nullable OfAttempt firstWork;
    /** The others, by their numbers: each is there before its attempt is started. */
    private transient @Nullable Run @Nullable [] others;

    private int started = 1;
    private transient @Nullable Object noted;
    private transient @Nullable Lease<?> aimed;

    /** The first attempt is under way. */
    Runs(int most, @Nullable Call call, @Nullable Lease<?> lease, long now) {
        this.most = most;
        this.call = call;
        this.firstStart = now;
        this.firstLease = lease;
    }

    final int most() {
        return most;
    }

    /** An attempt is going to be started, on what the race has {@linkplain #aim aimed} at; gives that. */
    final @Nullable Lease<?> add(int attempt, long now) {
        Lease<?> lease = aimed;
        aimed = null;
        Run[] all = others == null ? new Run[most] : others;
        all[attempt] = new Run(now, lease);
        others = all;
        started = attempt + 1;
        return lease;
    }

    /** Before the attempt ends in the word; {@code null} for both, to let go of what is not needed. */
    final void keep(int attempt, @Nullable Object value, @Nullable Throwable failure) {
        if (attempt == 0) {
            firstValue = value;
            firstFailure = failure;
            return;
        }
        Run other = other(attempt);
        other.value = value;
        other.failure = failure;
    }

    /** Before the attempt begins. */
    final void keepWork(int attempt, Work.OfAttempt work) {
        if (attempt == 0) {
            firstWork = work;
        } else {
            other(attempt).work = work;
        }
    }

    final Work.@Nullable OfAttempt work(int attempt) {
        return attempt == 0 ? firstWork : other(attempt).work;
    }

    private Run other(int attempt) {
        return Require.nonNull(Require.nonNull(others, "others")[attempt], "attempt");
    }

    final @Nullable Object value(int attempt) {
        return attempt == 0 ? firstValue : other(attempt).value;
    }

    final @Nullable Throwable failure(int attempt) {
        return attempt == 0 ? firstFailure : other(attempt).failure;
    }

    static int stateOf(Ending ending) {
        return ending == Ending.SUCCESS ? SUCCESS : ending == Ending.FAILURE ? FAILURE : IGNORED;
    }

    /** The attempt that was started last of those that count, or -1. */
    final int lastEnded() {
        int last = -1;
        for (int attempt = 0; attempt < most; attempt++) {
            last = ending(attempt) == null ? last : attempt;
        }
        return last;
    }

    /** Hangs the failures of the others on that one's, if it has failed. */
    final void hangOnFailureOf(int last) {
        Throwable failure = failure(last);
        for (int attempt = 0; failure != null && attempt < last; attempt++) {
            Throwable earlier = ending(attempt) == null ? null : failure(attempt);
            if (earlier != null) {
                Failures.suppress(failure, earlier);
            }
        }
    }

    final Outcome<R> of(int attempt) {
        return Outcome.of(cast(Work.shown(value(attempt))), failure(attempt));
    }

    // The race accepts the results of the call.
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"})
    static <T extends @Nullable Object> T cast(@Nullable Object value) {
        return (T) value;
    }

    // ---- As the race sees it --------------------------------------------------------------------------------------

    @Override
    public final int started() {
        return started;
    }

    @Override
    public final int underWay() {
        return count(UNDER_WAY);
    }

    @Override
    public final int ended(Ending ending) {
        return count(stateOf(ending));
    }

    @Override
    public final int notStarted() {
        return count(NOT_STARTED) + count(CUT_SHORT);
    }

    @Override
    public final boolean isNotStarted(int attempt) {
        return stateOf(attempt) == NOT_STARTED || isCutShort(attempt);
    }

    @Override
    public final boolean isCutShort(int attempt) {
        return stateOf(attempt) == CUT_SHORT;
    }

    @Override
    public final @Nullable Ending ending(int attempt) {
        switch (stateOf(attempt)) {
            case SUCCESS:
                return Ending.SUCCESS;
            case FAILURE:
                return Ending.FAILURE;
            case IGNORED:
                return Ending.IGNORED;
            default:
                return null;
        }
    }

    @Override
    public final @Nullable Outcome<R> outcome(int attempt) {
        return ending(attempt) == null ? null : Outcome.of(cast(Work.shown(value(attempt))), failure(attempt));
    }

    @Override
    public final boolean hasBegun(int attempt) {
        Work.OfAttempt work = work(attempt);
        return work != null && work.hasBegun();
    }

    @Override
    public final long startedAt(int attempt) {
        return attempt == 0 ? firstStart : other(attempt).start;
    }

    @Override
    public final @Nullable Lease<?> target(int attempt) {
        return attempt == 0 ? firstLease : other(attempt).lease;
    }

    @Override
    public final List<Lease<?>> targets() {
        List<Lease<?>> all = new ArrayList<>(started);
        for (int attempt = 0; attempt < started; attempt++) {
            Lease<?> lease = target(attempt);
            if (lease != null) {
                all.add(lease);
            }
        }
        return all;
    }

    @Override
    public final void aim(Lease<?> lease) {
        aimed = Require.nonNull(lease, "lease");
    }

    @Override
    public final @Nullable Object noted() {
        return noted;
    }

    @Override
    public final void note(Object kept) {
        noted = Require.nonNull(kept, "note");
    }

    @Override
    public final @Nullable Call call() {
        return call;
    }
}
