// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.WorkThreads;
import java.util.concurrent.Executor;

/**
 * The threads on which all quorums and votes ask nodes, unless they are given some. Whoever gets none is told so, and does not wait: a node
 * that hangs holds its threads, and must not hold up the others.
 */
final class NodeThreads {
    private static final int MOST = 2_000;
    /** Before, a virtual thread that waits in a synchronized block, as many clients do, holds its carrier. */
    private static final int FIRST_WITH_GOOD_VIRTUAL_THREADS = 24;

    static final Executor SHARED = Runtime.version().feature() >= FIRST_WITH_GOOD_VIRTUAL_THREADS
            ? WorkThreads.virtual("holdfast-node-")
            : WorkThreads.direct("holdfast-node-", MOST);

    private NodeThreads() {}
}
