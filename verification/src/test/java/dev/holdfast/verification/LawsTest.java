// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
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
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // Stack traces are cheaper on a shallow stack.
class LawsTest {
    private static final int WORLDS = 300;
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
        for (long seed = 0; seed < WORLDS; seed++) {
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
        }
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
            assertThat(line).as("world %s, %s, after %s", seed, other.drawn, lines.subList(Math.max(0, i - 20), i))
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
        for (long seed = 0; seed < WORLDS; seed++) {
            World sync = new World(seed);
            World async = new World(seed);

            sync.sync(sync.pipeline(), CALLS);
            async.async(async.pipeline(), CALLS);

            assertSame(seed, async, sync);
        }
    }

    @Test
    @DisplayName("cancelled before, while and after it runs, a call leaves nothing behind and does nothing more")
    void cancelled() {
        for (long seed = 0; seed < WORLDS; seed++) {
            World world = new World(seed);
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < CALLS; i++) {
                CompletableFuture<Object> future = world.callAsync(world.pipeline());
                world.time.advance(Duration.ofNanos(random.nextInt(4) == 0 ? 0 : random.nextInt(5_000_000)));
                ENDS.get(random.nextInt(ENDS.size())).accept(future);

                assertThat(future).isDone();
                assertThat(world.leftovers()).as("world %s: %s", seed, world.drawn).isEmpty();
                int lines = world.trace.lines().size();
                world.time.advance(Duration.ofHours(1));
                assertThat(world.trace.lines()).as("world %s", seed).hasSize(lines);
                assertThat(world.sync(world.pipeline(), 1).leftovers()).as("world %s", seed).isEmpty();
            }
        }
    }

    @Test
    @DisplayName("cancelled from inside of its own work or of a listener, too")
    void cancelledFromInside() {
        for (long seed = 0; seed < WORLDS; seed++) {
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
        }
    }

    @Test
    @DisplayName("exits equal enters, innermost first, and nothing is left behind, whatever happened")
    void balanced() {
        for (long seed = 0; seed < WORLDS; seed++) {
            World sync = new World(seed);
            World async = new World(seed);
            for (int i = 0; i < CALLS; i++) {
                assertThat(sync.sync(sync.pipeline(), 1).leftovers()).as("world %s", seed).isEmpty();
                assertThat(async.async(async.pipeline(), 1).leftovers()).as("world %s", seed).isEmpty();
            }
        }
    }
}
