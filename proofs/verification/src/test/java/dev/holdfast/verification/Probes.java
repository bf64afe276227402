// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification;

import dev.holdfast.CallCounts;
import dev.holdfast.Deadline;
import dev.holdfast.Gate;
import dev.holdfast.Policy;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.retry.Retry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Gates that let everything through and count, outside and inside of each policy of a pipeline. */
final class Probes {
    private record Pair(TestGate outside, TestGate inside) {}

    private final World world;
    private final Map<Policy<Object>, List<Pair>> pairs = new HashMap<>();
    private boolean cut;

    Probes(World world) {
        this.world = world;
    }

    List<Policy<Object>> around(List<Policy<Object>> policies) {
        List<Policy<Object>> all = new ArrayList<>();
        for (Policy<Object> policy : policies) {
            // A deadline cuts short what is inside of it: some come that are neither let in nor refused.
            cut |= policy instanceof Deadline;
            Pair pair = new Pair(
                    new TestGate("outside of " + policy.name(), world.time, world.trace),
                    new TestGate("inside of " + policy.name(), world.time, world.trace));
            pairs.computeIfAbsent(policy, any -> new ArrayList<>()).add(pair);
            all.addAll(List.of(pair.outside, policy, pair.inside));
        }
        return all;
    }

    private long sum(Policy<Object> policy, ToLongFunction<Pair> probe) {
        return pairs.get(policy).stream().mapToLong(probe).sum();
    }

    /** What policies have counted and the probes have not, or the other way round. */
    List<String> wrongs() {
        List<String> wrongs = new ArrayList<>();
        for (Policy<Object> policy : pairs.keySet()) {
            long came = sum(policy, pair -> pair.outside.entries());
            long inside = sum(policy, pair -> pair.inside.entries());
            String seen = policy + ": " + came + " came, " + inside + " were inside; ";
            if (policy instanceof Gate) {
                CallCounts counts = ((Gate) policy).counts();
                long byHand = world.askedByHand(policy);
                boolean all = counts.calls() == came + byHand || cut && counts.calls() < came + byHand;
                long letIn = counts.calls() - counts.rejected() - world.letInByHand(policy);
                if (!all || letIn != inside && !(cut && letIn > inside)) {
                    wrongs.add(seen + counts + ", of which " + byHand + " by hand");
                }
            } else if (policy instanceof Retry) {
                Retry.Counts counts = ((Retry<Object>) policy).counts();
                long after = counts.firstSuccesses() + counts.laterSuccesses() + counts.exhausted();
                if (inside > came + counts.retries() || after > came) {
                    wrongs.add(seen + counts);
                }
            } else if (policy instanceof Fallback) {
                Fallback.Counts counts = ((Fallback<Object>) policy).counts();
                if (inside != came
                        || counts.passed() + counts.recovered() + counts.failed() > came
                        || counts.stale() > counts.recovered()) {
                    wrongs.add(seen + counts);
                }
            }
        }
        return wrongs;
    }
}
