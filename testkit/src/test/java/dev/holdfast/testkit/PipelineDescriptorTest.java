// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Gate;
import dev.holdfast.Loop;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.PipelineDescriptor.Part;
import dev.holdfast.testkit.PipelineDescriptor.Shape;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PipelineDescriptorTest {
    private final VirtualTime time = VirtualTime.create();
    private final Again again = new Again(time, 3, Duration.ZERO);
    private final Limit limit = new Limit(time, Duration.ofSeconds(1));
    private final PipelineDescriptor descriptor = PipelineDescriptor.of(Pipeline.of(again, Pipeline.of(limit)));

    @Test
    @DisplayName("parts have shape, kind and name, outermost first")
    void parts() {
        assertThat(descriptor.parts())
                .containsExactly(new Part(Shape.LOOP, "Again", "again"), new Part(Shape.DEADLINE, "Limit", "limit"));
        assertThat(descriptor).hasToString("Again 'again' > Limit 'limit'");
        assertThat(PipelineDescriptor.of(limit)).hasToString("Limit 'limit'");
        assertThat(PipelineDescriptor.of(Pipeline.of())).hasToString("");
    }

    @Test
    @DisplayName("who stands outside of whom: all of a kind, or one policy; nobody who is not there")
    void order() {
        assertThat(descriptor.isOutsideOf(Again.class, Limit.class)).isTrue();
        assertThat(descriptor.isOutsideOf(Limit.class, Again.class)).isFalse();
        assertThat(descriptor.isOutsideOf(Gate.class, Limit.class)).isFalse();
        assertThat(descriptor.isOutsideOf(Again.class, Gate.class)).isFalse();
        assertThat(descriptor.isOutsideOf(again, limit)).isTrue();
        assertThat(descriptor.isOutsideOf(limit, again)).isFalse();
        assertThat(descriptor.isOutsideOf(again, new Limit(time, Duration.ZERO)))
                .isFalse();

        Limit total = new Limit(time, Duration.ofSeconds(9));
        PipelineDescriptor both = PipelineDescriptor.of(Pipeline.of(total, again, limit));
        assertThat(both.isOutsideOf(Limit.class, Loop.class)).isFalse();
        assertThat(both.isOutsideOf(Loop.class, Limit.class)).isFalse();
        assertThat(both.isOutsideOf(total, again)).isTrue();
    }

    @Test
    @DisplayName("the outermost of a kind")
    void first() {
        assertThat(descriptor.first(Limit.class)).containsSame(limit);
        assertThat(descriptor.first(Loop.class)).containsSame(again);
        assertThat(descriptor.first(Gate.class)).isEmpty();
        assertThatThrownBy(() -> PipelineDescriptor.of(null)).isInstanceOf(NullPointerException.class);
    }
}
