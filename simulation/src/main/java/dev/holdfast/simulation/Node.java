// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server process: workers, and a line in front of them.
 *
 * <pre>
 *   request ── a worker is free ──▶ at work ── its time is over ──▶ answered, and the worker takes the next of the line
 *      ├────── none is ──▶ in line ──▶ at work; left out where its caller has gone, and the service knows that
 *      └────── refused, failed at once, or the line is full ──▶ answered by an error
 * </pre>
 *
 * <p>While it stands still nothing begins, and what ends meanwhile is answered when it goes on.
 */
final class Node {
    private final Service service;
    private final SimulatedTime time;
    private final SplittableRandom random;
    private final Deque<Request> line = new ArrayDeque<>();
    private final List<Request> atWork = new ArrayList<>();
    private final List<Request> doneMeanwhile = new ArrayList<>();
    /** What a worker does after its own work; {@code null} where that is all. */
    private @Nullable Errand errand;

    private int stalls;
    private int refusals;
    private double slowness = 1;
    private double quickErrors;
    private double lateErrors;
    private double cold = 1;
    private long warmFrom;
    private long warmUp;

    Node(Service service, SimulatedTime time, SplittableRandom random) {
        this.service = service;
        this.time = time;
        this.random = random;
    }

    void calls(Errand next) {
        errand = next;
    }

    // ---- Work -----------------------------------------------------------------------------------------------------

    void accept(Request request) {
        if (refusals > 0) {
            request.fail(new Quiet.Refused(service.name()));
        } else if (quickErrors > 0 && random.nextDouble() < quickErrors) {
            request.fail(new ServiceException(service.name(), 500));
        } else if (stalls == 0 && atWork.size() < service.workers()) {
            start(request);
        } else if (line.size() < service.line()) {
            line.addLast(request);
        } else {
            request.fail(new ServiceException(service.name(), 503));
        }
    }

    private void start(Request request) {
        atWork.add(request);
        long nanos = (long) (service.times().next(random) * slowness * coldness());
        time.schedule(() -> done(request), nanos);
    }

    private double coldness() {
        long passed = time.nanoTime() - warmFrom;
        return cold == 1 || passed >= warmUp ? 1 : cold - (cold - 1) * passed / warmUp;
    }

    private void done(Request request) {
        if (stalls > 0) {
            doneMeanwhile.add(request);
        } else if (!request.isLost()) {
            if (lateErrors > 0 && random.nextDouble() < lateErrors) {
                leave(request, new ServiceException(service.name(), 500));
            } else if (errand == null) {
                leave(request, null);
            } else {
                errand.run(failure -> leave(request, failure));
            }
        }
    }

    private void leave(Request request, @Nullable Throwable failure) {
        if (request.isLost() || !atWork.remove(request)) {
            return;
        }
        if (failure == null) {
            request.answer();
        } else {
            request.fail(failure instanceof ServiceException ? failure : new ServiceException(service.name(), 502));
        }
        takeNext();
    }

    private void takeNext() {
        while (stalls == 0 && atWork.size() < service.workers() && !line.isEmpty()) {
            Request next = service.isNewestFirst() ? line.removeLast() : line.removeFirst();
            if (!service.drops() || !next.isAbandoned()) {
                start(next);
            }
        }
    }

    // ---- Faults ---------------------------------------------------------------------------------------------------

    void stall() {
        stalls++;
    }

    void goOn() {
        stalls--;
        if (stalls == 0) {
            List<Request> done = List.copyOf(doneMeanwhile);
            doneMeanwhile.clear();
            done.forEach(this::done);
            takeNext();
        }
    }

    void slow(double factor) {
        slowness *= factor;
    }

    void fail(double quick, double late) {
        quickErrors += quick;
        lateErrors += late;
    }

    void refuse() {
        refusals++;
    }

    void refuseNoMore() {
        refusals--;
    }

    void crash() {
        refuse();
        List<Request> lost = new ArrayList<>(atWork);
        lost.addAll(line);
        atWork.clear();
        line.clear();
        doneMeanwhile.clear();
        for (Request request : lost) {
            request.lose();
            request.fail(new Quiet.Reset(service.name()));
        }
    }

    void restart(double coldness, long warmUpNanos) {
        refuseNoMore();
        cold = coldness;
        warmUp = Math.max(1, warmUpNanos);
        warmFrom = time.nanoTime();
    }

    /** A call of another service that a worker makes. */
    interface Errand {
        void run(Consumer<@Nullable Throwable> whenEnded);
    }
}
