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
 * <p>While it stands still nothing begins and nothing is answered, not even that the line is full: what ends and what comes
 * meanwhile has its turn when it goes on.
 */
final class Node {
    private final Service service;
    private final SimulatedTime time;
    private final SplittableRandom random;
    private final Deque<Request> line = new ArrayDeque<>();
    private final List<Request> atWork = new ArrayList<>();
    /** What comes while it stands still waits in the network's stack, where nobody sees whether the line is full. */
    private final List<Request> cameMeanwhile = new ArrayList<>();
    /** What ends while it stands still. */
    private final List<Runnable> doneMeanwhile = new ArrayList<>();

    private final Shares quickErrors = new Shares();
    private final Shares lateErrors = new Shares();
    private final List<Double> slowness = new ArrayList<>();
    /** What a worker does after its own work; {@code null} where that is all. */
    private @Nullable Errand errand;

    private int stalls;
    private int refusals;
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
        } else if (stalls > 0) {
            cameMeanwhile.add(request);
        } else if (quickErrors.hits(random)) {
            request.fail(new ServiceException(service.name(), 500));
        } else if (service.drops() && request.isAbandoned()) {
            return; // Its caller has gone while it was on its way.
        } else if (atWork.size() < service.workers()) {
            start(request);
        } else if (line.size() < service.line()) {
            line.addLast(request);
        } else {
            request.fail(new ServiceException(service.name(), 503));
        }
    }

    private void start(Request request) {
        atWork.add(request);
        long nanos = (long) (service.times().next(random) * slowness() * coldness());
        time.schedule(() -> done(request), nanos);
    }

    private double slowness() {
        double factor = 1;
        for (double each : slowness) {
            factor *= each;
        }
        return factor;
    }

    private double coldness() {
        long passed = time.nanoTime() - warmFrom;
        return cold == 1 || passed >= warmUp ? 1 : cold - (cold - 1) * passed / warmUp;
    }

    private void done(Request request) {
        if (stalls > 0) {
            doneMeanwhile.add(() -> done(request));
        } else if (!request.isLost()) {
            if (lateErrors.hits(random)) {
                leave(request, new ServiceException(service.name(), 500));
            } else if (errand == null) {
                leave(request, null);
            } else {
                errand.run(
                        failure -> leave(request, failure == null ? null : new ServiceException(service.name(), 502)));
            }
        }
    }

    private void leave(Request request, @Nullable Throwable failure) {
        if (stalls > 0) {
            doneMeanwhile.add(() -> leave(request, failure));
            return;
        }
        if (request.isLost() || !atWork.remove(request)) {
            return;
        }
        if (failure == null) {
            request.answer();
        } else {
            request.fail(failure);
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
            List<Runnable> done = List.copyOf(doneMeanwhile);
            List<Request> came = List.copyOf(cameMeanwhile);
            doneMeanwhile.clear();
            cameMeanwhile.clear();
            done.forEach(Runnable::run);
            takeNext();
            came.forEach(this::accept);
        }
    }

    void slow(double factor) {
        slowness.add(factor);
    }

    void slowNoMore(double factor) {
        slowness.remove(factor);
    }

    /** Shares of calls that are answered by an error at once. */
    Shares quickErrors() {
        return quickErrors;
    }

    /** Shares of calls that are answered by an error after the work. */
    Shares lateErrors() {
        return lateErrors;
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
        lost.addAll(cameMeanwhile);
        atWork.clear();
        line.clear();
        cameMeanwhile.clear();
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
