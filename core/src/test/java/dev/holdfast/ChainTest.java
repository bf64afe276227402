// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static dev.holdfast.Lab.ms;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How the engines read a pipeline: what costs time is decided here, once, and not in each call. */
class ChainTest {
    private final Lab lab = new Lab();

    private Chain chain(Policy<?>... policies) {
        return new Chain(lab.gate("chain"), List.of(policies), Terms.NONE);
    }

    private Policy<?>[] gates(int count) {
        return lab.gates(count);
    }

    private Lab.TracedGate elsewhere() {
        Lab.TracedGate gate = lab.gate("x");
        gate.executor = Runnable::run;
        return gate;
    }

    @Test
    void gatesThatFollowEachOtherFormGroupsOfFour() {
        Chain chain = chain(gates(6));

        assertThat(chain.groupEnd).containsExactly(4, 4, 4, 4, 6, 6);
        assertThat(chain.kinds)
                .containsExactly(
                        Chain.GATES, Chain.GATES, Chain.GATES, Chain.GATE, Chain.GATES, Chain.GATE, Chain.WORK);
    }

    @Test
    void whatStandsBetweenGatesEndsAGroup() {
        for (Policy<?> between : List.of(lab.loop("l", 1, ms(1)), lab.deadline("d", ms(1)), elsewhere())) {
            Lab.TracedGate[] gates = lab.gates(4);
            Chain chain = chain(gates[0], gates[1], between, gates[2], gates[3]);

            assertThat(chain.groupEnd).as("%s", between).containsExactly(2, 2, 3, 5, 5);
        }
    }

    @Test
    void loopsAroundGatesAreQuick() {
        Lab.TracedLoop loop = lab.loop("l", 1, ms(1));
        Lab.TracedGate gate = lab.gate("g");

        assertThat(chain().isQuick).isTrue();
        assertThat(chain(loop, loop, gate, gate).leadingLoops).isEqualTo(2);
        assertThat(chain(loop, loop, gate, gate).isQuick).isTrue();
        assertThat(chain(gate, loop, gate).isQuick).isFalse();
        assertThat(chain(gate, loop).leadingLoops).isZero();
        assertThat(chain(loop, gate, elsewhere()).isQuick).isFalse();
        assertThat(chain(lab.recovery("r", "other")).isQuick).isFalse();
    }

    @Test
    void whatIsCarriedAlongOrDiscardedIsNotQuick() {
        Discards discards = new Discards(lab.gate("g"), value -> {});
        assertThat(new Chain(lab.gate("chain"), List.of(), Terms.NONE.discardingTo(discards)).isQuick)
                .isFalse();
        lab.environment.context = ThreadContext.classLoader();
        assertThat(chain(gates(1)).isQuick).isFalse();
    }

    @Test
    void aDeadlineIsOnItsCallersThreadUnlessItHasAnExecutor() {
        Lab.TracedDeadline deadline = lab.deadline("d", ms(1));
        assertThat(chain(lab.gate("g"), deadline).hasDeadline).isTrue();
        deadline.executor = Runnable::run;
        assertThat(chain(lab.gate("g"), deadline).hasDeadline).isFalse();
        assertThat(chain(gates(3)).hasDeadline).isFalse();
    }

    @Test
    void gatesDirectlyAroundADeadlineGuardIt() {
        Lab.TracedGate[] gates = lab.gates(4);
        Chain chain = chain(gates[0], elsewhere(), gates[1], gates[2], lab.deadline("d", ms(1)), gates[3]);

        assertThat(chain.guardedFrom(4)).isEqualTo(2);
        assertThat(chain.hasGuards).isTrue();
        assertThat(Arrays.stream(chain.place).map(place -> place < 0 ? 0 : 1)).containsExactly(0, 0, 1, 1, 1, 0);
        assertThat(chain(gates[0], lab.loop("l", 1, ms(1)), lab.deadline("d", ms(1))).hasGuards)
                .isFalse();
    }

    @Test
    void measuringGatesAreKeptWhereCallsMayWaitBehindTheirGroup() {
        Lab.TracedGate[] gates = lab.gates(4);
        gates[1].measures = true;

        assertThat(chain(gates).hasGuards).isFalse();
        assertThat(chain(gates[1], lab.deadline("d", ms(1))).hasGuards)
                .as("guards it")
                .isTrue();
        assertThat(chain(gates[1], lab.recovery("r", "other")).hasGuards).isFalse();
        assertThat(chain(gates[1], lab.recovery("r", "other"), gates[2]).hasGuards)
                .isTrue();
        assertThat(chain(gates[1], lab.loop("l", 1, ms(1))).hasGuards).isTrue();
        assertThat(chain(gates[0], lab.loop("l", 1, ms(1)), gates[1]).hasGuards).isFalse();
    }

    @Test
    @DisplayName("A policy that wants arguments gets them, wherever it stands, and costs calls without one nothing")
    void wantsArgument() {
        Gate wanting = new CountingGate("w", lab.environment) {
            @Override
            protected boolean wantsArgument() {
                return true;
            }
        };
        for (Chain chain : List.of(chain(wanting, lab.gate("g")), chain(lab.gate("g"), wanting))) {
            assertThat(chain.newCall(false, Work.FUNCTION, this, "a", null).argument())
                    .hasValue("a");
            assertThat(chain.newCall(false, Work.BI_FUNCTION, this, "a", "b").argument())
                    .hasValue(List.of("a", "b"));
            assertThat(chain.newCall(false, Work.SUPPLIER, this, null, null)).isNull();
        }
        Chain other = chain(gates(1));
        assertThat(other.newCall(false, Work.FUNCTION, this, "a", null)).isNull();
        assertThat(other.newCall(true, Work.SUPPLIER, this, null, null).argument())
                .isEqualTo(Optional.empty());
        assertThat(other.newCall(false, Work.WITH_CALL, this, null, null)).isNotNull();
    }
}
