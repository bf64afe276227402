// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import dev.holdfast.Around;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Listening;
import dev.holdfast.Source;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Recording;

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
 * <p>Thresholds are those of the recording's settings. While no recording wants an event, nothing is built, and nobody listens to a
 * policy. Safe to use from any thread.
 */
public final class FlightRecording implements AutoCloseable {
    private static final RejectionEvent REJECTION = new RejectionEvent();
    private static final ChangeEvent CHANGE = new ChangeEvent();

    private final List<Source> sources;
    private final FlightRecorderListener listener = new Follower();
    /** Held while recordings begin and end, and by no call. */
    private final ReentrantLock lock = new ReentrantLock();

    private List<Listening<?>> listening = List.of();
    private boolean closed;

    /** Listens to the sources as long as there is a recording that wants it. */
    private final class Follower implements FlightRecorderListener {
        @Override
        public void recordingStateChanged(Recording recording) {
            follow();
        }
    }

    private FlightRecording(List<Source> sources) {
        this.sources = sources;
    }

    /**
     * Records what policies refuse, and what they and others tell of themselves, whenever there is a recording that wants it.
     *
     * @param sources policies, pipelines, availabilities, objectives and whatever else tells events
     * @return a handle to stop it
     */
    public static FlightRecording of(Source... sources) {
        FlightRecording made = new FlightRecording(List.of(sources));
        if (FlightRecorder.isAvailable()) {
            FlightRecorder.addListener(made.listener);
            made.follow();
        }
        return made;
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
            boolean wanted = !closed && (REJECTION.isEnabled() || CHANGE.isEnabled());
            if (wanted && listening.isEmpty()) {
                Listening<?> refusals =
                        Listening.of("FlightRecording", Event.CallRejected.class, FlightRecording::refused);
                Listening<?> changes = Listening.of("FlightRecording", Event.Change.class, FlightRecording::changed);
                listening = List.of(refusals, changes);
                sources.forEach(source -> listening.forEach(each -> each.add(source)));
            } else if (!wanted) {
                listening.forEach(Listening::close);
                listening = List.of();
            }
        } finally {
            lock.unlock();
        }
    }

    private static void refused(Event.CallRejected rejected) {
        RejectionEvent recorded = new RejectionEvent();
        if (recorded.shouldCommit()) {
            recorded.policy = rejected.policy();
            recorded.kind = rejected.source().kind();
            recorded.pipeline = rejected.pipeline().name();
            recorded.commit();
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
        }
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        follow();
    }
}
