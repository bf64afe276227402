// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import dev.holdfast.chaos.Arming;
import dev.holdfast.chaos.Chaos;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** What faults cost a call that they do not come to: while they are off, and while they are armed. */
public class Chaoses extends Profile {
    private Chaos off;
    private Chaos armed;

    /** Builds them. */
    @Setup
    public void setUp() {
        off = chaos();
        armed = chaos();
        Arming.forADay(armed);
    }

    private static Chaos chaos() {
        return Chaos.builder("chaos")
                .fail(1, IllegalStateException::new)
                .every(Integer.MAX_VALUE)
                .build();
    }

    @Benchmark
    public String offHoldfast() {
        return off.call(Work.ANSWER);
    }

    @Benchmark
    public String armedHoldfast() {
        return armed.call(Work.ANSWER);
    }
}
