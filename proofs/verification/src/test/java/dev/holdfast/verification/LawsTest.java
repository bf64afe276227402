// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.bulkhead.Bulkhead;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Laws of pipelines, on pipelines that are built at random: each seed is a world of its own. */
@Timeout(value = 900, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // Stack traces are cheaper on a shallow stack.
class LawsTest {
    private static final int WORLDS = 250;
    private static final int CALLS = 8;

    /** The ways in which a caller may end a future. */
    private static final List<Consumer<CompletableFuture<Object>>> ENDS = List.of(
            future -> future.cancel(true),
            future -> future.cancel(false),
            future -> future.complete("enough"),
            future -> future.completeExceptionally(new IllegalStateException("enough")));

    private interface Composition {
        Pipeline<Object> of(List<Policy<Object>> policies, SplittableRandom random);
    }

    private static void sameAsFlat(Composition composition) {
        Worlds.forEach(WORLDS, seed -> {
            World flat = new World(seed);
            World composed = new World(seed);
            Pipeline<Object> pipeline = composition.of(composed.drawn, new SplittableRandom(seed));

            assertThat(pipeline.policies()).as("world %s", seed).isEqualTo(composed.drawn);
            for (BiFunction<World, Policy<Object>, World> calls : List.<BiFunction<World, Policy<Object>, World>>of(
                    (world, policy) -> world.sync(policy, CALLS), (world, policy) -> world.async(policy, CALLS))) {
                calls.apply(flat, flat.pipeline());
                calls.apply(composed, pipeline);
            }
            assertSame(seed, composed, flat);
        });
    }

    private static void assertSame(long seed, World one, World other) {
        List<String> lines = one.trace.lines();
        List<String> expected = other.trace.lines();
        for (int i = 0; i < Math.max(lines.size(), expected.size()); i++) {
            String line = i < lines.size() ? lines.get(i) : "(nothing more)";
            String wanted = i < expected.size() ? expected.get(i) : "(nothing more)";
            if (line.equals(wanted)) {
                continue;
            }
            assertThat(line)
                    .as("world %s, %s, after %s", seed, other.drawn, lines.subList(Math.max(0, i - 20), i))
                    .isEqualTo(wanted);
        }
        assertThat(one.counts()).as("world %s", seed).isEqualTo(other.counts());
        assertThat(one.time.nanoTime()).as("world %s", seed).isEqualTo(other.time.nanoTime());
    }

    @Test
    @DisplayName("of(a).then(b) is of(a, b), wherever it is cut")
    void then() {
        sameAsFlat((policies, random) -> {
            int cut = random.nextInt(policies.size() + 1);
            Pipeline<Object> pipeline = World.of(policies.subList(0, cut));
            for (Policy<Object> policy : policies.subList(cut, policies.size())) {
                pipeline = pipeline.then(policy);
            }
            return pipeline;
        });
    }

    @Test
    @DisplayName("of(of(a, b), c) is of(a, b, c), however deep it is nested, and empty pipelines change nothing")
    void nesting() {
        sameAsFlat(LawsTest::nested);
    }

    private static Pipeline<Object> nested(List<Policy<Object>> policies, SplittableRandom random) {
        List<Policy<Object>> parts = new ArrayList<>();
        for (int from = 0, to; from < policies.size(); from = to) {
            if (random.nextInt(4) == 0) {
                parts.add(Pipeline.of());
            }
            to = from + 1 + random.nextInt(policies.size() - from);
            boolean whole = to - from == policies.size() || to - from == 1;
            parts.add(whole ? policies.get(from) : nested(policies.subList(from, to), random));
            to = whole ? from + 1 : to;
        }
        return World.of(parts);
    }

    @Test
    @DisplayName("the same script gives the same trace, the same outcomes and the same counts sync and async")
    void syncIsAsync() {
        Worlds.forEach(2 * WORLDS, seed -> {
            World sync = new World(seed);
            World async = new World(seed);

            sync.sync(sync.pipeline(), CALLS);
            async.async(async.pipeline(), CALLS);

            assertSame(seed, async, sync);
        });
    }

    @Test
    @DisplayName("cancelled before, while and after it runs, a call leaves nothing behind and does nothing more")
    void cancelled() {
        Worlds.forEach(WORLDS, seed -> {
            World world = new World(seed);
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < CALLS; i++) {
                CompletableFuture<Object> future = world.callAsync(world.pipeline());
                world.time.advance(Duration.ofNanos(random.nextInt(4) == 0 ? 0 : random.nextInt(5_000_000)));
                ENDS.get(random.nextInt(ENDS.size())).accept(future);

                assertThat(future).isDone();
                assertThat(world.leftovers())
                        .as("world %s: %s", seed, world.drawn)
                        .isEmpty();
                int lines = world.trace.lines().size();
                world.time.advance(Duration.ofHours(1));
                assertThat(world.trace.lines()).as("world %s", seed).hasSize(lines);
                assertThat(world.sync(world.pipeline(), 1).leftovers())
                        .as("world %s", seed)
                        .isEmpty();
            }
        });
    }

    @Test
    @DisplayName("cancelled from inside of its own work or of a listener, too")
    void cancelledFromInside() {
        Worlds.forEach(WORLDS, seed -> {
            World world = new World(seed);
            SplittableRandom random = new SplittableRandom(seed);
            Deque<CompletableFuture<Object>> future = new ArrayDeque<>();
            int at = random.nextInt(6);
            Runnable end = () -> ENDS.get(random.nextInt(ENDS.size())).accept(future.getFirst());
            world.trace.onLine(line -> {
                if (line == at && !future.isEmpty()) {
                    end.run();
                }
            });
            future.add(world.pipeline().callAsync(world.script::start));
            world.time.advance(Duration.ofHours(1));

            assertThat(future.getFirst()).isDone();
            assertThat(world.leftovers()).as("world %s: %s", seed, world.drawn).isEmpty();
        });
    }

    @Test
    @DisplayName("exits equal enters, innermost first, and nothing is left behind, whatever happened")
    void balanced() {
        Worlds.forEach(WORLDS, seed -> {
            World sync = new World(seed);
            World async = new World(seed);
            for (int i = 0; i < CALLS; i++) {
                assertThat(sync.sync(sync.pipeline(), 1).leftovers())
                        .as("world %s", seed)
                        .isEmpty();
                assertThat(async.async(async.pipeline(), 1).leftovers())
                        .as("world %s", seed)
                        .isEmpty();
            }
        });
    }

    @Test
    @DisplayName("BH-1 BH-6 work that goes on although nobody waits for it keeps its permits until it ends, and"
            + " then all are back")
    void deaf() {
        Worlds.forEach(WORLDS, seed -> {
            World world = new World(seed, Script.Nature.DEAF);
            world.trace.inAnyOrder();
            SplittableRandom random = new SplittableRandom(seed);
            int limit = 1 + random.nextInt(3);
            // Innermost: what a deadline further in leaves behind would be in no permit.
            Bulkhead bulkhead = Bulkhead.builder("innermost")
                    .environment(world.time)
                    .limit(limit)
                    .queue(2)
                    .build();
            Pipeline<Object> pipeline = world.pipeline().then(bulkhead);
            List<CompletableFuture<Object>> futures = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                futures.add(world.callAsync(pipeline));
                world.time.advance(Duration.ofNanos(random.nextInt(2_000_000)));
                if (random.nextInt(3) == 0) {
                    ENDS.get(random.nextInt(ENDS.size())).accept(futures.get(random.nextInt(futures.size())));
                }
                assertThat(bulkhead.report().inFlight()).as("world %s", seed).isBetween(world.script.running(), limit);
            }
            world.time.advance(Duration.ofDays(10));

            assertThat(world.script.most()).as("world %s", seed).isLessThanOrEqualTo(limit);
            assertThat(futures).as("world %s", seed).allMatch(CompletableFuture::isDone);
            assertThat(world.leftovers()).as("world %s: %s", seed, world.drawn).isEmpty();
            assertThat(World.inUse(bulkhead)).as("world %s", seed).isEmpty();
        });
    }

    @Test
    @DisplayName("a blocking call whose work is deaf to interrupts leaves nothing behind either")
    void deafBlocking() {
        Worlds.forEach(WORLDS, seed -> {
            World world = new World(seed, Script.Nature.DEAF);
            // Gates around a deadline learn of it while the work goes on inside of others.
            world.trace.inAnyOrder();
            assertThat(world.sync(world.pipeline(), CALLS).leftovers())
                    .as("world %s: %s", seed, world.drawn)
                    .isEmpty();
            assertThat(world.trace.lines()).as("world %s", seed).noneMatch(line -> line.endsWith("flag set"));
        });
    }

    @Test
    @DisplayName("BH-4 many calls at once: each future ends once, nobody waits for what is free, and nothing is"
            + " left behind")
    void overlapping() {
        Worlds.forEach(WORLDS, seed -> {
            World world = new World(seed);
            world.trace.inAnyOrder();
            SplittableRandom random = new SplittableRandom(seed);
            int[] ended = new int[3 * CALLS];
            List<CompletableFuture<Object>> futures = new ArrayList<>();
            for (int i = 0; i < ended.length; i++) {
                int number = i;
                futures.add(world.callAsync(world.pipeline()));
                futures.get(i).whenComplete((value, thrown) -> ended[number]++);
                world.time.advance(Duration.ofNanos(random.nextInt(300_000)));
                if (random.nextInt(5) == 0) {
                    ENDS.get(random.nextInt(ENDS.size())).accept(futures.get(random.nextInt(futures.size())));
                }
                assertThat(world.lostWakeUps()).as("world %s", seed).isEmpty();
            }
            world.time.advance(Duration.ofHours(1));

            assertThat(ended).as("world %s: %s", seed, world.drawn).containsOnly(1);
            assertThat(world.leftovers()).as("world %s: %s", seed, world.drawn).isEmpty();
        });
    }

    @Test
    @DisplayName("TO-3 RT-4 the interrupt flag is as it was: an interrupt that is nobody's deadline stays until the"
            + " work answers it")
    void interrupts() {
        Worlds.forEach(2 * WORLDS, seed -> {
            World world = new World(seed, Script.Nature.INTERRUPTING);
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < CALLS; i++) {
                if (random.nextInt(4) == 0) {
                    world.script.interruptedFromOutside();
                    Thread.currentThread().interrupt();
                }
                catchThrowable(() -> world.call(world.pipeline()));

                assertThat(Thread.interrupted())
                        .as("world %s, call %s: %s", seed, i, world.drawn)
                        .isEqualTo(world.script.takeInterrupted());
                assertThat(world.leftovers())
                        .as("world %s: %s", seed, world.drawn)
                        .isEmpty();
            }
        });
    }

    @Test
    @DisplayName("MX-1 every call that comes to a gate is a success, a failure, ignored or rejected, and what is let in"
            + " is what is inside")
    void counts() {
        Worlds.forEach(WORLDS, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            World world = new World(seed);
            Probes probes = new Probes(world);
            boolean blocking = random.nextBoolean();
            Pipeline<Object> pipeline = World.of(probes.around(world.drawn));
            for (int i = 0; i < CALLS; i++) {
                if (blocking) {
                    world.sync(pipeline, 1);
                } else {
                    world.async(pipeline, 1);
                }
            }
            assertThat(world.leftovers()).as("world %s: %s", seed, world.drawn).isEmpty();
            assertThat(probes.wrongs()).as("world %s: %s", seed, world.drawn).isEmpty();
        });
    }
}
