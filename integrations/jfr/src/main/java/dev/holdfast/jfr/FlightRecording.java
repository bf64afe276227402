// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import dev.holdfast.Around;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Listening;
import dev.holdfast.Metered;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Recording;
import org.jspecify.annotations.Nullable;

/**
 * What Holdfast tells the JDK's Flight Recorder: calls and attempts that take long, refusals, and what policies tell of themselves, such as
 * a breaker's changes of state.
 *
 * <pre>{@code
 * Pipeline.of(FlightRecording.calls("orders"), retry, breaker, FlightRecording.attempts("orders"));
 * FlightRecording recording = FlightRecording.of(breaker, bulkhead);
 * }</pre>
 *
 * <table>
 *   <caption>Events</caption>
 *   <tr><th>name</th><th>of</th><th>fields</th></tr>
 *   <tr><td>{@code dev.holdfast.Call}</td><td>a call of at least 20 ms</td><td>policy, outcome, errorType</td></tr>
 *   <tr><td>{@code dev.holdfast.Attempt}</td><td>an attempt of at least 20 ms</td><td>the same, and its number</td></tr>
 *   <tr><td>{@code dev.holdfast.Rejection}</td><td>a refusal</td><td>policy, kind, pipeline</td></tr>
 *   <tr><td>{@code dev.holdfast.Change}</td><td>what a policy tells of itself</td><td>policy, kind, name, text</td></tr>
 * </table>
 *
 * <p>Thresholds are those of the recording's settings. While no recording wants an event, nothing is built, and nobody listens to what happens
 * to calls; to changes it always listens, which costs calls nothing. Refusals are recorded from the start of a recording on; where
 * {@code dev.holdfast.Rejection} is enabled in a recording that runs, from up to a second later on, because the recorder tells nobody. Where it is
 * disabled in one that runs, the first refusal after that, or the end of a recording, ends the listening. Safe to use from any thread.
 */
public final class FlightRecording implements AutoCloseable {
    private static final RejectionEvent REJECTION = new RejectionEvent();

    private final List<Metered> sources;
    private final FlightRecorderListener listener = new Follower();
    /** Held while recordings begin and end, and by no call but one that is refused when that is not to be recorded any more. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Listening<Event.Change> changes =
            Listening.of("FlightRecording", Event.Change.class, FlightRecording::changed);
    /** While a recording wants them: calls pay for it. */
    private @Nullable Listening<Event.CallRejected> refusals;

    private boolean closed;

    /** Listens to refusals as long as there is a recording that wants them. */
    private final class Follower implements FlightRecorderListener {
        @Override
        public void recordingStateChanged(Recording recording) {
            follow();
        }
    }

    /** The same object each time, for who takes it away again. */
    private final Runnable eachSecond = this::follow;

    private FlightRecording(List<Metered> sources) {
        this.sources = sources;
    }

    /**
     * Records what policies refuse, and what they and others tell of themselves, whenever there is a recording that wants it.
     *
     * @param sources policies, pipelines, guards, availabilities, objectives and whatever else tells events
     * @return a handle to stop it; if a source throws, nothing is recorded
     */
    public static FlightRecording of(Metered... sources) {
        FlightRecording made = new FlightRecording(List.of(sources));
        boolean isMade = false;
        try {
            made.begin();
            isMade = true;
            return made;
        } finally {
            // A source may be somebody's own, and throw: nobody could stop what is here already.
            if (!isMade) {
                made.close();
            }
        }
    }

    private void begin() {
        if (FlightRecorder.isAvailable()) {
            sources.forEach(changes::add);
            FlightRecorder.addListener(listener);
            // Runs while the event is enabled, and not otherwise.
            FlightRecorder.addPeriodicEvent(RejectionEvent.class, eachSecond);
            follow();
        }
    }

    /**
     * Records what is inside of it as a call. Belongs outside of a retry.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @return a policy, in the standard environment
     */
    public static Around calls(String name) {
        return calls(name, Environment.standard());
    }

    /**
     * The same, in an environment of its own.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param environment that of the pipeline
     * @return a policy
     */
    public static Around calls(String name, Environment environment) {
        return new RecordingAround(false, name, environment);
    }

    /**
     * Records what is inside of it as an attempt. Belongs innermost, inside of what refuses calls.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @return a policy, in the standard environment
     */
    public static Around attempts(String name) {
        return attempts(name, Environment.standard());
    }

    /**
     * The same, in an environment of its own.
     *
     * @param name of the dependency or operation; 1 to 256 characters, not blank
     * @param environment that of the pipeline
     * @return a policy
     */
    public static Around attempts(String name, Environment environment) {
        return new RecordingAround(true, name, environment);
    }

    private void follow() {
        lock.lock();
        try {
            boolean wanted = !closed && REJECTION.isEnabled();
            if (wanted && refusals == null) {
                refusals = Listening.of("FlightRecording", Event.CallRejected.class, this::refused);
                sources.forEach(refusals::add);
            } else if (!wanted && refusals != null) {
                refusals.close();
                refusals = null;
            }
        } finally {
            lock.unlock();
        }
    }

    boolean listensToCalls() {
        lock.lock();
        try {
            return refusals != null;
        } finally {
            lock.unlock();
        }
    }

    private void refused(Event.CallRejected rejected) {
        RejectionEvent recorded = new RejectionEvent();
        if (recorded.shouldCommit()) {
            recorded.policy = rejected.policy();
            recorded.kind = rejected.source().kind();
            recorded.pipeline = rejected.pipeline().name();
            recorded.commit();
        } else if (!recorded.isEnabled()) {
            follow();
        }
    }

    private static void changed(Event.Change change) {
        ChangeEvent recorded = new ChangeEvent();
        if (recorded.shouldCommit()) {
            recorded.policy = change.policy();
            recorded.kind = change.source().kind();
            recorded.name = change.eventName();
            recorded.text = change.toString();
            recorded.commit();
        }
    }

    /** Stops it. What {@link #calls} and {@link #attempts} gave goes on. A second time without effect. */
    @Override
    public void close() {
        if (FlightRecorder.isAvailable()) {
            FlightRecorder.removeListener(listener);
            FlightRecorder.removePeriodicEvent(eachSecond);
        }
        changes.close();
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        follow();
    }
}
