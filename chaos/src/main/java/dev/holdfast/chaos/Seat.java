// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where an injection is armed, by one experiment at a time. It is the reference itself, because every call looks whether there is one;
 * {@code null} most of the time. Its counts are those of all experiments so far.
 */
final class Seat extends AtomicReference<@Nullable Armed> {
    private static final long serialVersionUID = 1L;

    final transient Injection injection;
    private final transient @Nullable Environment environment;
    private final transient BiConsumer<Event.Change, String> teller;
    private final transient Map<Fault, LongAdder> injected = Fault.counts();
    private final LongAdder overflow = new LongAdder();

    /**
     * @param environment in which the injection works; {@code null} if in any
     * @param teller of what happens here, if the injection tells anybody; must not throw
     */
    Seat(Injection injection, @Nullable Environment environment, BiConsumer<Event.Change, String> teller) {
        this.injection = injection;
        this.environment = environment;
        this.teller = teller;
    }

    /** Arms the injection; {@code setUp} is what has to be done before it has an effect. */
    Armed take(Terms terms, Consumer<Armed> setUp) {
        if (environment != null && environment != terms.environment()) {
            throw new IllegalArgumentException("environment: " + terms.environment() + " of " + terms.title()
                    + " (expected: " + environment + ", that of " + injection + ")");
        }
        ChaosPermission.require(terms);
        SafetyLever.require(terms);
        Armed mine = new Armed(this, terms);
        for (Armed other = compareAndExchange(null, mine); other != null; other = compareAndExchange(null, mine)) {
            if (!other.isOver()) {
                throw new IllegalStateException(title() + ": armed by " + other.terms.title() + ", owner "
                        + Event.quoted(other.terms.owner()) + " (expected: one experiment at a time)");
            }
            // Past its end, and its own timer has not come.
            other.disarm();
        }
        mine.begin(setUp);
        return mine;
    }

    void tellArmed(Armed armed) {
        if (injection instanceof Source source) {
            Terms terms = armed.terms;
            teller.accept(
                    new FaultsArmed(source, terms.experiment(), terms.owner(), terms.reason()),
                    title() + ": armed by " + terms.title() + ", for " + Event.quoted(terms.reason()) + " of "
                            + Event.quoted(terms.owner()));
        }
    }

    void tellDisarmed(Armed armed) {
        if (injection instanceof Source source) {
            long injected = armed.injected();
            teller.accept(
                    new FaultsDisarmed(source, armed.terms.experiment(), armed.matched(), injected, armed.overflow()),
                    title() + ": off after " + injected + " faults of " + armed.terms.title());
        }
    }

    private String title() {
        return injection.getClass().getSimpleName() + " " + Event.quoted(injection.name());
    }

    void counted(Fault fault) {
        Fault.in(injected, fault).increment();
    }

    void overflowed() {
        overflow.increment();
    }

    /** What an injection counts, with the kinds of fault that it has. */
    List<Meter> meters(String kind, Fault... faults) {
        String prefix = "holdfast." + kind;
        List<Meter> meters = new ArrayList<>();
        for (Fault fault : faults) {
            meters.add(Meter.counter(
                            prefix + ".injections",
                            "{injection}",
                            "Faults that were injected, by their kind.",
                            Fault.in(injected, fault)::sum)
                    .with("holdfast.fault", fault.label()));
        }
        meters.add(Meter.gauge(
                prefix + ".active",
                "1",
                "1 while an experiment has it armed, otherwise 0.",
                () -> get() == null ? 0 : 1));
        meters.add(Meter.counter(
                prefix + ".overflows",
                "{injection}",
                "Faults that were not injected, because the experiment had no room for them.",
                overflow::sum));
        return meters;
    }

    @Override
    public String toString() {
        Armed by = get();
        return by == null ? "off" : "armed by " + by.terms.title();
    }
}
