// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.patterns.VotePage.Planner;
import dev.holdfast.examples.patterns.VotePage.Route;
import dev.holdfast.quorum.NotAcceptedException;
import dev.holdfast.quorum.RecoveryBlock;
import dev.holdfast.timeout.Timeout;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the page on the recovery block shows does what the page says. */
@org.junit.jupiter.api.Timeout(60)
class RecoveryBlockPageTest {
    private static final Order ORDER = new Order("17");
    private static final Planner NOWHERE = order -> new Route(List.of());
    private static final Planner SOMEWHERE = order -> new Route(List.of("a"));
    private static final Planner FAR = order -> new Route(Collections.nCopies(10, "a"));

    private final RecoveryBlockPage page = new RecoveryBlockPage();

    @Test
    void theExactPlannerHelps() {
        assertThat(page.smallest(NOWHERE, SOMEWHERE, ORDER).isFeasible()).isTrue();
        assertThatThrownBy(() -> page.smallest(NOWHERE, NOWHERE, ORDER))
                .isInstanceOf(NotAcceptedException.class)
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(1));
    }

    @Test
    void oneHasATestOfItsOwn() {
        RecoveryBlock<Planner, Route> plan = page.named(FAR, SOMEWHERE);
        assertThat(plan.call(planner -> planner.plan(ORDER)).stops()).hasSize(1);
        assertThat(page.named(FAR, FAR).call(planner -> planner.plan(ORDER)).stops())
                .hasSize(10);
        assertThat(plan.counts().accepted()).containsExactly(0L, 1L);
    }

    @Test
    void policiesStandAroundAndInside() {
        assertThat(page.within(
                                RecoveryBlock.of("plan", Route::isFeasible, NOWHERE::plan, SOMEWHERE::plan),
                                Timeout.of("whole", Duration.ofSeconds(10)),
                                Timeout.of("each", Duration.ofSeconds(5)),
                                ORDER)
                        .isFeasible())
                .isTrue();
    }
}
