// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.drills;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The short form: every case with few calls. The long one is {@link Drill}. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class DrillTest {
    private static final int CALLS = 300;

    @BeforeAll
    static void needsProc() {
        assumeThat(Resources.canBeCounted()).as("/proc/self/fd").isTrue();
    }

    static Stream<Case> cases() {
        return Case.all().stream();
    }

    @ParameterizedTest(name = "BH-1 TO-1 all is back after faults: {0}")
    @MethodSource("cases")
    void allIsBack(Case drilled) throws Exception {
        try {
            Result result = Round.run(drilled, CALLS);

            assertThat(result.faults(Result.Law.WIDE)).as(result.row()).isEqualTo(List.of());
        } catch (CannotRunException absent) {
            Assumptions.abort(absent.getMessage());
        }
    }
}
