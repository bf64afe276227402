// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes calls when they are due, each on a thread of its own, whether or not earlier ones have ended: an open loop.
 *
 * <p>It runs in the process that starts the servers. So the faults come by the same clock as the calls, and all contenders
 * are called by code that is as warm for one as for the other. A process for each would begin with a compiler that
 * competes with what is measured. {@link Result#disturbed} says that it did not keep up.
 */
final class Load {
    /** Longer than any contender keeps a call, its attempts and waits together. */
    private static final long DRAIN_SECONDS = 20;

    /**
     * Something to do at a time.
     *
     * @param nanos when, since the start
     * @param action has to be quick: the calls wait for it
     */
    record Cue(long nanos, Runnable action) {}

    /**
     * What was done.
     *
     * @param calls all of them
     * @param unended how many of them had not ended long after the last one was due
     * @param lateNanos how long after it was due the most belated call was begun
     */
    record Done(List<Call> calls, int unended, long lateNanos) {}

    private final List<Arrivals.Arrival> arrivals;
    private final List<Contender.Client> clients;
    private final Callable<Integer> request;
    private final AtomicReferenceArray<Call> ended;
    private final CountDownLatch left;
    private final AtomicLong late = new AtomicLong();

    /**
     * Nothing runs yet.
     *
     * @param arrivals the calls, the first one first
     * @param clients who makes them
     * @param request what they send
     */
    Load(List<Arrivals.Arrival> arrivals, List<Contender.Client> clients, Callable<Integer> request) {
        this.arrivals = arrivals;
        this.clients = clients;
        this.request = request;
        this.ended = new AtomicReferenceArray<>(arrivals.size());
        this.left = new CountDownLatch(arrivals.size());
    }

    /**
     * Makes all calls and waits until they have ended, or for a while.
     *
     * @param cues what else to do, the first one first
     */
    Done run(List<Cue> cues) throws InterruptedException {
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "caller");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Cue> open = new ArrayList<>(cues);
            long start = System.nanoTime();
            for (int i = 0; i < arrivals.size(); i++) {
                int number = i;
                Arrivals.Arrival arrival = arrivals.get(number);
                while (!open.isEmpty() && open.get(0).nanos() <= arrival.nanos()) {
                    Cue cue = open.remove(0);
                    parkUntil(start + cue.nanos());
                    cue.action().run();
                }
                parkUntil(start + arrival.nanos());
                threads.execute(() -> make(number, start));
            }
            left.await(DRAIN_SECONDS, TimeUnit.SECONDS);
            return done();
        } finally {
            threads.shutdownNow();
        }
    }

    private static void parkUntil(long time) throws InterruptedException {
        for (long wait = time - System.nanoTime(); wait > 0; wait = time - System.nanoTime()) {
            LockSupport.parkNanos(wait);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private Done done() {
        int unended = 0;
        List<Call> calls = new ArrayList<>();
        for (int i = 0; i < arrivals.size(); i++) {
            Call call = ended.get(i);
            if (call == null) {
                unended++;
                call = Call.unended(arrivals.get(i).nanos());
            }
            calls.add(call);
        }
        return new Done(calls, unended, late.get());
    }

    private void make(int number, long start) {
        Arrivals.Arrival arrival = arrivals.get(number);
        late.accumulateAndGet(System.nanoTime() - start - arrival.nanos(), Math::max);
        AtomicInteger requests = new AtomicInteger();
        boolean answered = false;
        try {
            clients.get(arrival.client()).call(() -> {
                requests.incrementAndGet();
                return request.call();
            });
            answered = true;
        } catch (Exception failure) {
            // Whatever it was: there is no answer.
        } finally {
            long took = System.nanoTime() - start - arrival.nanos();
            ended.set(number, new Call(arrival.nanos(), took, requests.get(), answered));
            left.countDown();
        }
    }
}
