// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.micrometer;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.noop.NoopMeter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Registers meters, and knows which of them a registry has made: it gives one that was there by the same method, and a search for it beforehand
 * would walk through all of them, and not know what filters make of a name.
 *
 * <p>A registry tells those who listen what it makes, on the thread that registers it. Nobody can stop listening to one, so there is one listener
 * for each registry, which holds nothing.
 */
final class Making {
    private static final Map<MeterRegistry, Boolean> HEARD = Collections.synchronizedMap(new WeakHashMap<>());
    /** Threads that register something now, and what has been made since they began. */
    private static final Map<Thread, List<Meter>> MADE = new ConcurrentHashMap<>();

    private Making() {}

    /**
     * Registers one.
     *
     * @param what the meter, for errors
     * @param register registers it
     * @return what was made; {@code null} if the registry shows no such meter
     * @throws IllegalStateException if it was there already
     */
    static @Nullable Meter in(MeterRegistry registry, String what, Supplier<Meter> register) {
        HEARD.computeIfAbsent(registry, unheard -> {
            unheard.config().onMeterAdded(Making::made);
            return true;
        });
        Thread thread = Thread.currentThread();
        List<Meter> made = new ArrayList<>();
        // Who listens to a registry may register something there himself.
        List<Meter> outer = MADE.put(thread, made);
        try {
            Meter given = register.get();
            // Meters are equal by their names; a composite registry makes those of its members as well.
            if (made.stream().anyMatch(each -> each == given)) {
                return given;
            }
            if (given instanceof NoopMeter) {
                return null;
            }
            throw new IllegalStateException("meter: " + what + " is in the registry already, as " + given.getId()
                    + " (expected: one HoldfastMeters for each policy and registry, and filters that leave"
                    + " meters apart)");
        } finally {
            if (outer == null) {
                MADE.remove(thread);
            } else {
                MADE.put(thread, outer);
            }
        }
    }

    private static void made(Meter meter) {
        List<Meter> made = MADE.get(Thread.currentThread());
        if (made != null) {
            made.add(meter);
        }
    }
}
