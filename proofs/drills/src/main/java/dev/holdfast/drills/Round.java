// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import dev.holdfast.RejectedException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One drill of one case: makes the calls, waits until all is over, and counts what is back. */
final class Round {
    private static final int HEALTHY_CALLS = 20;
    private static final long QUIET_MILLIS = 500;
    private static final long BACK_MILLIS = 10_000;
    /** For what comes back by chance. */
    private static final long LITTLE_MILLIS = 2_000;
    /** What a caller waits who was refused and not told how long. */
    private static final long PAUSE_NANOS = 20_000_000;

    private final Case drilled;
    private final int calls;
    private final Attempts attempts;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger mixedUp = new AtomicInteger();
    private final ConcurrentLinkedQueue<Long> durations = new ConcurrentLinkedQueue<>();

    private Round(Case drilled, int calls) {
        this.drilled = drilled;
        this.calls = calls;
        this.attempts = new Attempts(new Plan(calls));
    }

    /** Drills one case with so many calls. */
    static Result run(Case drilled, int calls) throws Exception {
        return new Round(drilled, calls).run();
    }

    private Result run() throws Exception {
        try (Stage stage = drilled.setting().set(attempts)) {
            warmUp(stage);
            int earlier = attempts.starts();
            Resources before = Resources.now();
            Result.Counts counts;
            try (Guard guard = new Guard(drilled.mode(), drilled.permits());
                    Client client = stage.open(guard.pipeline)) {
                call(client);
                counts = count(guard, client, earlier);
            }
            Resources after = Resources.awaitBack(before, drilled.closes() ? BACK_MILLIS : LITTLE_MILLIS);
            return new Result(
                    drilled.name(),
                    drilled.closes(),
                    Spread.of(List.copyOf(durations)),
                    attempts.lags(),
                    attempts.satOut(),
                    counts,
                    before,
                    after);
        }
    }

    /** Loads classes, whose time would be that of the first calls. */
    private void warmUp(Stage stage) throws Exception {
        try (Guard guard = new Guard(drilled.mode(), drilled.permits());
                Client client = stage.open(guard.pipeline)) {
            unwell(client);
        }
    }

    private void call(Client client) throws InterruptedException {
        Executor threads = drilled.mode().callers();
        CountDownLatch calling = new CountDownLatch(drilled.callers());
        for (int i = 0; i < drilled.callers(); i++) {
            threads.execute(() -> {
                callInTurn(client);
                calling.countDown();
            });
        }
        calling.await();
    }

    private void callInTurn(Client client) {
        for (int number = next.getAndIncrement(); number < calls; number = next.getAndIncrement()) {
            long start = System.nanoTime();
            RejectedException refusal = null;
            try {
                String answer = client.get(number);
                answers.incrementAndGet();
                mixedUp.addAndGet(answer.equals("answer " + number) ? 0 : 1);
            } catch (Throwable thrown) {
                refusal = refusal(thrown);
                (refusal != null ? refusals : failures).incrementAndGet();
            }
            durations.add(System.nanoTime() - start);
            if (refusal != null) {
                pause(refusal);
            }
        }
    }

    private static @Nullable RejectedException refusal(Throwable thrown) {
        Throwable cause = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
        return cause instanceof RejectedException refusal ? refusal : null;
    }

    /** As a reasonable caller does. */
    private static void pause(RejectedException refusal) {
        try {
            TimeUnit.NANOSECONDS.sleep(Math.max(PAUSE_NANOS, refusal.retryAfterNanos()));
        } catch (InterruptedException stray) {
            throw new IllegalStateException("an interrupt that was left behind", stray);
        }
    }

    private Result.Counts count(Guard guard, Client client, int earlier) throws InterruptedException {
        awaitQuiet(guard, client);
        int held = guard.bulkhead.report().inFlight();
        int busy = client.busy();
        // Clients that sit a stall out do it no longer than the dependency.
        awaitEndOfStalls(guard);
        List<String> imbalances = guard.imbalances(calls, answers.get(), attempts.starts() - earlier);
        if (answers.get() + refusals.get() + failures.get() != calls) {
            imbalances.add("calls that did not end");
        }
        long timedOut = guard.timedOut();
        guard.breaker.reset();
        return new Result.Counts(
                answers.get(),
                failures.get(),
                refusals.get(),
                mixedUp.get(),
                timedOut,
                held,
                busy,
                unwell(client),
                imbalances);
    }

    private void awaitQuiet(Guard guard, Client client) throws InterruptedException {
        for (long waited = 0; waited < QUIET_MILLIS; waited += 10) {
            if (guard.bulkhead.report().inFlight() == 0 && client.busy() == 0 && attempts.stalling() == 0) {
                return;
            }
            Thread.sleep(10);
        }
    }

    private void awaitEndOfStalls(Guard guard) throws InterruptedException {
        long most = Attempts.PATIENCE.toMillis() + 2_000;
        for (long waited = 0; waited < most; waited += 10) {
            if (attempts.stalling() + guard.bulkhead.report().inFlight() == 0) {
                return;
            }
            Thread.sleep(10);
        }
    }

    /** How many of some calls that meet no fault do not get their answer. */
    private int unwell(Client client) {
        int good = 0;
        for (int number = calls; number < calls + HEALTHY_CALLS; number++) {
            try {
                good += client.get(number).equals("answer " + number) ? 1 : 0;
            } catch (Throwable thrown) {
                // Counted by what is missing.
            }
        }
        return HEALTHY_CALLS - good;
    }
}
