// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Evidence, listeners, executors and clocks are somebody else's code. */
class SamplerTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final long[] good = {0};
    private final long[] bad = {0};

    private Evidence evidence() {
        return new Evidence(good[0], 0, bad[0], good[0] + bad[0]);
    }

    @Test
    @Timeout(60)
    @DisplayName(
            "Evidence that never comes back takes one thread, whoever reads gets what was known, and close ends it")
    void hangs() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        try (Availability availability = Availability.builder("stock")
                .every(Duration.ofMillis(1))
                .counting(() -> {
                    if (asked.incrementAndGet() > 1) {
                        begun.countDown();
                        awaitUninterruptibly(never);
                    }
                    return evidence();
                })) {
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            // A hundred ticks more.
            TimeUnit.MILLISECONDS.sleep(100);
            assertThat(availability.report().calls().good()).isZero();
            availability.meters().forEach(meter -> assertThat(meter.value()).isNotNegative());
            assertThat(asked).hasValue(2);
        } finally {
            never.countDown();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    @Timeout(60)
    @DisplayName(
            "What ends is told after what began, however long a listener takes; and never on the thread of who reads")
    void inOrder() throws Exception {
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch both = new CountDownLatch(2);
        try (Availability availability = Availability.builder("stock")
                .every(Duration.ofMillis(1))
                .outageAfter(1)
                .recoveredAfter(1)
                .counting(this::readEvidence)) {
            availability.on(Event.Change.class, event -> {
                if (event instanceof Availability.OutageStarted) {
                    first.countDown();
                    awaitUninterruptibly(go);
                }
                heard.add(event.getClass().getSimpleName());
                threads.add(Thread.currentThread());
                both.countDown();
            });
            set(bad);
            assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
            set(good);
            while (availability.report().isDown()) {
                Thread.onSpinWait();
            }
            go.countDown();
            assertThat(both.await(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(heard).containsExactly("OutageStarted", "OutageEnded");
        assertThat(threads).doesNotContain(Thread.currentThread());
    }

    private synchronized Evidence readEvidence() {
        return evidence();
    }

    private synchronized void set(long[] what) {
        what[0]++;
    }

    @Test
    @DisplayName("AV-12 AV-13 counters that begin anew give no negative totals, and are counted from there on")
    void anew() {
        try (Availability availability =
                Availability.builder("stock").environment(time).counting(this::evidence)) {
            good[0] = 100;
            bad[0] = 50;
            time.advance(SECOND);
            good[0] = 7;
            bad[0] = 2;
            time.advance(SECOND);
            good[0] = 10;
            time.advance(SECOND);
            assertThat(availability.report().calls().good()).isEqualTo(110);
            assertThat(availability.report().calls().bad()).isEqualTo(52);
        }
    }

    @Test
    @DisplayName("Evidence that asks for a report gets what was known")
    void reentrant() {
        Availability[] own = new Availability[1];
        try (Availability availability = Availability.builder("stock")
                .environment(time)
                .counting(() -> {
                    if (own[0] != null) {
                        own[0].report();
                        good[0]++;
                    }
                    return evidence();
                })) {
            own[0] = availability;
            time.advance(SECOND);
            time.advance(SECOND);
            assertThat(availability.report().calls().good()).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("AV-4 what is an outage does not depend on how often somebody looks")
    void whoLooks() {
        for (int reports : new int[] {0, 1, 10, 100}) {
            VirtualTime own = VirtualTime.create();
            long[] calls = {0};
            long[] failed = {0};
            try (Availability availability = Availability.builder("stock")
                    .environment(own)
                    .counting(() -> new Evidence(calls[0] - failed[0], 0, failed[0], calls[0]))) {
                for (int i = 0; i < 60_000; i++) {
                    calls[0]++;
                    failed[0] += i % 10 < 6 ? 1 : 0;
                    own.advance(Duration.ofMillis(10));
                    if (reports > 0 && i % (100 / reports) == 0) {
                        availability.report();
                    }
                }
                assertThat(availability.report().outages())
                        .as("%s reports a second", reports)
                        .isOne();
            }
        }
    }

    @Test
    @DisplayName("A closed environment ends it")
    void environmentCloses() {
        Availability availability =
                Availability.builder("stock").environment(time).counting(this::evidence);
        time.close();
        good[0] = 1;
        time.advance(Duration.ofSeconds(10));
        assertThat(availability.report().calls().good()).isZero();
        availability.close();
    }

    @Test
    @DisplayName("AV-13 what two instances export adds up to the mean times of both")
    void fleet() {
        long[][] failed = {{0}, {0}};
        List<Availability> instances = new ArrayList<>();
        for (long[] each : failed) {
            long[] calls = {0};
            instances.add(Availability.builder("stock").environment(time).counting(() -> {
                calls[0]++;
                return new Evidence(calls[0] - each[0], 0, each[0], calls[0]);
            }));
        }
        for (int at = 0; at < 600; at++) {
            failed[0][0] += at >= 100 && at < 160 ? 1 : 0;
            failed[1][0] += (at >= 200 && at < 220) || (at >= 400 && at < 430) ? 1 : 0;
            time.advance(SECOND);
        }
        double outages = sum(instances, "holdfast.outages");
        double down = sum(instances, "holdfast.outage.time");
        double observed = sum(instances, "holdfast.observed.time");
        instances.forEach(Availability::close);
        assertThat(outages).isEqualTo(3);
        // To within a slice for each outage.
        assertThat(down / outages).isBetween((60 + 20 + 30) / 3.0 - 1, (60 + 20 + 30) / 3.0 + 1);
        assertThat((observed - down) / outages).isBetween((1_200 - 110) / 3.0 - 1, (1_200 - 110) / 3.0 + 1);
    }

    private static double sum(List<Availability> instances, String name) {
        return instances.stream()
                .flatMap(each -> each.meters().stream())
                .filter(meter -> meter.name().equals(name))
                .mapToDouble(Meter::value)
                .sum();
    }
}
