// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that a policy tells its listeners.
 *
 * <p>An event of a call is built only if somebody subscribed to its type; a {@link Change} also where it is logged. Listeners run on
 * the thread on which the event came about, after the policy's state was published and outside of every lock; what a listener throws is
 * logged, once a minute at most, and changes nothing. A slow listener therefore delays the one call that it listens to, and no other.
 *
 * <p>Longer than most files: all that is told of calls is here.
 */
public interface Event {
    /**
     * Who tells: a policy, in most events.
     *
     * @return where its numbers and its kind are to be had
     */
    Source source();

    /**
     * The name of who tells.
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
     * What happened, as logs and telemetry name it.
     *
     * @return by default made of the source's kind and of the event's class: {@code holdfast.circuitbreaker.state_changed}
     */
    default String eventName() {
        return EventText.nameOf(this);
    }

    /**
     * How much it matters to who operates the application.
     *
     * @return by default {@code INFO}, and {@code DEBUG} for what happens to single calls
     */
    default System.Logger.Level level() {
        return System.Logger.Level.INFO;
    }

    /**
     * What there is to say of it besides its source: names of one lower case word or several with underscores, and values that are never
     * {@code null}.
     *
     * @return in the order of its text; unmodifiable; by default empty
     */
    default Map<String, Object> details() {
        return Map.of();
    }

    /**
     * Names and values, for {@link #details} of events of one's own.
     *
     * @param namesAndValues name and value in turn; where a value is {@code null}, both are left out
     * @return in this order; unmodifiable
     */
    static Map<String, Object> detailsOf(@Nullable Object... namesAndValues) {
        return EventText.details(namesAndValues);
    }

    /**
     * An event's text for logs: its class, its policy's name, quoted and escaped, and its details; of exceptions, class and message are said,
     * quoted and cut. For the {@code toString} of events of one's own, because a record's own would print names, and messages of others,
     * as they are.
     *
     * @param event the event
     * @return one line
     */
    static String text(Event event) {
        return EventText.of(event);
    }

    /** Something that happened to its source, and not to a single call. Listening to it costs calls nothing. */
    interface Change extends Event {}

    /**
     * Something that happened to one call. While anybody listens to such an event at a policy, each call through it has its
     * context built, which costs an allocation and a clock reading; other events cost calls nothing. A permit that is taken by hand, by
     * {@link Gate#acquire} or {@link Gate#tryAcquire}, has no call: it is counted, and nothing is told of it.
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

        @Override
        default System.Logger.Level level() {
            return System.Logger.Level.DEBUG;
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
    record CallCompleted(Source source, Call call, Outcome<?> outcome, int attempts, Duration elapsed)
            implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "outcome", outcome, "attempts", attempts, "took", elapsed);
        }

        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this);
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
    record CallEnded(Source source, Call call, Ending ending, Outcome<?> outcome, Duration elapsed) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "ending", ending, "outcome", outcome, "took", elapsed);
        }

        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * A gate refused a call.
     *
     * @param source the gate
     * @param call the call's context
     * @param rejection what the caller gets
     */
    record CallRejected(Source source, Call call, RejectedException rejection) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "rejection", rejection);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * A call waited for its turn at a gate and gave up before it came: it was interrupted, cancelled, or past a deadline further
     * out.
     *
     * @param source the gate
     * @param call the call's context
     */
    record CallAbandoned(Source source, Call call) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call);
        }

        @Override
        public String toString() {
            return Event.text(this);
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
    record RetryScheduled(Source source, Call call, Duration delay, Outcome<?> outcome) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "delay", delay, "after", outcome);
        }

        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * A loop gave up on a call that failed.
     *
     * @param source the loop
     * @param call the call's context; {@link Call#attempt()} is the last attempt
     * @param outcome what the last attempt came to
     */
    record RetriesExhausted(Source source, Call call, Outcome<?> outcome) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "after", outcome);
        }

        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * A deadline passed before the call ended.
     *
     * @param source the deadline
     * @param call the call's context
     * @param limit how long the call was allowed to take
     */
    record TimedOut(Source source, Call call, Duration limit) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "limit", limit);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * A race has started another attempt beside the first, or after it.
     *
     * @param source the race
     * @param call the call's context
     * @param attempt the attempt's number, from 1 on: the first one is 0
     */
    record AttemptStarted(Source source, Call call, int attempt) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "attempt", attempt);
        }

        @Override
        public String toString() {
            return Event.text(this);
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
    record RaceDecided(Source source, Call call, int attempt, int started) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "attempt", attempt, "started", started);
        }

        @Override
        public String toString() {
            return Event.text(this);
        }
    }

    /**
     * A recovery replaced an outcome.
     *
     * @param source the recovery
     * @param call the call's context
     * @param outcome what was replaced
     */
    record Recovered(Source source, Call call, Outcome<?> outcome) implements OfCall {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("call", call, "replaced", outcome);
        }

        /** Says of the result only its class. */
        @Override
        public String toString() {
            return Event.text(this);
        }
    }
}
