// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

/** What goes on or does not: since when, for how much of the observed time, and for how long at most. For one thread at a time. */
final class Stretch {
    private boolean on;
    private boolean paused;
    private long start;
    private long time;
    private long longest;

    /** Whether it goes on, in a slice that begins now. */
    void slice(long from, boolean goesOn) {
        if (goesOn && !on) {
            start = from;
            time = 0;
        }
        on = goesOn;
        paused = false;
    }

    /** It goes on, and the time of this slice does not count. */
    void pause() {
        paused = true;
    }

    void pass(long seen) {
        if (on && !paused) {
            time += seen;
            longest = Math.max(longest, time);
        }
    }

    boolean isOn() {
        return on;
    }

    long start() {
        return start;
    }

    /** How long by now; 0 where it does not go on. */
    long time() {
        return on ? time : 0;
    }

    long longest() {
        return longest;
    }

    void write(Snapshot.Writer out) {
        out.add(on ? 1 : 0).add(start).add(time).add(longest);
    }

    void read(Snapshot.Reader in) {
        on = in.next() != 0;
        start = in.next();
        time = in.next();
        longest = in.next();
    }
}
