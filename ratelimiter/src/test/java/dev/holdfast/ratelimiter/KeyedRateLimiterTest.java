// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.CallCounts;
import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Listening;
import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.Pipeline;
import dev.holdfast.Subscription;
import dev.holdfast.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
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
        assertThat(users).hasToString("KeyedRateLimiter['limiter' 2/1s, 3 keys]");
    }

    @Test
    void whoListensAtAPipelineHearsEachEventOnceAlsoOfSeveralViews() {
        RateLimiter limiter = limiter(100, SECOND).build();
        Pipeline<Object> pipeline = Pipeline.of(limiter, limiter.permits(5));
        List<Event> heard = new ArrayList<>();
        Subscription listening = pipeline.on(Event.CallEnded.class, heard::add);
        pipeline.run(() -> {});
        assertThat(heard).hasSize(2);
        listening.cancel();
        pipeline.run(() -> {});
        assertThat(heard).hasSize(2);
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
        assertThat(users.counts())
                .isEqualTo(new CallCounts(4, 0, 0, 2, 0))
                .isEqualTo(users.get("c").counts());
        assertThat(refused).hasSize(2).containsOnly(users.get("a").name());

        listening.cancel();
        users.get("a").tryAcquire();
        assertThat(users.counts().rejected()).isEqualTo(3);
        assertThat(refused).hasSize(2);
    }

    @Test
    void aKeyWaitsLikeAnyLimiter() {
        KeyedRateLimiter<Integer> users =
                limiter(10, SECOND).smooth().waitUpTo(SECOND).keyed(100);
        RateLimiter one = users.get(1);
        List<CompletableFuture<Long>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.add(one.callAsync(() -> CompletableFuture.completedFuture(time.nanoTime() / 1_000_000)));
        }
        assertThat(time.join(calls.get(2))).isEqualTo(200);
        assertThat(users.get(1).available()).isZero();
    }

    @Test
    @DisplayName(
            "RL-1 across expiry: a key is forgotten when its permits have all been there for as long as they take to come")
    void idleKeysAreForgotten() {
        KeyedRateLimiter<Integer> users = limiter(10, SECOND).burst(20).keyed(1000);
        for (int key = 0; key < 500; key++) {
            assertThat(in(users.get(key), 25)).isEqualTo(20);
        }
        advance(1_900_000_000);
        assertThat(users.keys()).isEqualTo(500);
        assertThat(in(users.get(7), 25)).isEqualTo(19);
        advance(2_000_000_000);
        assertThat(users.keys()).isEqualTo(500);
        advance(200_000_000);
        assertThat(users.keys()).isEqualTo(1);
        assertThat(in(users.get(8), 25)).isEqualTo(20);
    }

    @Test
    @DisplayName("RL-1 with too many keys, nobody is let through more often than at their rate and burst")
    void sharingResetsNobody() {
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
    void aViewThatIsKeptFindsItsStateHoweverManyOthersCome() {
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
        KeyedRateLimiter<String> users =
                on(clock, 10, SECOND.toNanos()).burst(10).keyed(100);
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

    @ParameterizedTest
    @ValueSource(ints = {1, 30, 2_000})
    @DisplayName("RL-2 a flood of new keys, at whatever rate, takes nothing from a key that has a place")
    void floodTakesNothingFromRegulars(int keysASecond) {
        KeyedRateLimiter<String> users = limiter(5, Duration.ofMinutes(1)).keyed(100);
        RateLimiter alone = limiter(5, Duration.ofMinutes(1)).build();
        for (int second = 0; second < 70; second++) {
            // One who asks each second, and one who asks less often than the limit allows.
            assertThat(in(users.get("often"))).isEqualTo(in(alone));
            if (second % 30 == 0) {
                assertThat(in(users.get("seldom"))).isTrue();
            }
            for (int i = 0; i < keysASecond; i++) {
                users.get("flood " + second + " " + i).tryAcquire();
            }
            time.advance(SECOND);
        }
        assertThat(users.keys()).isLessThanOrEqualTo(100);
    }

    @Property(tries = 8, seed = "1")
    @Label(
            "RL-2 newcomers in a flood find their state untouched with a probability of exp(-c / (4 * places)), c newcomers a fill time")
    void newcomersInAFlood(
            @ForAll @IntRange(min = 100, max = 1_000) int places,
            @ForAll @IntRange(min = 1, max = 8) int timesThePlaces) {
        VirtualTime clock = VirtualTime.create();
        KeyedRateLimiter<String> users = on(clock, 5, 60_000_000_000L).burst(5).keyed(places);
        for (int i = 0; i < places; i++) {
            users.get("has a place " + i).tryAcquire();
        }
        int flood = timesThePlaces * places;
        int untouched = 0;
        int newcomers = 0;
        for (int i = 0; i < 2 * flood; i++) {
            for (int j = 0; j < 5; j++) {
                users.get("flood " + i).tryAcquire();
            }
            clock.advance(Duration.ofNanos(60_000_000_000L / flood));
            if (i % (flood / 20) == 0) {
                for (int j = 0; j < places; j += 10) {
                    users.get("has a place " + j).available();
                }
            }
            if (i > flood && i % (flood / 50) == 0) {
                newcomers++;
                untouched += users.get("newcomer " + i).available() == 5 ? 1 : 0;
            }
        }
        // Some of the flood get places that become free; where there are few states for few places, there are more of
        // them.
        double share = Math.exp(-(double) flood / Math.max(1024, 4 * places));
        assertThat(untouched)
                .isGreaterThanOrEqualTo((int) (newcomers * share - 4 * Math.sqrt(newcomers * share * (1 - share))) - 1);
    }

    @Test
    @DisplayName(
            "RL-1 a key whose calls wait is not forgotten however often settings change, nor is one while the limiter is off")
    void notForgottenByChanges() {
        KeyedRateLimiter<String> users =
                limiter(1, SECOND).waitUpTo(SECOND.multipliedBy(100)).keyed(10);
        AtomicInteger in = new AtomicInteger();
        Supplier<CompletableFuture<Object>> work = () -> CompletableFuture.completedFuture(in.incrementAndGet());
        for (int i = 0; i < 60; i++) {
            users.get("a").callAsync(work);
        }
        users.reconfigure(settings -> settings.waitUpTo(Duration.ZERO));
        users.reconfigure(settings -> settings.limit(1, SECOND).burst(2));
        time.advance(SECOND.multipliedBy(10));
        for (int second = 10; second < 30; second++) {
            users.get("a").callAsync(work);
            time.advance(SECOND);
        }
        assertThat(in).hasValue(31);

        KeyedRateLimiter<String> hourly = limiter(5, Duration.ofHours(1)).keyed(10);
        assertThat(in(hourly.get("a"), 6)).isEqualTo(5);
        hourly.reconfigure(settings -> settings.limit(0, Duration.ofHours(1)));
        hourly.reconfigure(settings -> settings.limit(0, Duration.ofMinutes(1)));
        time.advance(SECOND);
        assertThat(hourly.keys()).isOne();
        hourly.reconfigure(settings -> settings.limit(5, Duration.ofHours(1)));
        assertThat(in(hourly.get("a"), 6)).isZero();
    }

    @Test
    @DisplayName(
            "RL-1 keys that share are not forgotten by changes of settings either: neither those who wait, nor what was taken")
    void sharingIsNotForgottenByChanges() {
        KeyedRateLimiter<String> users =
                limiter(1, SECOND).waitUpTo(SECOND.multipliedBy(100)).keyed(1);
        assertThat(in(users.get("has the place"))).isTrue();
        AtomicInteger in = new AtomicInteger();
        for (int i = 0; i < 60; i++) {
            users.get("shares").callAsync(() -> CompletableFuture.completedFuture(in.incrementAndGet()));
        }
        users.reconfigure(settings -> settings.limit(0, SECOND));
        assertThat(in(users.get("shares"))).isFalse();
        users.reconfigure(settings -> settings.limit(1, SECOND).waitUpTo(Duration.ZERO));
        for (int second = 0; second < 20; second++) {
            time.advance(SECOND);
            assertThat(in(users.get("shares"))).isFalse();
        }
        assertThat(in).hasValue(21);

        KeyedRateLimiter<String> hourly = limiter(100, Duration.ofHours(1)).keyed(1);
        assertThat(in(hourly.get("has the place"))).isTrue();
        time.advance(Duration.ofMinutes(59));
        assertThat(in(hourly.get("shares"), 100)).isEqualTo(100);
        String like = IntStream.range(0, 100_000)
                .mapToObj(i -> "key " + i)
                .filter(key -> hourly.get(key).available() == 0)
                .findFirst()
                .orElseThrow();
        time.advance(SECOND.multipliedBy(30));
        hourly.reconfigure(settings -> settings.limit(1, Duration.ofHours(1)));
        time.advance(SECOND.multipliedBy(90));
        hourly.get(like).tryAcquire();
        hourly.reconfigure(settings -> settings.limit(100, Duration.ofHours(1)));
        assertThat(in(hourly.get("shares"), 100)).isLessThan(10);
    }

    @Test
    @DisplayName(
            "XC-9 a key is forgotten when its permits are all there again, by what its settings are, and those that it may still have")
    void forgottenAgain() {
        KeyedRateLimiter<String> users = limiter(1, Duration.ofHours(1)).keyed(10);
        users.get("a").tryAcquire();
        users.reconfigure(settings -> settings.limit(1, SECOND));
        users.get("b").tryAcquire();
        time.advance(Duration.ofMinutes(59));
        assertThat(users.keys()).isEqualTo(2);
        time.advance(Duration.ofMinutes(2));
        assertThat(users.keys()).isZero();
        users.get("b").tryAcquire();
        users.reconfigure(settings -> settings.limit(2, SECOND));
        time.advance(SECOND.multipliedBy(3));
        // It had one of one, and so has one of two; from now on it is as full as any.
        assertThat(users.keys()).isOne();
        time.advance(SECOND.multipliedBy(2));
        assertThat(users.keys()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    @DisplayName(
            "RL-1 a key has one state only, wherever a thread that asks for it is stopped while others take the places")
    void stoppedHalfWay(int places) throws InterruptedException {
        for (int reading = 1; reading < 12; reading++) {
            Stopping clock = new Stopping(reading);
            KeyedRateLimiter<String> users = RateLimiter.builder("users")
                    .environment(clock)
                    .limit(5, Duration.ofHours(1))
                    .keyed(places);
            RateLimiter asked = users.get("asked");
            AtomicInteger in = new AtomicInteger();
            Thread stopped = new Thread(() -> in.addAndGet(in(asked, 1)));
            clock.stops = stopped;
            stopped.start();
            clock.isThere(stopped);
            for (int i = 0; i < places; i++) {
                users.get("other " + i).tryAcquire();
            }
            in.addAndGet(in(asked, 6));
            users.reconfigure(settings -> settings.waitUpTo(SECOND));
            in.addAndGet(in(users.get("asked"), 6));
            clock.go.countDown();
            stopped.join();
            in.addAndGet(in(users.get("asked"), 6));
            assertThat(in).as("stopped at reading %s", reading).hasValue(5);
        }
    }

    /** A clock that stands still, and at which one thread is stopped when it reads it for the n-th time. */
    private static final class Stopping implements Environment {
        private final Environment system = Environment.system();
        private final int at;
        private final CountDownLatch there = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        volatile Thread stops;
        private int readings;

        Stopping(int at) {
            this.at = at;
        }

        /** Stopped, or over: it does not read the clock that often. */
        void isThere(Thread thread) throws InterruptedException {
            while (thread.isAlive() && there.getCount() > 0) {
                Thread.sleep(1);
            }
        }

        @Override
        public long nanoTime() {
            if (Thread.currentThread() == stops && ++readings == at) {
                there.countDown();
                try {
                    // Not for ever: it may have stopped where the cache has a lock.
                    go.await(100, TimeUnit.MILLISECONDS);
                } catch (InterruptedException unexpected) {
                    throw new AssertionError(unexpected);
                }
            }
            return 5;
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            return system.schedule(task, delayNanos);
        }

        @Override
        public boolean await(BooleanSupplier done, long nanos) throws InterruptedException {
            return system.await(done, nanos);
        }

        @Override
        public void wake(Thread thread) {
            system.wake(thread);
        }

        @Override
        public long nextLong(long bound) {
            return system.nextLong(bound);
        }
    }

    @Test
    @DisplayName("RL-1 a key that shares and then gets a place has no more than it left")
    void fromSharedToAPlace() {
        KeyedRateLimiter<String> users = limiter(5, Duration.ofMinutes(1)).keyed(1);
        assertThat(in(users.get("first"))).isTrue();
        assertThat(in(users.get("second"), 4)).isEqualTo(4);
        time.advance(Duration.ofSeconds(73));
        assertThat(in(users.get("second"), 10)).isEqualTo(5);
        time.advance(Duration.ofSeconds(30));
        assertThat(users.get("second").available()).isEqualTo(2);
        assertThat(users.keys()).isEqualTo(1);
        assertThat(in(users.get("first"), 10)).isEqualTo(5);
    }

    @Test
    @DisplayName("RL-1 places of keys that nobody needs any more are cleared out by those that come")
    void newcomersClearOut() {
        KeyedRateLimiter<Integer> users = limiter(5, SECOND).keyed(1_000);
        for (int key = 0; key < 1_000; key++) {
            users.get(key).tryAcquire();
        }
        time.advance(SECOND.multipliedBy(3));
        for (int key = 1_000; key < 1_300; key++) {
            assertThat(in(users.get(key), 6)).isEqualTo(5);
        }
        assertThat(users).asString().endsWith(", 300 keys]");
    }

    @Test
    @DisplayName(
            "while half of the places are free, keys that come every few seconds keep theirs; forgotten they are all the same")
    void plentyOfRoom() {
        KeyedRateLimiter<String> users = limiter(5, SECOND).keyed(100);
        assertThat(placesAfter(users, 0, 30)).isEqualTo(30);
        assertThat(placesAfter(users, 3, 10)).isEqualTo(40);
        // Ten seconds after the limiter was built, and after that round began.
        assertThat(placesAfter(users, 7, 10)).isEqualTo(10);
        assertThat(placesAfter(users, 3, 10)).isEqualTo(20);
        assertThat(placesAfter(users, 7, 10)).isEqualTo(10);
        assertThat(placesAfter(users, 0, 41)).isEqualTo(51);
        // Half of them are taken.
        assertThat(placesAfter(users, 3, 10)).isEqualTo(10);
    }

    private int placesAfter(KeyedRateLimiter<String> users, int seconds, int newcomers) {
        time.advance(SECOND.multipliedBy(seconds));
        for (int i = 0; i < newcomers; i++) {
            users.get(time.nanoTime() + " " + users + i).tryAcquire();
        }
        return Integer.parseInt(users.toString().replaceAll(".* ([0-9]+) keys]", "$1"));
    }

    @Test
    @DisplayName("OB-5 the limiter of a key has the meters of all keys, and none of permits that nobody takes")
    void metersOfAKey() {
        KeyedRateLimiter<String> users = limiter(5, SECOND).keyed(100);
        assertThat(users.get("a").meters()).isSameAs(users.meters());
        assertThat(Pipeline.of(users.get("a")).meters()).isEqualTo(users.meters());
        assertThat(users.get("a").permits(2).meters()).isEqualTo(users.meters());
        assertThat(users.meters())
                .extracting(Meter::name)
                .contains("holdfast.ratelimiter.keys")
                .doesNotContain("holdfast.ratelimiter.available");
        assertThat(users.meters())
                .allSatisfy(meter -> assertThat(meter.labels()).containsKey("holdfast.policy"));
    }

    @Test
    @DisplayName("OB-17 who listens to a keyed limiter, and to pipelines with some of its keys, hears each event once")
    void heardOnce() {
        KeyedRateLimiter<String> users = limiter(1, SECOND).keyed(100);
        Pipeline<Object> one = Pipeline.of(users.get("a"));
        Pipeline<Object> two = Pipeline.of(users.get("b"));
        List<Event> heard = new ArrayList<>();
        try (Listening<Event.CallRejected> listening = Listening.of("test", Event.CallRejected.class, heard::add)) {
            for (Metered each : List.<Metered>of(users, one, two, users.get("c"))) {
                listening.add(each);
            }
            for (int i = 0; i < 3; i++) {
                try {
                    one.run(() -> {});
                } catch (RateLimitedException expected) {
                    // The second, and the third.
                }
            }
        }
        assertThat(heard).hasSize(2);
    }

    @Test
    @DisplayName("the gauge of keys tells how many places are taken, and clears out nothing")
    void gauge() {
        KeyedRateLimiter<String> users = limiter(5, SECOND).keyed(100);
        Meter keys = users.meters().stream()
                .filter(meter -> meter.name().equals("holdfast.ratelimiter.keys"))
                .findFirst()
                .orElseThrow();
        for (int i = 0; i < 30; i++) {
            users.get("key " + i).tryAcquire();
        }
        time.advance(SECOND.multipliedBy(30));
        assertThat(keys.value()).isEqualTo(30);
        assertThat(users.keys()).isZero();
        assertThat(keys.value()).isZero();
    }

    /** Throws when it is looked up, once it is there. */
    private static final class Broken {
        private final int hash;
        private @Nullable Throwable thrown;

        Broken(int hash) {
            this.hash = hash;
        }

        @Override
        public int hashCode() {
            if (thrown != null) {
                throw Broken.<RuntimeException>asThrown(thrown);
            }
            return hash;
        }

        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
        private static <T extends Throwable> T asThrown(Throwable thrown) throws T {
            throw (T) thrown;
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }
    }

    static List<Throwable> ofAnothersCode() {
        return List.of(
                new IllegalStateException("hashCode"),
                new IOException("unchecked"),
                new AssertionError("hashCode"),
                new NoClassDefFoundError("hashCode"),
                new StackOverflowError("hashCode"));
    }

    @ParameterizedTest
    @MethodSource("ofAnothersCode")
    @DisplayName("what the code of one key throws reaches no call for another")
    void brokenKey(Throwable thrown) {
        KeyedRateLimiter<Object> users = limiter(5, SECOND).keyed(100);
        Broken broken = new Broken(7);
        users.get(broken).tryAcquire();
        broken.thrown = thrown;
        time.advance(SECOND.multipliedBy(30));
        for (int key = 0; key < 80; key++) {
            assertThat(in(users.get(key))).isTrue();
        }
        assertThat(users.keys()).isEqualTo(81);
    }

    @SuppressWarnings("removal")
    static List<Throwable> ofThisThread() {
        return List.of(new OutOfMemoryError("test"), new InternalError("test"), new ThreadDeath());
    }

    @ParameterizedTest
    @MethodSource("ofThisThread")
    @DisplayName(
            "a heap that is exhausted, or a thread that is to end, is a matter of whoever looks through the places")
    void exhausted(Throwable thrown) {
        KeyedRateLimiter<Object> users = limiter(5, SECOND).keyed(100);
        Broken broken = new Broken(7);
        users.get(broken).tryAcquire();
        broken.thrown = thrown;
        time.advance(SECOND.multipliedBy(3));
        assertThatThrownBy(users::keys).isSameAs(thrown);
        assertThatThrownBy(() -> {
                    for (int key = 0; key < 80; key++) {
                        users.get(key).tryAcquire();
                    }
                })
                .isSameAs(thrown);
        broken.thrown = null;
        // Others look through the places after that.
        time.advance(SECOND.multipliedBy(30));
        for (int key = 0; key < 150; key++) {
            users.get("later " + key).tryAcquire();
        }
        assertThat(users.toString()).endsWith(", 100 keys]");
        time.advance(SECOND.multipliedBy(3));
        assertThat(users.keys()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("XC-9 a key whose code threw while its place was cleared out is forgotten as soon as it does not")
    void thrownWhileClearedOut(Limit.Kind kind) {
        for (boolean byNewcomers : new boolean[] {false, true}) {
            RateLimiterBuilder builder = limiter(2, SECOND);
            KeyedRateLimiter<Object> users = (switch (kind) {
                        case TOKENS -> builder;
                        case SLIDING_WINDOW -> builder.slidingWindow();
                        case FIXED_WINDOW -> builder.fixedWindow();
                    })
                    .keyed(100);
            List<Broken> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                all.add(new Broken(31 * i));
                users.get(all.get(i)).tryAcquire();
            }
            time.advance(SECOND.multipliedBy(5));
            all.forEach(each -> each.thrown = new StackOverflowError());
            assertThat(users.keys()).isEqualTo(100);
            all.forEach(each -> each.thrown = null);
            assertThat(in(users.get(all.get(0)), 5)).isEqualTo(2);
            if (byNewcomers) {
                for (int i = 0; i < 20; i++) {
                    users.get(i).tryAcquire();
                }
                assertThat(users.toString()).doesNotContain(" 100 keys");
            }
            assertThat(users.keys()).isEqualTo(byNewcomers ? 21 : 1);
        }
    }

    @Test
    @DisplayName("RL-1 who asks while places are cleared out never has two buckets")
    void askedWhileClearedOut() throws Exception {
        int perTenth = 5;
        long tenth = 100_000;
        int keys = 200;
        KeyedRateLimiter<Integer> users = RateLimiter.builder("users")
                .limit(perTenth, Duration.ofNanos(tenth))
                .keyed(2 * keys);
        AtomicInteger running = new AtomicInteger(2);
        AtomicInteger tooMany = new AtomicInteger();
        AtomicInteger cleared = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int first = i * keys;
            threads.add(new Thread(() -> {
                for (int round = 0; round < 100; round++) {
                    for (int key = first; key < first + keys; key++) {
                        long start = System.nanoTime();
                        int in = in(users.get(key), 20);
                        long nanos = System.nanoTime() - start;
                        tooMany.addAndGet(in > perTenth + perTenth * nanos / tenth + 1 ? 1 : 0);
                    }
                }
                running.decrementAndGet();
            }));
        }
        threads.add(new Thread(() -> {
            while (running.get() > 0) {
                cleared.addAndGet(users.keys() < keys ? 1 : 0);
            }
        }));
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(tooMany).hasValue(0);
        assertThat(cleared.get()).isPositive();
    }

    @Test
    void whoSharesChangesSettingsToo() {
        KeyedRateLimiter<String> users = limiter(5, SECOND).keyed(1);
        in(users.get("first"));
        in(users.get("second"), 3);
        users.reconfigure(settings -> settings.limit(10, SECOND));
        assertThat(users.get("second").available()).isEqualTo(2);
        time.advance(Duration.ofMillis(100));
        assertThat(users.get("second").available()).isEqualTo(3);
    }

    @Test
    void keysThatOthersChooseAreTheSameWhereTheyAreEqual() {
        record Key(String user, List<Integer> shards) {}
        KeyedRateLimiter<Key> users = limiter(2, SECOND).keyed(10);
        assertThat(in(users.get(new Key("Aa", List.of(1))), 2)).isEqualTo(2);
        assertThat(in(users.get(new Key("Aa", new ArrayList<>(List.of(1)))))).isFalse();
        assertThat(in(users.get(new Key("BB", List.of(1))))).isTrue();
    }
}
