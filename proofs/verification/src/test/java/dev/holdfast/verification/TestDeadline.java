// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Call;
import dev.holdfast.Deadline;
import dev.holdfast.testkit.VirtualTime;
import java.util.SplittableRandom;

/** A deadline that traces how calls ended. */
final class TestDeadline extends Deadline {
    /** Too late for a test's deadline. */
    static final class TooLate extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLate(String message) {
            super(message);
        }
    }

    private final Trace trace;
    private final long nanos;
    private int asked;

    TestDeadline(String name, VirtualTime time, Trace trace, long nanos) {
        super(name, time);
        this.trace = trace;
        this.nanos = nanos;
    }

    static TestDeadline random(String name, VirtualTime time, Trace trace, SplittableRandom random) {
        long nanos = random.nextInt(6) == 0 ? Long.MAX_VALUE : random.nextInt(3_000) * 1_000L + 500;
        return new TestDeadline(name, time, trace, random.nextInt(12) == 0 ? 0 : nanos);
    }

    @Override
    protected long nanos(Call call) {
        // A little more each time, so that two deadlines never pass at the same moment.
        return nanos <= 0 || nanos == Long.MAX_VALUE ? nanos : nanos + asked++;
    }

    @Override
    protected void passed() {
        trace.add(name() + " is exceeded");
    }

    @Override
    protected RuntimeException exceeded(long limit) {
        return new TooLate(name());
    }

    @Override
    protected void kept() {
        trace.add(name() + " is kept");
    }

    @Override
    public String toString() {
        return name();
    }
}
