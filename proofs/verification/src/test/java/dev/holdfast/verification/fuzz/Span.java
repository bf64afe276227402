// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.fuzz;

import com.code_intelligence.jazzer.mutation.annotation.InRange;
import java.time.Duration;

/** Any duration that there is, in parts that a fuzzer knows how to make. */
public record Span(
        long seconds, @InRange(min = 0, max = 999_999_999) int nanos) {
    static Span of(Duration duration) {
        return new Span(duration.getSeconds(), duration.getNano());
    }

    Duration duration() {
        return Duration.ofSeconds(seconds, nanos);
    }
}
