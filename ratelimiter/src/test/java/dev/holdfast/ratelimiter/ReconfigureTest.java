// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Environment;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Changes of settings while the limiter runs. */
class ReconfigureTest extends LimiterTest {
    @Test
    void aNewRateKeepsThePermitsThatAreThere() {
        RateLimiter limiter = limiter(10, SECOND).burst(20).build();
        in(limiter, 13);
        limiter.reconfigure(settings -> settings.limit(100, SECOND).burst(20));
        assertThat(limiter.available()).isEqualTo(7);
        assertThat(in(limiter, 20)).isEqualTo(7);
        advance(10_000_000);
        assertThat(in(limiter, 5)).isEqualTo(1);
    }

    @Test
    void aNewBurstCutsOrKeeps() {
        RateLimiter limiter = limiter(10, SECOND).burst(20).build();
        in(limiter, 5);
        limiter.reconfigure(settings -> settings.burst(8));
        assertThat(limiter.available()).isEqualTo(8);
        in(limiter, 8);
        limiter.reconfigure(settings -> settings.burst(30));
        assertThat(limiter.available()).isZero();
        time.advance(Duration.ofSeconds(10));
        assertThat(limiter.available()).isEqualTo(30);
    }

    @Test
    void whatIsNotChangedStaysToTheNanosecond() {
        RateLimiter limiter = limiter(3, SECOND).smooth().build();
        in(limiter);
        advance(1234);
        limiter.reconfigure(settings -> settings.and(10, Duration.ofHours(1)).waitUpTo(SECOND));
        assertThat(limiter.<Long>call(time::nanoTime)).isEqualTo(333_333_334);
        assertThat(limiter.toString())
                .isEqualTo("RateLimiter['limiter' 3/PT1S burst 1 and 10/PT1H burst 10, 0 available]");
        limiter.reconfigure(settings -> settings.limit(3, SECOND).smooth().waitUpTo(Duration.ZERO));
        assertThat(retryAfter(limiter)).isEqualTo(333_333_333);
    }

    @Test
    void theAlgorithmCanChange() {
        RateLimiter limiter = limiter(10, SECOND).build();
        in(limiter, 6);
        limiter.reconfigure(RateLimiterBuilder::slidingWindow);
        assertThat(limiter.available()).isEqualTo(4);
        limiter.reconfigure(RateLimiterBuilder::fixedWindow);
        assertThat(limiter.available()).isEqualTo(4);
        in(limiter, 1);
        limiter.reconfigure(settings -> settings.limit(20, SECOND));
        assertThat(limiter.available()).isEqualTo(3);
    }

    @Test
    void callsThatWaitKeepTheirTimeAndStayReserved() {
        RateLimiter limiter = limiter(10, SECOND).smooth().waitUpTo(SECOND).build();
        in(limiter);
        CompletableFuture<Long> waits = limiter.callAsync(() -> CompletableFuture.completedFuture(time.nanoTime()));
        limiter.reconfigure(settings -> settings.limit(5, SECOND).smooth());
        CompletableFuture<Long> behind = limiter.callAsync(() -> CompletableFuture.completedFuture(time.nanoTime()));
        assertThat(time.join(waits)).isEqualTo(100_000_000);
        assertThat(time.join(behind)).isEqualTo(400_000_000);
    }

    @Test
    void aViewFollowsAndIsRefusedWhenItCostsTooMuch() {
        RateLimiter limiter = limiter(10, SECOND).build();
        RateLimiter five = limiter.permits(5);
        five.reconfigure(settings -> settings.limit(4, SECOND));
        assertThat(in(five)).isFalse();
        assertThat(retryAfter(five)).isEqualTo(RateLimitedException.UNKNOWN);
        limiter.reconfigure(settings -> settings.limit(40, SECOND));
        time.advance(SECOND);
        assertThat(in(five, 9)).isEqualTo(8);
    }

    @Test
    void nothingChangesWhenSettingsAreRefused() {
        RateLimiter limiter = limiter(10, SECOND).build();
        assertThatThrownBy(() -> limiter.reconfigure(settings -> settings.limit(20, SECOND).burst(0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limiter.reconfigure(settings -> settings.environment(Environment.system())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("environment of a reconfiguration");
        assertThat(in(limiter, 30)).isEqualTo(10);
    }
}
