// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.hedge.Hedge;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * A call that ends long before a second attempt would start: what hedging costs when it is not needed. No peer on the JVM has released one; a
 * timeout, which needs a timer as well, is the measure.
 */
public class Hedges extends Profile {
    private Hedge<Object> hedge;

    /** Builds it. */
    @Setup
    public void setUp() {
        hedge = Hedge.ofRepeatable("hedge");
    }

    @Benchmark
    public String inTimeHoldfast() {
        return hedge.call(Work.ANSWER);
    }
}
