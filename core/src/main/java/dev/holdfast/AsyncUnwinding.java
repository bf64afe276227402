// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** An asynchronous call that nobody waits for any more walks outward at once, from wherever it is. */
final class AsyncUnwinding {
    private AsyncUnwinding() {}

    /** Leaves what is inside of the outermost deadline that has passed, or everything if the caller has gone. */
    static void unwind(AsyncEngine<?> engine) {
        int to = engine.isDone() ? 0 : AsyncDeadlines.outermostPassed(engine);
        if (to < 0 || engine.depth < to) {
            return;
        }
        AsyncStages.giveUpSubstitutes(engine);
        if (engine.inward) {
            engine.ended(null, new GivenUp());
        }
        if (engine.depth < engine.chain.policies.length) {
            // A loop that was waiting stands at its own depth.
            AsyncLoops.unwind(engine, engine.depth);
        }
        while (engine.depth > to) {
            int level = --engine.depth;
            Policy<?> policy = engine.chain.policies[level];
            if (policy instanceof Gate gate) {
                engine.gates.leave(engine, level, gate);
            } else if (policy instanceof Deadline deadline) {
                AsyncDeadlines.leave(engine, level, deadline);
            } else if (policy instanceof Around) {
                engine.watchEnds(level);
            } else {
                AsyncLoops.unwind(engine, level);
            }
        }
        engine.unwound(to);
    }
}
