// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import dev.holdfast.Environment;
import dev.holdfast.simulation.Reply;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Which of several nodes gets a call, by a rule of others, written from what their documentation says. Of one thread. */
abstract class Rule {
    static final long SECOND = 1_000_000_000L;

    final Environment environment = Environment.standard();
    final int nodes;
    final int[] underWay;

    Rule(int nodes) {
        this.nodes = nodes;
        this.underWay = new int[nodes];
    }

    abstract int pick(long now);

    abstract void ended(int node, boolean isGood, long nanos, long now);

    Supplier<CompletableFuture<Reply>> over(List<OneBadNode.Counted> servers) {
        return () -> {
            long start = environment.nanoTime();
            int node = pick(start);
            underWay[node]++;
            return servers.get(node).send().whenComplete((reply, failure) -> {
                long now = environment.nanoTime();
                underWay[node]--;
                ended(node, failure == null, now - start, now);
            });
        };
    }

    int draw(int bound) {
        return (int) environment.nextLong(bound);
    }

    /** One after the other, whatever becomes of the calls. */
    static final class RoundRobin extends Rule {
        private int turn;

        RoundRobin(int nodes) {
            super(nodes);
        }

        @Override
        int pick(long now) {
            return turn++ % nodes;
        }

        @Override
        void ended(int node, boolean isGood, long nanos, long now) {
            // Says nothing to it.
        }
    }

    /**
     * Finagle's defaults but for the pick, which is its peak EWMA: of two different nodes the one with less {@code cost * (under way + 1)}, where the cost jumps to
     * each peak and sinks with a time constant of 10 s; its failure accrual: dead after five failures in a row, or when less than 0.8 of the calls of about
     * the last 30 s succeed, of five at least; dead for 5 s, doubling to 300 s, of which half is drawn; then one call decides.
     */
    static final class Finagle extends Rule {
        private static final int IN_A_ROW = 5;
        private static final int EFFORT = 5;
        private static final double DECAY = 10.0 * SECOND;
        private static final double WINDOW = 30.0 * SECOND;
        /** What a node costs that has not answered yet and is at work. */
        private static final double PENALTY = Long.MAX_VALUE >> 16;

        private final State[] states;

        private static final class State {
            double cost;
            long observed;
            int failures;
            double rate = 1;
            int calls;
            long rated;
            boolean isDead;
            boolean isProbed;
            long until;
            int deaths;
        }

        Finagle(int nodes) {
            super(nodes);
            states = new State[nodes];
            for (int i = 0; i < nodes; i++) {
                states[i] = new State();
            }
        }

        @Override
        int pick(long now) {
            int picked = 0;
            for (int effort = 0; effort < EFFORT; effort++) {
                int a = draw(nodes);
                int b = draw(nodes - 1);
                b += b >= a ? 1 : 0;
                boolean isOpen = isOpen(a, now);
                if (isOpen != isOpen(b, now)) {
                    picked = isOpen ? a : b;
                    break;
                }
                picked = load(a, now) <= load(b, now) ? a : b;
                if (isOpen) {
                    break;
                }
            }
            State state = states[picked];
            state.isProbed |= state.isDead;
            return picked;
        }

        private boolean isOpen(int node, long now) {
            State state = states[node];
            return !state.isDead || (now >= state.until && !state.isProbed);
        }

        private double load(int node, long now) {
            observe(states[node], 0, now);
            double cost = states[node].cost;
            return cost == 0 && underWay[node] > 0 ? PENALTY + underWay[node] : cost * (underWay[node] + 1);
        }

        private static void observe(State state, double nanos, long now) {
            double w = Math.exp(-(now - state.observed) / DECAY);
            state.cost = nanos > state.cost ? nanos : nanos * (1 - w) + state.cost * w;
            state.observed = now;
        }

