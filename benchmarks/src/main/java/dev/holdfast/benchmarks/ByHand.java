// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an application would write itself, where no other library has it. It gives the same results, also when nodes fail. It asks nobody
 * because another one is late, calls nothing off, counts nothing, and does not say what has become of each node.
 */
final class ByHand {
    private ByHand() {}

    /** Answers of nodes, until there are enough. */
    private abstract static class Collecting<R> {
        private final List<String> nodes;
        private final Function<String, ? extends CompletionStage<R>> ask;
        private final CompletableFuture<R> result = new CompletableFuture<>();
        private final Map<Throwable, String> failures = new HashMap<>(0);
        private int asked;

        Collecting(List<String> nodes, Function<String, ? extends CompletionStage<R>> ask) {
            this.nodes = nodes;
            this.ask = ask;
        }

        final CompletableFuture<R> first(int count) {
            for (int i = 0; i < count; i++) {
                next();
            }
            return result;
        }

        private void next() {
            String node;
            synchronized (this) {
                node = asked < nodes.size() ? nodes.get(asked++) : null;
            }
            if (node != null) {
                ask.apply(node).whenComplete((answer, thrown) -> ended(node, answer, thrown));
            }
        }

        private void ended(String node, R answer, @Nullable Throwable thrown) {
            R decided = null;
            boolean isHopeless;
            synchronized (this) {
                if (thrown == null) {
                    decided = decide(answer);
                } else {
                    failures.put(thrown, node);
                }
                isHopeless = !canBeEnough(nodes.size() - failures.size());
            }
            if (decided != null) {
                result.complete(decided);
            } else if (isHopeless) {
                IllegalStateException none = new IllegalStateException("not enough: " + failures.values());
                failures.keySet().forEach(none::addSuppressed);
                result.completeExceptionally(none);
            } else if (thrown != null) {
                next();
            }
        }

        /** The result, once this answer makes it enough. */
        abstract @Nullable R decide(R answer);

        abstract boolean canBeEnough(int nodesThatMayAnswer);
    }

    /** The newest of as many answers as are needed; asks so many nodes at first. */
    static <R> CompletableFuture<R> newest(
            List<String> nodes,
            int asked,
            int need,
            Comparator<? super R> versions,
            Function<String, ? extends CompletionStage<R>> ask) {
        return new Collecting<R>(nodes, ask) {
            private final List<R> answers = new ArrayList<>(need);

            @Override
            @Nullable R decide(R answer) {
                if (answers.size() < need) {
                    answers.add(answer);
                    return answers.size() < need ? null : Collections.max(answers, versions);
                }
                return null;
            }

            @Override
            boolean canBeEnough(int nodesThatMayAnswer) {
                return nodesThatMayAnswer >= need;
            }
        }.first(asked);
    }

    /** The answer that so many nodes have given alike; asks all nodes. */
    static <R> CompletableFuture<R> alike(
            List<String> nodes, int need, Function<String, ? extends CompletionStage<R>> ask) {
        return new Collecting<R>(nodes, ask) {
            private final Map<R, Integer> votes = new HashMap<>(4);
            private int answered;

            @Override
            @Nullable R decide(R answer) {
                answered++;
                return votes.merge(answer, 1, Integer::sum) >= need ? answer : null;
            }

            @Override
            boolean canBeEnough(int nodesThatMayAnswer) {
                int most =
                        votes.values().stream().max(Comparator.naturalOrder()).orElse(0);
                return most + nodesThatMayAnswer - answered >= need;
            }
        }.first(nodes.size());
    }

    /** The first result that is good enough. */
    static <R> R firstGood(List<Supplier<R>> ways, Predicate<? super R> good) {
        RuntimeException last = null;
        for (Supplier<R> way : ways) {
            try {
                R result = way.get();
                if (good.test(result)) {
                    return result;
                }
                last = new IllegalStateException("not good enough");
            } catch (RuntimeException failed) {
                last = failed;
            }
        }
        throw last == null ? new IllegalArgumentException("no way") : last;
    }

    static void pollute() {
        Work.pollute(Work.ROUNDS, body -> firstGood(List.of(body), answer -> true));
        Work.pollute(Work.ROUNDS / 10, body -> {
            // Some bodies never give the same twice.
            CompletableFuture<Object> answer = CompletableFuture.completedFuture(body.get());
            return alike(List.of("node-1", "node-2"), 2, node -> answer).join();
        });
    }
}
