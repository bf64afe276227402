// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something that a policy tells its listeners.
 *
 * <p>An event is built only if somebody subscribed to its type. Listeners run on the thread on which the event came
 * about, after the policy's state was published and outside of every lock; what a listener throws is logged and changes
 * nothing. A slow listener therefore delays the one call that it listens to, and no other.
 */
public interface Event {
    /**
     * The name of the policy that tells.
     *
     * @return the name, as it was given to the builder
     */
    String policy();

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
    }

    /**
     * A gate let a call in, and the call has ended.
     *
     * @param policy the gate's name
     * @param call the call's context
     * @param ending how the gate classified the outcome
     * @param value the result, or {@code null} when it failed or the result was {@code null}
     * @param failure what was thrown, or {@code null} when there is a result
     * @param elapsed the time from the gate's admission to the end of the attempt
     */
    record CallEnded(
            String policy,
            Call call,
            Ending ending,
            @Nullable Object value,
            @Nullable Throwable failure,
            Duration elapsed)
            implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(
                    this, "call", call, "ending", ending, "outcome", Outcome.of(value, failure), "took", elapsed);
        }
    }

    /**
     * A gate refused a call.
     *
     * @param policy the gate's name
     * @param call the call's context
     * @param rejection what the caller gets
     */
    record CallRejected(String policy, Call call, RejectedException rejection) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "rejection", rejection);
        }
    }

    /**
     * A call waited for its turn at a gate and gave up before it came: it was interrupted, cancelled, or past a deadline further
     * out.
     *
     * @param policy the gate's name
     * @param call the call's context
     */
    record CallAbandoned(String policy, Call call) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call);
        }
    }

    /**
     * A loop will go again after a delay.
     *
     * @param policy the loop's name
     * @param call the call's context; {@link Call#attempt()} is the attempt that has just ended
     * @param delay how long the loop waits before the next attempt
     * @param value the result that was not acceptable, or {@code null}
     * @param failure what was thrown, or {@code null} when there was a result
     */
    record RetryScheduled(
            String policy,
            Call call,
            Duration delay,
            @Nullable Object value,
            @Nullable Throwable failure) implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "delay", delay, "after", Outcome.of(value, failure));
        }
    }

    /**
     * A loop gave up on a call that failed.
     *
     * @param policy the loop's name
     * @param call the call's context; {@link Call#attempt()} is the last attempt
     * @param value the result that was not acceptable, or {@code null}
     * @param failure what was thrown last, or {@code null} when there was a result
     */
    record RetriesExhausted(
            String policy,
            Call call,
            @Nullable Object value,
            @Nullable Throwable failure) implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "after", Outcome.of(value, failure));
        }
    }

    /**
     * A deadline passed before the call ended.
     *
     * @param policy the deadline's name
     * @param call the call's context
     * @param limit how long the call was allowed to take
     */
    record TimedOut(String policy, Call call, Duration limit) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "limit", limit);
        }
    }

    /**
     * A race has started another attempt beside the first, or after it.
     *
     * @param policy the race's name
     * @param call the call's context
     * @param attempt the attempt's number, from 1 on: the first one is 0
     */
    record AttemptStarted(String policy, Call call, int attempt) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "attempt", attempt);
        }
    }

    /**
     * A race with more than one attempt is decided.
     *
     * @param policy the race's name
     * @param call the call's context
     * @param attempt the number of the attempt whose outcome the caller gets, from 0 on; -1 if that is no single one's
     * @param started how many attempts there were
     */
    record RaceDecided(String policy, Call call, int attempt, int started) implements OfCall {
        @Override
        public String toString() {
            return Event.text(this, "call", call, "attempt", attempt, "started", started);
        }
    }

    /**
     * A recovery replaced an outcome.
     *
     * @param policy the recovery's name
     * @param call the call's context
     * @param value the result that was replaced, or {@code null}
     * @param failure the failure that was replaced, or {@code null} when there was a result
     */
    record Recovered(
            String policy,
            Call call,
            @Nullable Object value,
            @Nullable Throwable failure) implements OfCall {
        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this, "call", call, "replaced", Outcome.of(value, failure));
        }
    }
}
