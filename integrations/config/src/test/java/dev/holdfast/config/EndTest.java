// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Meter;
import dev.holdfast.Permit;
import dev.holdfast.Subscription;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.bulkhead.BulkheadFullException;
import dev.holdfast.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The numbers and the end of guards. */
class EndTest {
    private final VirtualTime time = VirtualTime.create();
    private final Map<String, Object> settings = Map.of(
            "guards",
            Map.of("a", Map.of("retry", 2, "bulkhead", 1), "b", Map.of("bulkhead", 1), "c", Map.of("timeout", "1s")));
    private final Guards guards = Guards.of(settings, time);

    private Bulkhead bulkhead(String guard) {
        return (Bulkhead) guards.get(guard).policies().stream()
                .filter(Bulkhead.class::isInstance)
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName("whoever closes guards closes what can be closed of them: no call goes in, and those inside may end")
    void close() throws Exception {
        Permit inside = bulkhead("b").acquire();
        assertThat(guards.closeAndWait(Duration.ofMillis(10))).isFalse();
        for (String each : new String[] {"a", "b"}) {
            assertThatThrownBy(() -> guards.get(each).run(() -> {}))
                    .isInstanceOfSatisfying(
                            BulkheadFullException.class,
                            refused -> assertThat(refused.why()).isEqualTo(BulkheadFullException.Reason.CLOSED));
        }
        assertThat(guards.get("c").call(() -> "nothing to close")).isEqualTo("nothing to close");
        inside.close();
        assertThat(guards.closeAndWait(Duration.ZERO)).isTrue();
        guards.close();
        assertThatThrownBy(() -> guards.reload(settings))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("reload: these guards are closed");
    }

    @Test
    @DisplayName("a guard that a reload leaves out is not closed, and goes on for who has its pipeline")
    void leftOut() {
        Bulkhead there = bulkhead("b");
        guards.reload(Map.of("guards", Map.of("a", Map.of("bulkhead", 1))));
        guards.close();
        assertThat(there.call(() -> "goes on")).isEqualTo("goes on");
    }

    @Test
    @DisplayName("the meters of guards are those of all their policies")
    void meters() {
        guards.get("a").run(() -> {});
        assertThat(guards.meters())
                .extracting(Meter::labels)
                .extracting(labels -> labels.get("holdfast.policy"))
                .contains("a", "b", "c/timeout");
        assertThat(guards.meters())
                .hasSize(guards.get("a").meters().size()
                        + guards.get("b").meters().size()
                        + guards.get("c").meters().size());
    }

    @Test
    @DisplayName("who shows the meters of guards hears of each reload, and a policy that stays keeps its meters")
    void metersChange() {
        List<String> heard = new ArrayList<>();
        guards.onMetersChanged(() -> {
            throw new IllegalStateException("a follower's");
        });
        Subscription following =
                guards.onMetersChanged(() -> heard.add(guards.meters().size() + " meters"));
        List<Meter> before = guards.meters();
        assertThat(guards.meters()).containsExactlyElementsOf(before);
        Map<String, Object> only = Map.of("guards", Map.of("a", Map.of("bulkhead", 1)));
        guards.reload(only);
        List<Meter> after = guards.meters();
        assertThat(heard).containsExactly(after.size() + " meters");
        assertThat(before).containsAll(after).hasSizeGreaterThan(after.size());
        following.cancel();
        guards.reload(only);
        assertThat(heard).hasSize(1);
    }
}
