// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/**
 * The work of one attempt of a race that {@linkplain Race#wantsBegun wants to know} whether it has begun, in the place of the call's. Only where policies
 * inside may put something else in the place of what it came to: elsewhere the outcome tells, and an attempt costs nothing.
 */
final class NotedWork implements Work.OfAttempt, Work.Adapted {
    private final Object work;
    private final Race<?> race;
    private volatile boolean begun;

    NotedWork(Object work, Race<?> race) {
        this.work = work;
        this.race = race;
    }

    /** What is to be run now: the work itself, of which all know that it begins. */
    static Object begins(Object work) {
        Object own = work;
        while (own instanceof NotedWork noted) {
            noted.begun = true;
            own = noted.work;
        }
        return own;
    }

    @Override
    public boolean hasBegun() {
        return begun;
    }

    @Override
    public Object ofCall(Race<?> asked) {
        return asked == race ? work : this;
    }

    @Override
    public Object original() {
        return work instanceof Work.Adapted adapted ? adapted.original() : work;
    }
}
