// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that were computed elsewhere. */
class ReferenceTest {
    private static final long MS = 1_000_000;
    private static final int[] SAMPLES = {1000, 1010, 990, 1005, 995, 1020, 980, 1000, 1015, 985};

    private static Arrivals.Phi phi(double floorMs, long pauseMs, int window) {
        double floor = Math.max(floorMs * MS, Double.MIN_NORMAL);
        return new Arrivals.Phi(new Arrivals.Phi.Settings(8, Normal.y(8), floor, pauseMs * MS, 1000 * MS, window));
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 0.301029996, 0.301029996, 0.301029996",
        "1050, 4.652113170, 0.799545541, 0.510691989",
        "1100, 15.793813530, 1.643016080, 0.799545541",
        "1200, 59.519618832, 4.499334908, 1.643016080",
        "1300, 132.077230963, 9.005864327, 2.869699036",
        "1500, 363.922342749, 23.118053405, 6.542645672"
    })
    @DisplayName("FD-1 phi of ten intervals, with a floor of 0, 50 and 100 ms, is right to 1e-9")
    void table(long t, double floor0, double floor50, double floor100) {
        double[] expected = {floor0, floor50, floor100};
        double[] floors = {0, 50, 100};
        for (int i = 0; i < floors.length; i++) {
            Arrivals.Phi phi = phi(floors[i], 0, SAMPLES.length);
            for (int sample : SAMPLES) {
                phi.learn(sample * MS);
            }
            assertThat(phi.mean()).isEqualTo(1000.0 * MS);
            if (floors[i] == 0) {
                assertThat(phi.deviation() / MS).isCloseTo(12.247449, within(1e-6));
            }
            assertThat(phi.suspicion(t * MS)).isCloseTo(expected[i], within(1e-9));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "8, 15.206143",
        "12, 32.750439",
        "20, 88.560095",
        "30, 197.309209",
        "38, 315.539790",
        "40, 349.437006",
        "100, 2173.871543",
        "1000, 217150.640042"
    })
    @DisplayName("FD-1 phi far out, where the tail itself is 0 in a double")
    void farOut(double y, double expected) {
        assertThat(Normal.phi(y)).isCloseTo(expected, within(1e-6));
    }

    @Test
    @DisplayName("FD-1 phi does not decrease, also where one formula follows the other, and is finite for 292 years")
    void monotonic() {
        double before = 0;
        for (double y = -45; y < 60; y += 0.001) {
            double now = Normal.phi(y);
            assertThat(now).isFinite().isGreaterThanOrEqualTo(before);
            before = now;
        }
        for (double seam : new double[] {-2, 0, 2}) {
            double below = Normal.phi(Math.nextDown(seam));
            assertThat(Normal.phi(seam)).isCloseTo(below, within(1e-11 * below));
        }
        assertThat(Normal.phi(-2)).isCloseTo(0.009994, within(1e-6));
        assertThat(phi(0.000001, 0, 10).suspicion(Long.MAX_VALUE)).isFinite();
    }

    @ParameterizedTest
    @CsvSource({"0.1", "0.30102999566398", "1", "8", "16", "300"})
    @DisplayName("The least y with some phi has it, and the next smaller one has not")
    void inverse(double phi) {
        double y = Normal.y(phi);
        assertThat(Normal.phi(y)).isGreaterThanOrEqualTo(phi).isCloseTo(phi, within(1e-12 * phi));
        assertThat(Normal.phi(y - 1e-6)).isLessThan(phi);
    }

    @Test
    @DisplayName("Intervals of a second and some nanoseconds have the variance that they have")
    void varianceTraps() {
        Arrivals.Phi phi = phi(0, 0, 10);
        for (int i = 0; i < 10; i++) {
            phi.learn(1_000_000_000L + i);
        }
        assertThat(phi.deviation() * phi.deviation()).isCloseTo(8.25, within(1e-9));
        Random random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            phi.learn(1_000_000_000L + random.nextInt(4));
            assertThat(phi.deviation()).isBetween(Double.MIN_NORMAL, 6.0);
            assertThat(phi.suspicion(1_000_000_003L)).isNotNaN();
        }
        Arrivals.Phi clockwork = phi(100, 0, 10);
        for (int i = 0; i < 100; i++) {
            clockwork.learn(1000 * MS);
        }
        assertThat(clockwork.deviation()).isEqualTo(100.0 * MS);
    }

    @Test
    @DisplayName(
            "FD-2 with the settings of Akka, phi passes 8 at 5403.0 ms after one beat, and at 4561.2 ms when beats are regular")
    void usualSettings() {
        VirtualTime time = VirtualTime.create();
        Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                .environment(time)
                .phi(8, Duration.ofMillis(100))
                .pause(Duration.ofSeconds(3))
                .interval(Duration.ofSeconds(1))
                .window(1000)
                .build();
        beats.beat("a");
        time.advance(Duration.ofNanos(5_402_999_000L));
        assertThat(beats.isSuspected("a")).isFalse();
        time.advance(Duration.ofMillis(1));
        assertThat(beats.isSuspected("a")).isTrue();

        Arrivals.Phi regular = phi(100, 3000, 1000);
        for (int i = 0; i < 1000; i++) {
            regular.learn(1000 * MS);
        }
        assertThat(regular.due() / 1e6).isCloseTo(4561.2, within(0.05));
        beats.close();
    }

    @Test
    @DisplayName(
            "FD-2 expected arrival: beats at 1030 2050 3020 4100 5040 are suspected at 6248, and at 6235 if the fourth is lost")
    void expectedArrival() {
        for (boolean isLost : new boolean[] {false, true}) {
            for (boolean isNumbered : new boolean[] {false, true}) {
                VirtualTime time = VirtualTime.create(Long.MAX_VALUE - 3_000 * MS, 0);
                Heartbeats<String> beats = Heartbeats.<String>builder("nodes")
                        .environment(time)
                        .expectedArrival(Duration.ofSeconds(1), Duration.ofMillis(200), 10)
                        .build();
                int[] arrivals = {1030, 2050, 3020, 4100, 5040};
                int now = 0;
                for (int i = 0; i < arrivals.length; i++) {
                    time.advance(Duration.ofMillis(arrivals[i] - now));
                    now = arrivals[i];
                    if (isLost && i == 3) {
                        continue;
                    }
                    assertThat(isNumbered ? beats.beat("a", 0, i + 1) : beats.beat("a"))
                            .isTrue();
                    assertThat(beats.isSuspected("a")).isFalse();
                }
                int due = isLost ? 6235 : 6248;
                time.advance(Duration.ofNanos((due - now) * MS - 1));
                assertThat(beats.isSuspected("a")).isFalse();
                assertThat(beats.suspicion("a")).isCloseTo(1, within(1e-8)).isLessThan(1);
                time.advance(Duration.ofNanos(1));
                assertThat(beats.suspicion("a")).isEqualTo(1);
                assertThat(beats.isSuspected("a")).isTrue();
                beats.close();
            }
        }
    }
}