        @Override
        void ended(int node, boolean isGood, long nanos, long now) {
            State state = states[node];
            observe(state, nanos, now);
            if (state.isDead) {
                if (now >= state.until && isGood) {
                    revive(state, now);
                } else if (now >= state.until) {
                    die(state, now);
                }
                return;
            }
            state.failures = isGood ? 0 : state.failures + 1;
            double w = Math.exp(-(now - state.rated) / WINDOW);
            state.rate = state.rate * w + (isGood ? 1 - w : 0);
            state.rated = now;
            state.calls++;
            if (state.failures >= IN_A_ROW || (state.calls >= IN_A_ROW && state.rate < 0.8)) {
                die(state, now);
            }
        }

        private void die(State state, long now) {
            double most = Math.min(300, 5 * Math.pow(2, state.deaths));
            double part = state.deaths == 0 ? 1 : 0.5 + draw(1_000) / 2_000.0;
            state.until = now + (long) (most * part * SECOND);
            state.deaths++;
            state.isDead = true;
            state.isProbed = false;
        }

        private static void revive(State state, long now) {
            state.isDead = false;
            state.failures = 0;
            state.deaths = 0;
            state.rate = 1;
            state.calls = 0;
            state.rated = now;
        }
    }

    /**
     * Envoy's least request of two draws, and its outlier detection by default: ejected after five failures in a row, or at a sweep every 10 s with a success rate
     * below the mean less 1.9 standard deviations, of nodes with 100 calls since the last one, where there are five such; for 30 s times the ejections so far, 300 s at
     * most, until a sweep. A tenth of the nodes may be out, and one in any case, as with {@code always_eject_one_host}: else of less than ten none ever is.
     */
    static final class Envoy extends Rule {
        private static final long SWEEP = 10 * SECOND;
        private static final long BASE = 30 * SECOND;
        private static final int LEAST_CALLS = 100;
        private static final int LEAST_NODES = 5;

        private final State[] states;
        private long swept;

        private static final class State {
            int failures;
            int good;
            int calls;
            boolean isOut;
            long since;
            int times;
        }

        Envoy(int nodes) {
            super(nodes);
            states = new State[nodes];
            for (int i = 0; i < nodes; i++) {
                states[i] = new State();
            }
        }

        @Override
        int pick(long now) {
            if (now - swept >= SWEEP) {
                sweep(now);
            }
            int a = drawIn();
            int b = drawIn();
            return underWay[a] <= underWay[b] ? a : b;
        }

        private int drawIn() {
            int drawn = draw(nodes);
            while (states[drawn].isOut) {
                drawn = draw(nodes);
            }
            return drawn;
        }

        @Override
        void ended(int node, boolean isGood, long nanos, long now) {
            State state = states[node];
            state.calls++;
            state.good += isGood ? 1 : 0;
            state.failures = isGood ? 0 : state.failures + 1;
            if (state.failures >= 5) {
                eject(state, now);
            }
        }

        private void eject(State state, long now) {
            int out = 0;
            for (State each : states) {
                out += each.isOut ? 1 : 0;
            }
            if (!state.isOut && out < Math.max(1, nodes / 10)) {
                state.isOut = true;
                state.since = now;
                state.times = Math.min(10, state.times + 1);
            }
        }

        private void sweep(long now) {
            swept = now - now % SWEEP;
            double[] rates = new double[nodes];
            int rated = 0;
            for (State state : states) {
                if (state.isOut && now - state.since >= BASE * state.times) {
                    state.isOut = false;
                    state.failures = 0;
                } else if (!state.isOut) {
                    // Only of such as were in since the sweep before, whatever became of them.
                    state.times = Math.max(0, state.times - (state.since < swept - SWEEP ? 1 : 0));
                    if (state.calls >= LEAST_CALLS) {
                        rates[rated++] = (double) state.good / state.calls;
                    }
                }
            }
            Rates all = Rates.of(Arrays.copyOf(rates, rated));
            for (State state : states) {
                if (rated >= LEAST_NODES
                        && !state.isOut
                        && state.calls >= LEAST_CALLS
                        && (double) state.good / state.calls < all.threshold(1.9)) {
                    eject(state, now);
                }
                state.calls = 0;
                state.good = 0;
            }
        }
    }
}
