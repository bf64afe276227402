// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One policy's listeners: an array that is replaced as a whole, so that telling takes no lock. It is the reference itself
 * because every call looks whether anybody listens.
 */
@SuppressWarnings("NullAway") // The reference is never null: only arrays are set.
final class Listeners extends AtomicReference<Listeners.Entry[]> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(Policy.class);
    private static final Entry[] NONE = {};
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final transient Environment environment;
    /** Of rules. */
    private final LastLogged rules = new LastLogged();

    /** @param environment of whose they are: by its clock a minute is one */
    Listeners(Environment environment) {
        super(NONE);
        this.environment = environment;
    }

    Subscription add(Class<? extends Event> type, Consumer<?> listener, boolean wantsCall) {
        Entry added = new Entry(type, listener, wantsCall);
        updateAndGet(now -> {
            Entry[] more = Arrays.copyOf(now, now.length + 1);
            more[now.length] = added;
            return more;
        });
        return () -> {
            added.cancelled = true;
            updateAndGet(now -> without(now, added));
        };
    }

    private static Entry[] without(Entry[] now, Entry removed) {
        Entry[] rest = Arrays.stream(now).filter(entry -> entry != removed).toArray(Entry[]::new);
        return rest.length == 0 ? NONE : rest;
    }

    /** Whether any of them is told of calls. */
    boolean wantCall() {
        Entry[] now = get();
        if (now != NONE) {
            for (Entry entry : now) {
                if (entry.wantsCall) {
                    return true;
                }
            }
        }
        return false;
    }

    boolean watch(Class<? extends Event> type) {
        for (Entry entry : get()) {
            if (entry.type.isAssignableFrom(type)) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings("unchecked") // An entry's listener accepts its type, which the event is.
    void tell(Event event) {
        for (Entry entry : get()) {
            if (!entry.cancelled && entry.type.isInstance(event)) {
                try {
                    ((Consumer<Event>) entry.listener).accept(event);
                } catch (Throwable thrown) {
                    warn(entry, event, thrown);
                }
            }
        }
    }

    /** Logs what a policy's own code threw, once a minute at most: a rule that throws does so at every call. */
    void warnOfRule(Policy<?> policy, Throwable thrown, String instead) {
        if (rules.isDue(environment)) {
            Policy.tryTo(() -> LOG.warn(
                    "{}: a rule, or other code that it asked, threw; {}", Policy.title(policy), instead, thrown));
        }
    }

    /** Logs what a listener threw, once a minute for each: one that throws does so at every call. */
    private void warn(Entry listener, Event event, Throwable thrown) {
        if (listener.failures.isDue(environment)) {
            Policy.tryTo(() -> LOG.warn(
                    "A listener of {} at {} threw; the call goes on",
                    event.getClass().getSimpleName(),
                    Names.quoted(event.policy()),
                    thrown));
        }
    }

    /** When something was last logged; {@code null} before the first time. */
    static final class LastLogged extends AtomicReference<@Nullable Long> {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings(
                "PrimitiveAtomicReference") // What is compared is what was read, and not another number like it.
        boolean isDue(Environment environment) {
            long now = Gate.readingOrNone(environment);
            Long last = get();
            // By a clock that cannot be read, as long after the last as before the first: nobody knows.
            boolean due = last == null || last == Gate.NO_TIME || now == Gate.NO_TIME || now - last >= MINUTE;
            return due && compareAndSet(last, now);
        }
    }

    static final class Entry {
        final Class<? extends Event> type;
        final Consumer<?> listener;
        final boolean wantsCall;
        final LastLogged failures = new LastLogged();
        volatile boolean cancelled;

        Entry(Class<? extends Event> type, Consumer<?> listener, boolean wantsCall) {
            this.type = type;
            this.listener = listener;
            this.wantsCall = wantsCall;
        }
    }
}
