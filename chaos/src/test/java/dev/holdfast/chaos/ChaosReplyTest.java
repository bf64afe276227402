// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Classifier;
import dev.holdfast.Pipeline;
import dev.holdfast.testkit.Script;
import dev.holdfast.testkit.VirtualTime;
import dev.holdfast.testkit.Way;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
@ExtendWith(Trial.class)
class ChaosReplyTest {
    private final VirtualTime time = VirtualTime.create();
    private final Script<String> work = Script.<String>of(time).gives("stock");

    private ChaosReply.Builder<String> reply() {
        return ChaosReply.<String>builder("reply").environment(time);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-7 a reply is lost after the work was done, once")
    void loses(Way way) {
        ChaosReply<String> reply = reply().lose(1, () -> new IOException("no reply"))
                .alter(1, stock -> "altered")
                .build();
        List<FaultInjected> told = new ArrayList<>();
        reply.on(FaultInjected.class, told::add);
        Armed armed = Trial.terms(time).arm(reply);
        Throwable failure = way.call(reply, work).failure();
        assertThat(failure).isInstanceOf(IOException.class).hasMessage("no reply");
        assertThat(Chaos.isInjected(failure)).isTrue();
        assertThat(work.calls()).isEqualTo(1);
        assertThat(armed.injected(Fault.LOSE)).isEqualTo(1);
        assertThat(armed.injected(Fault.ALTER)).isZero();
        assertThat(told).extracting(FaultInjected::failure).containsExactly(failure);
        armed.disarm();
        assertThat(way.call(reply, work).result()).contains("stock");
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("CH-7 a result is altered after the work was done, once, whatever the pipeline's rules say of it")
    void alters(Way way) {
        ChaosReply<String> reply =
                reply().alter(1, stock -> stock + ", altered").build();
        Armed armed = Trial.terms(time).arm(reply);
        Pipeline<String> pipeline = Pipeline.<String>of(reply).classifying(Classifier.standard());
        assertThat(way.call(pipeline, work).result()).contains("stock, altered");
        assertThat(work.calls()).isEqualTo(1);
        assertThat(armed.injected(Fault.ALTER)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("calls that fail by themselves are left alone, and not counted")
    void ownFailures(Way way) {
        IOException own = new IOException("own");
        Script<String> failing = Script.<String>of(time).fails(own);
        ChaosReply<String> reply =
                reply().lose(1, () -> new IOException("no reply")).build();
        Armed armed = Trial.terms(time).arm(reply);
        assertThat(way.call(reply, failing).failure()).isSameAs(own);
        assertThat(armed.matched()).isZero();
        assertThat(armed.injected()).isZero();
    }

    @Test
    @DisplayName("a call without a result can lose its reply, and is never altered")
    void withoutResult() {
        AtomicInteger done = new AtomicInteger();
        ChaosReply<Object> altering = ChaosReply.builder("altering")
                .environment(time)
                .alter(1, any -> "altered")
                .build();
        Armed armed = Trial.terms(time).arm(altering);
        altering.run(done::incrementAndGet);
        assertThat(armed.injected()).isZero();
        ChaosReply<Object> losing = ChaosReply.builder("losing")
                .environment(time)
                .lose(1, () -> new IllegalStateException("no reply"))
                .build();
        Trial.terms(time).arm(losing);
        assertThatThrownBy(() -> losing.run(done::incrementAndGet)).hasMessage("no reply");
        assertThat(done).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("what changes a result and throws changes nothing; what has no room is not injected, and is counted")
    void throwsAndOverflows(Way way) {
        ChaosReply<String> broken = reply().alter(1, stock -> {
                    throw new IllegalStateException("change");
                })
                .build();
        Armed armed = Trial.terms(time).arm(broken);
        assertThat(way.call(broken, work).result()).contains("stock");
        assertThat(armed.injected()).isZero();
        ChaosReply<String> reply = ChaosReply.<String>builder("other")
                .environment(time)
                .lose(1, () -> new IOException("no reply"))
                .build();
        Armed capped = Trial.terms(time, Trial.LONG, new Blast(1, 1)).arm(reply);
        assertThat(way.call(reply, work).isFailure()).isTrue();
        assertThat(way.call(reply, work).result()).contains("stock");
        assertThat(capped.injected()).isEqualTo(1);
        assertThat(capped.overflow()).isEqualTo(1);
    }
}
