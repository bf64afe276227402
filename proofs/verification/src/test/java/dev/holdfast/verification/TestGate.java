// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.Classifier;
import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import dev.holdfast.Turn;
import dev.holdfast.testkit.VirtualTime;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A gate that refuses, queues and asks for the time as often as it was told to, and traces what it is told. */
final class TestGate extends Gate {
    /** A refusal by a test's gate. */
    static final class Refused extends RejectedException {
        private static final long serialVersionUID = 1L;

        Refused(String policy) {
            super(policy, UNKNOWN);
        }
    }

    private final VirtualTime time;
    private final Trace trace;
    private final Set<Long> inside = new HashSet<>();
    private int refuseEvery;
    private int queueEvery;
    private long queueNanos;
    private boolean grants;
    private boolean timed;
    private boolean holds;
    private Executor executor;
    private long asked;
    private long stamps;

    TestGate(String name, VirtualTime time, Trace trace) {
        super(name, time);
        this.time = time;
        this.trace = trace;
    }

    static TestGate random(String name, VirtualTime time, Trace trace, SplittableRandom random) {
        TestGate gate = new TestGate(name, time, trace);
        Classifier<Object> classifier = Classifier.standard();
        gate.refuseEvery = random.nextInt(3) == 0 ? 2 + random.nextInt(5) : 0;
        gate.queueEvery = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 0;
        gate.queueNanos = random.nextInt(1_000) * 1_000L + 3;
        gate.grants = random.nextBoolean();
        gate.timed = random.nextBoolean();
        gate.holds = random.nextInt(4) == 0;
        gate.executor = random.nextInt(5) == 0 ? Runnable::run : null;
        if (random.nextInt(3) == 0) {
            int odd = random.nextInt(5);
            classifier = classifier
                    .failOnResult(value -> Integer.valueOf(odd).equals(value))
                    .ignoreIf(thrown -> String.valueOf(thrown.getMessage()).endsWith("7"));
        }
        if (random.nextInt(6) == 0) {
            classifier = classifier.failOnResult(value -> {
                if (Integer.valueOf(3).equals(value)) {
                    throw new IllegalArgumentException("predicate of " + name);
                }
                return false;
            });
        }
        gate.classifyBy(classifier);
        return gate;
    }

    TestGate refusingEvery(int nth) {
        refuseEvery = nth;
        return this;
    }

    TestGate queueing(long nanos) {
        queueEvery = 1;
        queueNanos = nanos;
        return this;
    }

    /** How many have come in. */
    long entries() {
        return stamps;
    }

    int inFlight() {
        return inside.size();
    }

    private long entered(long stamp) {
        inside.add(stamp);
        trace.entered(name() + "#" + stamp);
        return stamp;
    }

    @Override
    protected long enter(long now) {
        if (timed && now == NO_TIME) {
            return NEEDS_TIME;
        }
        asked++;
        if (refuseEvery > 0 && asked % refuseEvery == 0) {
            trace.add(name() + " refuses");
            return REFUSED;
        }
        return queueEvery > 0 && asked % queueEvery == 0 ? QUEUED : entered(stamps++);
    }

    @Override
    protected Turn queue(long now, long nanosLeft) {
        trace.add(name() + " queues");
        return new Place();
    }

    /** Lets in when its time is up, or a timer does it a little before; every third is refused after all. */
    private final class Place extends Turn {
        private final Environment.Timer granter;

        Place() {
            granter = time.schedule(
                    () -> {
                        long stamp = stamps++;
                        if (grants && grant(stamp)) {
                            entered(stamp);
                        }
                    },
                    queueNanos / 2);
        }

        @Override
        protected long nanos() {
            return queueNanos;
        }

        @Override
        protected long due() {
            granter.cancel();
            if (asked % 3 == 0) {
                trace.add(name() + " refuses after all");
                return REFUSED;
            }
            return entered(stamps++);
        }

        @Override
        protected void abandoned() {
            granter.cancel();
            trace.add(name() + " is abandoned");
        }
    }

    @Override
    protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsedNanos) {
        if (timed && now == NO_TIME) {
            return false;
        }
        if (!inside.remove(stamp)) {
            trace.wrong(name() + ": exit of " + stamp + " (expected: one of " + inside + ")");
        }
        trace.left(name() + "#" + stamp, ending);
        return true;
    }

    @Override
    protected RejectedException rejection(long now) {
        return new Refused(name());
    }

    @Override
    protected Executor executor() {
        return executor;
    }

    @Override
    protected boolean holdsUntilWorkEnds() {
        return holds;
    }

    @Override
    public String toString() {
        return name();
    }
}
