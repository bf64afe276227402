// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

/**
 * What goes on or does not: since when, for how much of the observed time, and for how long at most. Time in which nobody can tell counts
 * as soon as it turns out to have gone on. For one thread at a time.
 */
final class Stretch {
    private boolean on;
    private boolean paused;
    private long start;
    private long time;
    /** Time since the last slice in which somebody could tell. */
    private long untold;

    private long longest;

    /** Whether it goes on, in a slice that begins now. */
    void slice(long from, boolean goesOn) {
        if (goesOn && !on) {
            start = from;
            time = 0;
            untold = 0;
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
            untold += seen;
        }
    }

    /** Whether somebody can tell that it has gone on until now. */
    void told(boolean told) {
        if (told && on) {
            time += untold;
            untold = 0;
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
        out.add(on ? 1 : 0).add(start).add(time).add(untold).add(longest);
    }

    void read(Snapshot.Reader in) {
        on = in.next() != 0;
        start = in.next();
        time = in.next();
        untold = in.next();
        longest = in.next();
    }
}
