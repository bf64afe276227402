// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.time.Duration;

/**
 * Something that a policy tells its listeners.
 *
 * <p>An event is built only if somebody subscribed to its type. Listeners run on the thread on which the event came
 * about, after the policy's state was published and outside of every lock; what a listener throws is logged and changes
 * nothing. A slow listener therefore delays the one call that it listens to, and no other.
 */
public interface Event {
    /**
     * The policy that tells.
     *
     * @return where its counts, its settings and its kind are to be had
     */
    Policy<?> source();

    /**
     * The name of the policy that tells.
     *
     * @return the name, as it was given to the builder
     */
    default String policy() {
        return source().name();
    }

    /**
     * A name for logs and messages.
     *
     * @param name a name
     * @return in quotes, with line breaks and other control characters escaped, and cut after 256 characters
     */
    static String quoted(String name) {
        return Names.quoted(Require.nonNull(name, "name"));
    }

    /**
     * An event's text for logs: its kind and its policy's name, quoted and escaped. For the {@code toString} of events of one's own,
     * because a record's own would print names, and messages of others, as they are.
     *
     * @param event the event
     * @param namesAndValues what else to say, name and value in turn; of exceptions, class and message are said, quoted and cut
     * @return one line
     */
    static String text(Event event, Object... namesAndValues) {
        return EventText.of(event, namesAndValues);
    }

    /**
     * Something that happened to one call. While anybody listens to such an event at a policy, each call through it has its
     * context built, which costs an allocation and a clock reading; other events cost calls nothing.
     */
    interface OfCall extends Event {
        /**
         * The call that it happened to.
         *
         * @return the call's context
         */
        Call call();

        /**
         * The pipeline that the call was made through, whichever policy of it tells.
         *
         * @return the pipeline, or the policy itself where it stands alone
         */
        default Policy<?> pipeline() {
            return call().pipeline();
        }
    }

    /**
     * A call through a pipeline has ended: the call as a whole, with all its attempts. Told by the {@link Pipeline} that the call was made
     * through, once for each, also if it was refused, cancelled or given up; not by policies, nor by pipelines that are parts of it.
     *
     * @param source the pipeline
     * @param call the call's context
     * @param outcome what the caller gets; where he does not wait any more, what he would have got
     * @param attempts how many attempts its retries and races made together, from 1 up; one that a policy refused is among them
     * @param elapsed from the beginning of the call to its end, with all waits
     */
    record CallCompleted(Policy<?> source, Call call, Outcome<?> outcome, int attempts, Duration elapsed)
            implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "outcome", outcome, "attempts", attempts, "took", elapsed);
        }
    }

    /**
     * A gate let a call in, and the call has ended.
     *
     * @param source the gate
     * @param call the call's context
     * @param ending how the gate classified the outcome
     * @param outcome what it came to
     * @param elapsed the time from the gate's admission to the end of the attempt
     */
    record CallEnded(Policy<?> source, Call call, Ending ending, Outcome<?> outcome, Duration elapsed)
            implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "ending", ending, "outcome", outcome, "took", elapsed);
        }
    }

    /**
     * A gate refused a call.
     *
     * @param source the gate
     * @param call the call's context
     * @param rejection what the caller gets
     */
    record CallRejected(Policy<?> source, Call call, RejectedException rejection) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "rejection", rejection);
        }
    }

    /**
     * A call waited for its turn at a gate and gave up before it came: it was interrupted, cancelled, or past a deadline further
     * out.
     *
     * @param source the gate
     * @param call the call's context
     */
    record CallAbandoned(Policy<?> source, Call call) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call);
        }
    }

    /**
     * A loop will go again after a delay.
     *
     * @param source the loop
     * @param call the call's context; {@link Call#attempt()} is the attempt that has just ended
     * @param delay how long the loop waits before the next attempt
     * @param outcome what was not acceptable
     */
    record RetryScheduled(Policy<?> source, Call call, Duration delay, Outcome<?> outcome) implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "delay", delay, "after", outcome);
        }
    }

    /**
     * A loop gave up on a call that failed.
     *
     * @param source the loop
     * @param call the call's context; {@link Call#attempt()} is the last attempt
     * @param outcome what the last attempt came to
     */
    record RetriesExhausted(Policy<?> source, Call call, Outcome<?> outcome) implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "after", outcome);
        }
    }

    /**
     * A deadline passed before the call ended.
     *
     * @param source the deadline
     * @param call the call's context
     * @param limit how long the call was allowed to take
     */
    record TimedOut(Policy<?> source, Call call, Duration limit) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "limit", limit);
        }
    }

    /**
     * A race has started another attempt beside the first, or after it.
     *
     * @param source the race
     * @param call the call's context
     * @param attempt the attempt's number, from 1 on: the first one is 0
     */
    record AttemptStarted(Policy<?> source, Call call, int attempt) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "attempt", attempt);
        }
    }

    /**
     * A race with more than one attempt is decided.
     *
     * @param source the race
     * @param call the call's context
     * @param attempt the number of the attempt whose outcome the caller gets, from 0 on; -1 if that is no single one's
     * @param started how many attempts there were
     */
    record RaceDecided(Policy<?> source, Call call, int attempt, int started) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "attempt", attempt, "started", started);
        }
    }

    /**
     * A recovery replaced an outcome.
     *
     * @param source the recovery
     * @param call the call's context
     * @param outcome what was replaced
     */
    record Recovered(Policy<?> source, Call call, Outcome<?> outcome) implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "replaced", outcome);
        }
    }
}
