// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import java.time.Duration;

/** Whether one objective for recovery is kept. For one thread at a time. */
final class Recoveries {
    final RecoveryObjective.Kind kind;
    private final long allowed;
    private long worst;
    private long missed;
    private boolean over;

    Recoveries(RecoveryObjective.Kind kind, long allowed) {
        this.kind = kind;
        this.allowed = allowed;
    }

    /** What is measured now, negative where nobody knows; whether it has just passed what is allowed. */
    boolean measured(long nanos) {
        if (nanos < 0) {
            return false;
        }
        worst = Math.max(worst, nanos);
        boolean was = over;
        over = nanos > allowed;
        if (over && !was) {
            missed++;
            return true;
        }
        return false;
    }

    RecoveryObjective known() {
        return new RecoveryObjective(kind, Duration.ofNanos(allowed), Duration.ofNanos(worst), missed);
    }

    void write(Snapshot.Writer out) {
        out.add(worst).add(missed).add(over ? 1 : 0);
    }

    void read(Snapshot.Reader in) {
        worst = in.next();
        missed = in.next();
        over = in.next() != 0;
    }

    @Override
    public String toString() {
        return kind + " " + Duration.ofNanos(allowed);
    }
}
