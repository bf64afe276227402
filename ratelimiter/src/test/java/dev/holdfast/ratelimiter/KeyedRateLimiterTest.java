// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.CallCounts;
import dev.holdfast.Event;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits for each key. */
class KeyedRateLimiterTest extends LimiterTest {
    @Test
    void keysDoNotShare() {
        KeyedRateLimiter<String> users = limiter(2, SECOND).keyed(100);
        assertThat(in(users.get("a"), 5)).isEqualTo(2);
        assertThat(in(users.get("b"), 5)).isEqualTo(2);
        assertThat(in(users.get("a"))).isFalse();
        assertThat(users.get("a").available()).isZero();
        assertThat(users.get("c").permits(2).tryAcquire()).isNotNull();
        assertThat(users.keys()).isEqualTo(3);
        assertThat(users).hasToString("KeyedRateLimiter['limiter' 2/PT1S burst 2, 3 keys]");
    }

    @Test
    void countsAndListenersAreThoseOfAllKeys() {
        KeyedRateLimiter<String> users = limiter(2, SECOND).keyed(10);
        List<String> refused = new ArrayList<>();
        Subscription listening = users.on(Event.CallRejected.class, event -> refused.add(event.policy()));
        for (String user : List.of("a", "b")) {
            for (int i = 0; i < 3; i++) {
                try {
                    users.get(user).run(() -> {});
                } catch (RateLimitedException expected) {
                    // The third of each.
                }
            }
        }
        assertThat(users.counts()).isEqualTo(new CallCounts(4, 0, 0, 2, 0)).isEqualTo(users.get("c").counts());
        assertThat(refused).hasSize(2).containsOnly(users.get("a").name());

        listening.cancel();
        users.get("a").tryAcquire();
        assertThat(users.counts().rejected()).isEqualTo(3);
        assertThat(refused).hasSize(2);
    }

    @Test
    void aKeyWaitsLikeAnyLimiter() {
        KeyedRateLimiter<Integer> users = limiter(10, SECOND).smooth().waitUpTo(SECOND).keyed(100);
        RateLimiter one = users.get(1);
        List<CompletableFuture<Long>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(one.callAsync(() -> CompletableFuture.completedFuture(time.nanoTime() / 1_000_000)));
        }
        assertThat(time.join(calls.get(2))).isEqualTo(200);
        assertThat(users.get(1).available()).isZero();
    }

    @Test
    @DisplayName("RL-1 across expiry: a key is forgotten when its permits are all there, and not before")
    void idleKeysAreForgotten() {
        KeyedRateLimiter<Integer> users = limiter(10, SECOND).burst(20).keyed(1000);
        for (int key = 0; key < 500; key++) {
            assertThat(in(users.get(key), 25)).isEqualTo(20);
        }
        advance(1_900_000_000);
        assertThat(users.keys()).isEqualTo(500);
        assertThat(in(users.get(7), 25)).isEqualTo(19);
        advance(200_000_000);
        assertThat(users.keys()).isEqualTo(1);
        assertThat(in(users.get(8), 25)).isEqualTo(20);
    }

    @Test
    @DisplayName("RL-1 across eviction: with too many keys, nobody is let through more often than at their rate and burst")
    void evictionResetsNobody() {
        KeyedRateLimiter<Integer> users = limiter(3, SECOND).burst(3).keyed(50);
        List<List<Grant>> grants = new ArrayList<>();
        for (int key = 0; key < 500; key++) {
            grants.add(new ArrayList<>());
        }
        for (int i = 0; i < 20_000; i++) {
            int key = (int) time.nextLong(500);
            for (int call = in(users.get(key), 4); call > 0; call--) {
                grants.get(key).add(new Grant(time.nanoTime(), 1));
            }
            advance(time.nextLong(2_000_000));
        }
        assertThat(users.keys()).isLessThanOrEqualTo(50);
        for (List<Grant> ofKey : grants) {
            assertBound(ofKey, 3, SECOND.toNanos(), 3, 1);
        }
        assertThat(grants.stream().mapToInt(List::size).sum()).isGreaterThan(50);
    }

    @Test
    void aViewThatIsKeptFindsItsStateAfterAnEviction() {
        KeyedRateLimiter<Integer> users = limiter(3, SECOND).keyed(1);
        RateLimiter kept = users.get(1);
        assertThat(in(kept, 5)).isEqualTo(3);
        for (int key = 2; key < 50; key++) {
            users.get(key).available();
        }
        assertThat(in(kept)).isFalse();
        assertThat(in(users.get(1))).isFalse();
    }

    @Test
    void aReconfigurationReachesEveryKey() {
        KeyedRateLimiter<Integer> users = limiter(10, SECOND).keyed(100);
        RateLimiter kept = users.get(1);
        in(kept, 4);
        assertThat(users.get(2).available()).isEqualTo(10);
        users.reconfigure(settings -> settings.limit(20, Duration.ofMinutes(1)));
        assertThat(kept.available()).isEqualTo(6);
        assertThat(users.get(2).available()).isEqualTo(10);
        kept.reconfigure(settings -> settings.limit(5, SECOND));
        assertThat(users.get(1).available()).isEqualTo(5);
        assertThat(in(users.get(3), 10)).isEqualTo(5);
        users.reconfigure(settings -> settings.limit(50, SECOND));
        time.advance(SECOND);
        assertThat(in(users.get(4), 100)).isEqualTo(50);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -7, 1L << 60, Long.MAX_VALUE - 5})
    @DisplayName("RL-6 keys fill up from whatever the clock reads, and while it wraps around")
    void anyStart(long start) {
        VirtualTime clock = VirtualTime.create(start, 0);
        KeyedRateLimiter<String> users = on(clock, 10, SECOND.toNanos()).burst(10).keyed(100);
        assertThat(in(users.get("a"), 20)).isEqualTo(10);
        clock.advance(SECOND.dividedBy(5));
        assertThat(in(users.get("a"), 20)).isEqualTo(2);
        assertThat(in(users.get("b"), 20)).isEqualTo(10);
    }

    @Test
    @DisplayName("RL-1 under a longer period, keys are remembered for longer, too")
    void rememberedForLonger() {
        KeyedRateLimiter<String> users = limiter(10, SECOND).burst(10).keyed(100);
        users.reconfigure(settings -> settings.limit(10, Duration.ofHours(1)).burst(10));
        assertThat(in(users.get("a"), 20)).isEqualTo(10);
        time.advance(Duration.ofSeconds(30));
        assertThat(in(users.get("b"), 20)).isEqualTo(10);
        assertThat(users.keys()).isEqualTo(2);
        assertThat(in(users.get("a"), 20)).isZero();
    }
}
