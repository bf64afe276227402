// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Environment;
import java.util.concurrent.CompletableFuture;

/** A request on its way: the caller's future, and the server's view of it. Whoever cancels it has gone; the server may not know. */
final class Request extends CompletableFuture<Reply> {
    private final Link link;
    private final long sent;
    private final Environment.Timer patience;
    private boolean lost;

    Request(Link link, long patienceNanos) {
        this.link = link;
        this.sent = link.time().nanoTime();
        this.patience = link.time().schedule(this::loseHope, patienceNanos);
    }

    private void loseHope() {
        completeExceptionally(new Quiet.NoAnswer(link.service().name()));
    }

    /** Nobody waits for it any more. */
    boolean isAbandoned() {
        return isDone();
    }

    /** The node that had it is gone. */
    void lose() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }

    /** Sends the answer back. */
    void answer() {
        link.back(() -> {
            patience.cancel();
            long now = link.time().nanoTime();
            complete(new Reply(link.service().name(), now - sent, now));
        });
    }

    void fail(Throwable failure) {
        link.back(() -> {
            patience.cancel();
            completeExceptionally(failure);
        });
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        patience.cancel();
        return super.cancel(mayInterruptIfRunning);
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
