// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import dev.holdfast.modelchecks.ManualTime;
import dev.holdfast.modelchecks.Models;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BucketModelTest {
    private static final int T = 10;
    private static final int BURST = 2;
    private static final int MAX_WAIT = 15;

    /** Two permits at once, one each ten nanoseconds. Each operation says what time it has: also one that is over. */
    public static class Model {
        private final RateLimiterBuilder settings = new RateLimiterBuilder("model")
                .environment(new ManualTime())
                .limit(1, Duration.ofNanos(T))
                .burst(BURST)
                .waitUpTo(Duration.ofNanos(MAX_WAIT))
                .copy();
        private final Bucket bucket = Bucket.full(settings, 0);
        private final List<Deque<long[]>> receipts =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());

        /** Each thread has a reservation; the second's stands behind the first's. */
        public Model() {
            reserve(1, 1, 0);
            reserve(2, 1, 0);
        }

        @Operation
        public long take(
                @Param(gen = IntGen.class, conf = "1:2") int permits,
                @Param(gen = IntGen.class, conf = "0:3") int time) {
            return settings.ask(permits).take(bucket, time * T, () -> time * T);
        }

        @Operation
        public boolean reserve(
                @Param(gen = ThreadIdGen.class) int thread,
                @Param(gen = IntGen.class, conf = "1:2") int permits,
                @Param(gen = IntGen.class, conf = "0:1") int time) {
            long[] receipt = new long[2];
            if (settings.ask(permits).take(bucket, time * T, () -> time * T, MAX_WAIT, receipt) > MAX_WAIT) {
                return false;
            }
            receipts.get(thread).add(receipt);
            return true;
        }

        @Operation
        public void giveBack(@Param(gen = ThreadIdGen.class) int thread) {
            long[] receipt = receipts.get(thread).poll();
            if (receipt != null) {
                bucket.giveBack(receipt);
            }
        }

        @Operation
        public long available(@Param(gen = IntGen.class, conf = "0:3") int time) {
            return bucket.available(() -> time * T);
        }
    }

    /** The same in plain words: when the bucket is full again. */
    public static class Spec {
        private final List<Deque<long[]>> receipts =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());
        private long full;

        /** As there. */
        public Spec() {
            reserve(1, 1, 0);
            reserve(2, 1, 0);
        }

        public long take(int permits, int time) {
            return pay(permits, time * T, 0);
        }

        private long pay(int permits, long now, long maxWait) {
            long wait = Math.max(0, full - now - (BURST - permits) * T);
            if (wait <= maxWait) {
                full = Math.max(full, now + wait) + permits * T;
            }
            return wait;
        }

        public boolean reserve(int thread, int permits, int time) {
            long before = full;
            if (pay(permits, time * T, MAX_WAIT) > MAX_WAIT) {
                return false;
            }
            receipts.get(thread).add(new long[] {before, full});
            return true;
        }

        public void giveBack(int thread) {
            long[] receipt = receipts.get(thread).poll();
            if (receipt != null && full == receipt[1]) {
                full = receipt[0];
            }
        }

        public long available(int time) {
            return Math.max(0, BURST - (Math.max(0, full - time * T) + T - 1) / T);
        }
    }

    /** Reads the word, then writes it. */
    public static class CheckThenAct {
        private final AtomicLong full = new AtomicLong(BURST * T);

        @Operation
        public long take(
                @Param(gen = IntGen.class, conf = "1:2") int permits,
                @Param(gen = IntGen.class, conf = "0:3") int time) {
            long wait = Math.max(0, full.get() - time * T - (BURST - permits) * T);
            if (wait == 0) {
                full.set(Math.max(full.get(), time * T) + permits * T);
            }
            return wait;
        }
    }

    /** Gives back by subtraction, whoever has reserved behind: then calls that were promised one time get the same. */
    public static class GivesBackAlways {
        private final AtomicLong full = new AtomicLong();
        private final List<Deque<Integer>> receipts =
                List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());

        /** As the bucket. */
        public GivesBackAlways() {
            reserve(1, 1, 0);
            reserve(2, 1, 0);
        }

        @Operation
        public boolean reserve(
                @Param(gen = ThreadIdGen.class) int thread,
                @Param(gen = IntGen.class, conf = "1:2") int permits,
                @Param(gen = IntGen.class, conf = "0:0") int time) {
            while (true) {
                long before = full.get();
                if (before - (BURST - permits) * T > MAX_WAIT) {
                    return false;
                }
                if (full.compareAndSet(before, before + permits * T)) {
                    receipts.get(thread).add(permits);
                    return true;
                }
            }
        }

        @Operation
        public void giveBack(@Param(gen = ThreadIdGen.class) int thread) {
            Integer permits = receipts.get(thread).poll();
            if (permits != null) {
                full.getAndAdd(-permits * T);
            }
        }
    }

    /** Two limits, of which the second is the scarcer; time stands still. */
    public static class TwoLimits {
        private final RateLimiterBuilder settings = new RateLimiterBuilder("model")
                .environment(new ManualTime())
                .limit(3, Duration.ofNanos(300))
                .and(2, Duration.ofNanos(300))
                .copy();
        private final Bucket bucket = Bucket.full(settings, 0);
        private final AtomicInteger granted = new AtomicInteger();

        @Operation
        public void take(@Param(gen = IntGen.class, conf = "1:2") int permits) {
            if (settings.ask(permits).take(bucket, 0, () -> 0) == 0) {
                granted.addAndGet(permits);
            }
        }

        @Validate
        public void neverTooMany() {
            long first = settings.limits[0].available(bucket.get(0), 0);
            long second = settings.limits[1].available(bucket.get(1), 0);
            if (granted.get() > 2 || first > 3 - granted.get() || second != 2 - granted.get()) {
                throw new AssertionError(granted + " granted, " + first + " of 3 and " + second + " of 2 left");
            }
        }
    }

    /** Calls while settings change between rates with the same burst; time stands still. */
    public static class Reconfigured {
        private final RateLimiterBuilder settings =
                new RateLimiterBuilder("model").environment(new ManualTime()).limit(2, Duration.ofNanos(300));
        private final BucketSource source = new BucketSource.Single(settings.copy(), 0);
        private final AtomicInteger granted = new AtomicInteger();

        @Operation
        public void take() {
            while (true) {
                Bucket bucket = source.bucket();
                long wait = bucket.settings.ask(1).take(bucket, 0, () -> 0);
                if (wait == 0) {
                    granted.incrementAndGet();
                }
                if (wait != Bucket.REPLACED) {
                    return;
                }
            }
        }

        @Operation
        public void reconfigure(@Param(gen = IntGen.class, conf = "1:3") int factor) {
            source.reconfigure(now -> now.limit(2, Duration.ofNanos(300L * factor)));
        }

        @Validate
        public void noneTwiceAndNoneForgotten() {
            long left = source.bucket().available(() -> 0);
            if (granted.get() > 2 || left != 2 - granted.get()) {
                throw new AssertionError(granted + " granted, " + left + " left of 2");
            }
        }
    }

    /** Two threads close a bucket of two limits while a third calls: all must read the same last words. */
    public static class Closed {
        private final RateLimiterBuilder settings = new RateLimiterBuilder("model")
                .environment(new ManualTime())
                .limit(3, Duration.ofNanos(300))
                .and(3, Duration.ofNanos(900))
                .copy();
        private final Bucket bucket = Bucket.full(settings, 0);
        private final AtomicInteger granted = new AtomicInteger();

        @Operation
        public void take() {
            if (settings.ask(1).take(bucket, 0, () -> 0) == 0) {
                granted.incrementAndGet();
            }
        }

        @Operation
        public void close() {
            checkLast(bucket.close());
        }

        private void checkLast(long[] last) {
            if (!Arrays.equals(last, bucket.close())) {
                throw new AssertionError("granted " + granted + ", and closed with other words");
            }
        }

        @Validate
        public void allGrantedAreInTheLastWords() {
            long[] last = bucket.close();
            long second = settings.limits[1].available(last[1], 0);
            // A permit of the first limit may be lost to a call that cannot pay at the second any more.
            if (settings.limits[0].available(last[0], 0) > 3 - granted.get() || second != 3 - granted.get()) {
                throw new AssertionError(granted + " granted, " + second + " left of 3");
            }
        }
    }

    /**
     * Windows, and a clock that moves by more than a window remembers: calls that are stopped behind their readings while it does.
     * One permit in each ten nanoseconds.
     */
    public abstract static class Windows {
        private static final int PERMITS = 1;

        private final AtomicLong now = new AtomicLong();
        private final AtomicInteger granted = new AtomicInteger();
        private final RateLimiterBuilder settings;
        private final Bucket bucket;

        Windows(UnaryOperator<RateLimiterBuilder> kind) {
            settings = kind.apply(new RateLimiterBuilder("model")
                            .environment(new ManualTime())
                            .limit(PERMITS, Duration.ofNanos(T)))
                    .copy();
            bucket = Bucket.full(settings, 0);
        }

        /** What a call goes by that came with this reading, when it looks again. */
        long again(long reading) {
            return now.get();
        }

        @Operation
        public void take() {
            long reading = now.get();
            if (settings.ask(1).take(bucket, reading, () -> again(reading)) == 0) {
                granted.incrementAndGet();
            }
        }

        /** Once, because each time at which the clock was stands for a window of its own: so most scenarios fill both. */
        @Operation(runOnce = true)
        public void timeGoesOn() {
            now.addAndGet(5 * T);
        }

        /** As many as there were windows. */
        @Validate
        public void neverTooMany() {
            long most = PERMITS * (now.get() / (5 * T) + 1);
            if (granted.get() > most) {
                throw new AssertionError(granted + " granted of " + most);
            }
        }
    }

    /** On a grid. */
    public static class Fixed extends Windows {
        /** As above. */
        public Fixed() {
            super(RateLimiterBuilder::fixedWindow);
        }
    }

    /** That begin with a call. */
    public static class Sliding extends Windows {
        /** As above. */
        public Sliding() {
            super(RateLimiterBuilder::slidingWindow);
        }
    }

    /** Begins windows by the reading with which a call came. */
    public static class FixedByOldReadings extends Windows {
        /** As above. */
        public FixedByOldReadings() {
            super(RateLimiterBuilder::fixedWindow);
        }

        @Override
        long again(long reading) {
            return reading;
        }
    }

    /** The same. */
    public static class SlidingByOldReadings extends Windows {
        /** As above. */
        public SlidingByOldReadings() {
            super(RateLimiterBuilder::slidingWindow);
        }

        @Override
        long again(long reading) {
            return reading;
        }
    }

    /** Publishes a copy before it closes, and charges late: in between both give the same permits. */
    public static class ChargesLate {
        private static final long CLOSED = -9;
        private final AtomicLong old = new AtomicLong(1);
        private final AtomicLong now = new AtomicLong(CLOSED);
        private final AtomicInteger granted = new AtomicInteger();

        @Operation
        public void take() {
            AtomicLong word = now.get() == CLOSED ? old : now;
            if (word.getAndUpdate(left -> left > 0 ? left - 1 : left) > 0) {
                granted.incrementAndGet();
            }
        }

        @Operation(runOnce = true)
        public void reconfigure() {
            long seen = old.get();
            now.set(seen);
            long last = old.getAndSet(CLOSED);
            now.addAndGet(last - seen);
        }

        @Validate
        public void neverTwice() {
            if (granted.get() > 1) {
                throw new AssertionError(granted + " granted of 1");
            }
        }
    }

    @Test
    @DisplayName("RL-1 RL-3 calls of several permits, reservations and those given back have an order, at any time")
    void bucket() {
        Models.lockFree().actorsBefore(0).sequentialSpecification(Spec.class).check(Model.class);
    }

    @Test
    @DisplayName("RL-1 negative control: a word that is read and then written grants a permit twice")
    void mutant() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree()
                        .actorsBefore(0)
                        .sequentialSpecification(Spec.class)
                        .check(CheckThenAct.class));
    }

    @Test
    @DisplayName("RL-3 negative control: a reservation given back although others stand behind it")
    void givesBackAlways() {
        Models.caught(
                "Invalid execution results",
                () -> Models.lockFree()
                        .actorsBefore(0)
                        .sequentialSpecification(Spec.class)
                        .check(GivesBackAlways.class));
    }

    @Test
    @DisplayName("RL-1 with two limits, neither ever grants too many")
    void twoLimits() {
        Models.lockFree().actorsBefore(0).check(TwoLimits.class);
    }

    @Test
    @DisplayName("RL-1 calls that are stopped behind their readings of the clock begin no window again that has ended")
    void windows() {
        Models.lockFree().actorsBefore(0).check(Fixed.class);
        Models.lockFree().actorsBefore(0).check(Sliding.class);
    }

    @Test
    @DisplayName("RL-1 negative control: windows that begin by the reading with which a call came grant permits twice")
    void byOldReadings() {
        Models.caught("granted of", () -> Models.lockFree().actorsBefore(0).check(FixedByOldReadings.class));
        Models.caught("granted of", () -> Models.lockFree().actorsBefore(0).check(SlidingByOldReadings.class));
    }

    @Test
    @DisplayName("RL-1 while settings change, no permit is given twice and none is forgotten")
    void reconfigured() {
        // A call between two changes that overlap: three switches of threads, each at one certain place.
        Models.lockFree()
                .iterations(15)
                .invocationsPerIteration(150)
                .actorsBefore(0)
                .check(Reconfigured.class);
    }

    @Test
    @DisplayName("RL-1 whoever closes a bucket reads the same last words, and all that was granted is in them")
    void closed() {
        Models.lockFree()
                .iterations(15)
                .invocationsPerIteration(150)
                .actorsBefore(0)
                .check(Closed.class);
    }

    @Test
    @DisplayName("RL-1 negative control: a change that publishes a copy and charges afterwards gives permits twice")
    void chargesLate() {
        Models.caught(
                "granted",
                () -> Models.lockFree()
                        .invocationsPerIteration(3_000)
                        .actorsBefore(0)
                        .actorsAfter(0)
                        .check(ChargesLate.class));
    }
}
