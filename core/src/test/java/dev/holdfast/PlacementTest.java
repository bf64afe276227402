// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What policies have to say on their places in a pipeline, and what they are asked. */
class PlacementTest {
    private final Lab lab = new Lab();

    /** Writes down what it is asked. */
    private final class Asked extends FifoGate {
        final List<List<Policy<?>>> outside = new ArrayList<>();
        final List<List<Policy<?>>> inside = new ArrayList<>();

        Asked() {
            super(lab.environment, 1, 0);
        }

        @Override
        protected String misplaced(List<Policy<?>> around, List<Policy<?>> within) {
            outside.add(List.copyOf(around));
            inside.add(List.copyOf(within));
            throw new IllegalStateException("whatever it has to say, the pipeline is built");
        }
    }

    @Test
    @DisplayName("A pipeline asks each of its policies once, and tells it what is outside and inside of it")
    void asked() {
        Asked first = new Asked();
        Asked second = new Asked();
        Lab.TracedGate last = lab.gate("last");
        Pipeline.of(first, Pipeline.of(last), second, last);

        assertThat(first.outside).containsExactly(List.of());
        assertThat(first.inside).containsExactly(List.of(last, second, last));
        assertThat(second.outside).containsExactly(List.of(first, last));
        assertThat(second.inside).containsExactly(List.of(last));
    }

    @Test
    @DisplayName("The first policy of a kind is found among others, or none is")
    void first() {
        Policy<?> gate = lab.gate("g");
        Policy<?> loop = lab.loop("r", 1, ms(0));
        Policy<?> another = lab.loop("s", 1, ms(0));
        assertThat(Policy.first(List.of(gate, loop, another), Loop.class)).isSameAs(loop);
        assertThat(Policy.first(List.of(gate, loop), Gate.class)).isSameAs(gate);
        assertThat(Policy.first(List.of(gate, loop), Deadline.class)).isNull();
        assertThat(Policy.first(List.of(), Gate.class)).isNull();
    }

    @Test
    @DisplayName("In the log a policy is its kind and its name; without a kind, its name")
    void title() {
        assertThat(Policy.title(lab.gate("g\nh"))).isEqualTo("TracedGate 'g\\nh'");
        assertThat(Policy.title(new FifoGate(lab.environment, 1, 0) {})).isEqualTo("'fifo'");
    }

    @Test
    @DisplayName("A policy that stands in a pipeline twice has its meters once")
    void metersOnce() {
        Lab.TracedGate gate = lab.gate("gate");
        assertThat(Pipeline.of(gate, gate).meters()).hasToString(gate.meters().toString());
        assertThat(Pipeline.of(gate, lab.gate("another")).meters())
                .hasSize(2 * gate.meters().size());
    }

    @Test
    @DisplayName("BH-6 a deadline that lets go of its work belongs outside of a gate that limits work, not inside")
    void deadlineInsideOfGate() {
        Lab.TracedDeadline deadline = lab.deadline("d", ms(1));
        Lab.TracedGate holding = lab.gate("h");
        holding.holds = true;
        Policy<?> other = lab.gate("o");
        Policy<?> loop = lab.loop("r", 1, ms(0));

        assertThat(deadline.misplaced(List.of(holding), List.of())).isNull();
        deadline.executor = Runnable::run;
        assertThat(deadline.misplaced(List.of(loop, other), List.of(holding))).isNull();
        assertThat(deadline.misplaced(List.of(loop, other, holding), List.of()))
                .startsWith("runs work on other threads")
                .contains("inside of TracedGate 'h'")
                .endsWith("TracedDeadline 'd' belongs outside of TracedGate 'h'");
    }

    @Test
    @DisplayName("By default a policy is well wherever it is")
    void byDefault() {
        assertThat(lab.recovery("f", null).misplaced(List.of(lab.gate("g")), List.of(lab.gate("h"))))
                .isNull();
    }
}
