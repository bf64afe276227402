// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.bulkhead;

import dev.holdfast.testkit.VirtualTime;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Calls that come at random to a service with so many workers and a queue without bounds, under the limit of an estimate. All of
 * it is arithmetic: a second of it takes milliseconds. Times are in milliseconds.
 */
final class Load {
    static final int ENDLESS = 10_000;

    private record Running(double end, double start, int inFlight) {}

    final Limit.Estimate estimate;
    final SplittableRandom random;
    ToDoubleFunction<SplittableRandom> work;
    private final PriorityQueue<Running> running =
            new PriorityQueue<>((one, other) -> Double.compare(one.end, other.end));
    private final PriorityQueue<Double> workers = new PriorityQueue<>();
    int limit;
    private double now;

    /** Of the last stretch. */
    int refused;

    int ended;
    int least;
    int most;
    private long limits;
    private int calls;

    Load(Limit settings, long seed, ToDoubleFunction<SplittableRandom> work) {
        this.estimate = settings.start(VirtualTime.create(0, seed));
        this.limit = settings.initial();
        this.random = new SplittableRandom(seed);
        this.work = work;
        capacity(ENDLESS);
    }

    Load capacity(int value) {
        while (workers.size() > value) {
            workers.remove();
        }
        while (workers.size() < value) {
            workers.add(now);
        }
        return this;
    }

    /** Lets some calls come, so many a millisecond. */
    Load offer(int howMany, double rate) {
        calls = howMany;
        refused = 0;
        ended = 0;
        limits = 0;
        least = Integer.MAX_VALUE;
        most = 0;
        for (int i = 0; i < howMany; i++) {
            now += exponential(random) / rate;
            while (!running.isEmpty() && running.peek().end <= now) {
                end(running.remove());
            }
            if (running.size() < limit) {
                double begun = Math.max(now, workers.remove());
                double end = begun + Math.max(1e-6, work.applyAsDouble(random));
                workers.add(end);
                running.add(new Running(end, now, running.size() + 1));
            } else {
                refused++;
            }
            limits += limit;
        }
        return this;
    }

    private void end(Running call) {
        ended++;
        limit = estimate.update((long) ((call.end - call.start) * 1e6), call.inFlight, false);
        least = Math.min(least, limit);
        most = Math.max(most, limit);
    }

    double refusedPercent() {
        return 100.0 * refused / calls;
    }

    double averageLimit() {
        return limits / (double) calls;
    }

    static double exponential(SplittableRandom random) {
        return -Math.log(1 - random.nextDouble());
    }

    /** With an average of 1, and a sigma of 1. */
    static double logNormal(SplittableRandom random) {
        double normal = Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random.nextDouble());
        return Math.exp(normal - 0.5);
    }

    @Override
    public String toString() {
        return String.format(
                "refused %.2f %%, limit %d, %d to %d, on average %.1f, %d ended",
                refusedPercent(), limit, least, most, averageLimit(), ended);
    }
}
