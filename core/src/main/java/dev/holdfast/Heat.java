// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call's race, as the {@link Race} sees it: which attempts there are, and what has become of them. Attempts are numbered from 0
 * in the order in which they were started.
 *
 * <p>For the methods of {@link Race} that get it, while they run: it changes under way, but no attempt starts meanwhile, and what has
 * ended stays.
 *
 * @param <R> the results
 */
public sealed interface Heat<R extends @Nullable Object> permits Runs {
    /**
     * How many attempts there are.
     *
     * @return also those that have ended, and those that got no thread
     */
    int started();

    /**
     * How many attempts have not ended.
     *
     * @return from 0 to {@link #started}
     */
    int underWay();

    /**
     * How many attempts have ended in a way.
     *
     * @param ending as {@link Race#classifier} says
     * @return from 0 to {@link #started}
     */
    int ended(Ending ending);

    /**
     * How many attempts were not started, because there was no thread for them.
     *
     * @return from 0 to {@link #started}
     */
    int notStarted();

    /**
     * Whether an attempt was not started, because there was no thread for it.
     *
     * @param attempt its number, from 0 on
     * @return {@code false} if it is under way, was called off, or has ended; {@code true} also if it {@linkplain #isCutShort was cut short}
     */
    boolean isNotStarted(int attempt);

    /**
     * Whether the thread of an attempt was taken back by whoever it belongs to, while the attempt was under way: nobody knows what it has done.
     *
     * @param attempt its number, from 0 on
     * @return by default {@code false}: most threads are left alone
     */
    boolean isCutShort(int attempt);

    /**
     * How an attempt has ended.
     *
     * @param attempt its number, from 0 on
     * @return {@code null} if it is under way, was not started, or was called off
     */
    @Nullable Ending ending(int attempt);

    /**
     * What an attempt has come to.
     *
     * @param attempt its number, from 0 on
     * @return {@code null} if it is under way, was not started, or was called off
     */
    @Nullable Outcome<R> outcome(int attempt);

    /**
     * Whether it is known that the work of an attempt has begun, which has ended. For races that {@linkplain Race#wantsBegun want to know it}, of an attempt on
     * a target: where policies inside of the race or around the target may put something else in the place of what the work came to, as a retry, a fallback
     * and another race may, this is exact. Elsewhere nothing is noted, because what the attempt came to tells it.
     *
     * @param attempt its number, below {@link #started}
     * @return {@code false} also where nothing is noted
     */
    boolean hasBegun(int attempt);

    /**
     * When an attempt was started.
     *
     * @param attempt its number, below {@link #started}
     * @return a reading of the environment's clock
     */
    long startedAt(int attempt);

    /**
     * What an attempt works on.
     *
     * @param attempt its number, below {@link #started}
     * @return what {@link Race#target} has given, or {@link #aim} was given, or {@code null}
     */
    @Nullable Lease<?> target(int attempt);

    /**
     * What all attempts so far work on.
     *
     * @return the targets of those that have one, in the order in which they were started
     */
    List<Lease<?>> targets();

    /**
     * Whether another attempt could be started: there are fewer than {@link Race#attempts}, the call is not
     * {@linkplain Call#commit committed}, and its environment is open.
     *
     * @return whether {@link Race#START} would start one
     */
    boolean canStart();

    /**
     * How long the call may still take.
     *
     * @param now a clock reading
     * @return nanoseconds, not negative; {@link Long#MAX_VALUE} where no deadline applies
     */
    long nanosLeft(long now);

    /**
     * Says what the attempt works on that {@link Race#next} is about to ask for by {@link Race#START}.
     *
     * @param lease for that attempt only; without it, an attempt works on what the call was made with
     */
    void aim(Lease<?> lease);

    /**
     * What the race keeps for this call.
     *
     * @return what {@link #note} was last given, {@code null} at first
     */
    @Nullable Object noted();

    /**
     * Keeps something for this call.
     *
     * @param kept for {@link #noted}
     */
    void note(Object kept);

    /**
     * Runs something that the call does not wait for, such as what sets a target right.
     *
     * @param task runs on another thread than this one, with the call's {@link ThreadContext}; what it throws is logged
     */
    void later(Runnable task);

    /**
     * The call that this is the race of.
     *
     * @return its context; {@code null} if nobody wants to know it
     */
    @Nullable Call call();
}
