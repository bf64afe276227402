// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.simulation;

import dev.holdfast.Ending;
import dev.holdfast.Environment;
import dev.holdfast.Gate;
import dev.holdfast.RejectedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Lets every call through, and keeps how each ended, to the nanosecond. */
final class Calls {
    private final List<Ended> ended = new ArrayList<>();
    private double nanos;
    private long count;
    private final boolean keeps;

    private Calls(boolean keeps) {
        this.keeps = keeps;
    }

    /** Keeps each call. */
    static Calls kept() {
        return new Calls(true);
    }

    /** Keeps the mean only. */
    static Calls measured() {
        return new Calls(false);
    }

    Policies policies() {
        return (caller, service) -> new Watch(service);
    }

    /** Calls of one service. */
    Policies of(String name) {
        return (caller, service) -> service.equals(name) ? new Watch(service) : null;
    }

    /** In the order in which they ended. */
    List<Ended> ended() {
        return ended;
    }

    List<Duration> took() {
        return ended.stream().map(Ended::took).toList();
    }

    long failedBy(Class<? extends Throwable> type) {
        return count(type::isInstance);
    }

    long failedBy(int status) {
        return count(failure -> failure instanceof ServiceException answer && answer.status() == status);
    }

    private long count(Predicate<@Nullable Throwable> failure) {
        return ended.stream().filter(each -> failure.test(each.failure())).count();
    }

    double meanSeconds() {
        return nanos / count / 1e9;
    }

    /**
     * A call.
     *
     * @param start when it was made
     * @param took how long it was
     * @param failure {@code null} where it was answered
     */
    record Ended(Duration start, Duration took, @Nullable Throwable failure) {}

    private final class Watch extends Gate {
        Watch(String service) {
            super(service, Environment.standard());
        }

        @Override
        protected long enter(long now) {
            return now == NO_TIME ? NEEDS_TIME : now;
        }

        @Override
        protected boolean exit(long stamp, Ending ending, @Nullable Throwable failure, long now, long elapsed) {
            if (now == NO_TIME) {
                return false;
            }
            nanos += now - stamp;
            count++;
            if (keeps) {
                ended.add(new Ended(Duration.ofNanos(stamp), Duration.ofNanos(now - stamp), failure));
            }
            return true;
        }

        @Override
        protected RejectedException rejection(long now) {
            throw new AssertionError("refused (expected: never)");
        }
    }
}
