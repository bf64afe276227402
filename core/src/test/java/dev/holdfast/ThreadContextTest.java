// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.spi.MDCAdapter;

class ThreadContextTest {
    private final List<String> trace = new ArrayList<>();
    private final ThreadLocal<String> local = new ThreadLocal<>();

    private ThreadContext traced(String name, String failsAt) {
        return () -> {
            step("capture " + name, failsAt);
            return () -> {
                step("restore " + name, failsAt);
                return () -> step("undo " + name, failsAt);
            };
        };
    }

    private void step(String step, String failsAt) {
        trace.add(step);
        if (step.equals(failsAt)) {
            throw new IllegalStateException(step);
        }
    }

    @Test
    @DisplayName("XC-3 a ThreadLocal's value is restored, and what was there before comes back")
    void threadLocal() {
        local.set("caller");
        ThreadContext.Snapshot snapshot = ThreadContext.of(local).capture();
        local.set("other");
        try (ThreadContext.Restored restored = snapshot.restore()) {
            assertThat(restored).isNotNull();
            assertThat(local.get()).isEqualTo("caller");
            local.set("changed by the callback");
        }
        assertThat(local.get()).isEqualTo("other");
        try (ThreadContext.Restored again = snapshot.restore()) {
            assertThat(again).isNotNull();
            assertThat(local.get()).isEqualTo("caller");
        }
    }

    @Test
    @DisplayName("XC-3 where there was no value, it is removed, not set to null: an initial value shows again")
    void absentValues() {
        ThreadLocal<String> defaulted = ThreadLocal.withInitial(() -> "initial");
        defaulted.set(null);
        ThreadContext.Snapshot nothing = ThreadContext.of(defaulted).capture();
        defaulted.set("thread");
        try (ThreadContext.Restored restored = nothing.restore()) {
            assertThat(restored).isNotNull();
            assertThat(defaulted.get()).isEqualTo("initial");
        }
        assertThat(defaulted.get()).isEqualTo("thread");
    }

    @Test
    @DisplayName("none() carries nothing and is one shared instance")
    void none() {
        assertThat(ThreadContext.none()).isSameAs(ThreadContext.none());
        local.set("other");
        try (ThreadContext.Restored restored = ThreadContext.none().capture().restore()) {
            assertThat(restored).isNotNull();
            assertThat(local.get()).isEqualTo("other");
        }
    }

    @Test
    @DisplayName("all() restores in the order given and undoes in reverse")
    void allInOrder() {
        ThreadContext all = ThreadContext.all(traced("a", ""), traced("b", ""), traced("c", ""));
        all.capture().restore().close();
        assertThat(trace)
                .containsExactly(
                        "capture a",
                        "capture b",
                        "capture c",
                        "restore a",
                        "restore b",
                        "restore c",
                        "undo c",
                        "undo b",
                        "undo a");
        ThreadContext.all().capture().restore().close();
    }

    @Test
    @DisplayName("all() undoes what it has restored when a further context cannot be restored")
    void allRestoreFails() {
        ThreadContext.Snapshot snapshot = ThreadContext.all(
                        traced("a", ""), traced("b", ""), traced("c", "restore c"), traced("d", ""))
                .capture();
        trace.clear();
        assertThatThrownBy(snapshot::restore).hasMessage("restore c");
        assertThat(trace).containsExactly("restore a", "restore b", "restore c", "undo b", "undo a");
    }

    @Test
    @DisplayName("all() undoes the rest when one context fails to be undone")
    void allUndoFails() {
        ThreadContext.Restored restored = ThreadContext.all(traced("a", ""), traced("b", "undo b"), traced("c", ""))
                .capture()
                .restore();
        trace.clear();
        assertThatThrownBy(restored::close).hasMessage("undo b");
        assertThat(trace).containsExactly("undo c", "undo b", "undo a");
    }

    @Test
    @DisplayName("mdc() carries the logging context, and the thread has its own again afterwards")
    void mdc() throws Exception {
        withMdcAdapter(new BasicMDCAdapter(), () -> {
            MDC.put("request", "1");
            ThreadContext.Snapshot snapshot = ThreadContext.mdc().capture();
            MDC.clear();
            ThreadContext.Snapshot empty = ThreadContext.mdc().capture();
            MDC.put("request", "2");
            MDC.put("user", "other");
            try (ThreadContext.Restored restored = snapshot.restore()) {
                assertThat(restored).isNotNull();
                assertThat(MDC.getCopyOfContextMap()).isEqualTo(Map.of("request", "1"));
                MDC.put("request", "changed by the callback");
            }
            assertThat(MDC.getCopyOfContextMap()).isEqualTo(Map.of("request", "2", "user", "other"));
            try (ThreadContext.Restored restored = empty.restore()) {
                assertThat(restored).isNotNull();
                assertThat(MDC.get("request")).isNull();
            }
            assertThat(MDC.get("request")).isEqualTo("2");
            try (ThreadContext.Restored restored = snapshot.restore()) {
                assertThat(restored).isNotNull();
                assertThat(MDC.get("request")).isEqualTo("1");
            }
            MDC.clear();
        });
    }

    @Test
    @DisplayName("mdc() does no harm where the logging back end has none")
    void mdcWithoutAdapter() {
        MDC.put("request", "1");
        try (ThreadContext.Restored restored = ThreadContext.mdc().capture().restore()) {
            assertThat(restored).isNotNull();
        }
        MDC.clear();
    }

    private static void withMdcAdapter(MDCAdapter adapter, Runnable test) throws Exception {
        Field field = MDC.class.getDeclaredField("MDC_ADAPTER");
        field.setAccessible(true);
        MDC.getMDCAdapter();
        Object before = field.get(null);
        field.set(null, adapter);
        try {
            test.run();
        } finally {
            field.set(null, before);
        }
    }

    @Test
    @DisplayName("XC-7 null gets an error that names it")
    void badArguments() {
        assertThatThrownBy(() -> ThreadContext.of(null)).hasMessage("local: null (expected: a value)");
        assertThatThrownBy(() -> ThreadContext.all(ThreadContext.none(), null))
                .isInstanceOf(NullPointerException.class);
    }

    /** A value that is there for as long as something runs, as scoped values are. */
    private ThreadContext scoped(String value, String failsAt) {
        return () -> ThreadContext.Snapshot.running(task -> {
            step("begin " + value, failsAt);
            String before = local.get();
            local.set(value);
            try {
                task.run();
            } finally {
                local.set(before);
                step("end " + value, failsAt);
            }
        });
    }

    @Test
    @DisplayName("XC-3 what can only be bound while something runs goes along, also together with what can be restored")
    void running() {
        ThreadContext.Snapshot both = ThreadContext.all(traced("a", ""), scoped("s", ""), traced("b", ""))
                .capture();
        both.run(() -> trace.add("task " + local.get()));
        assertThat(trace)
                .containsExactly(
                        "capture a",
                        "capture b",
                        "restore a",
                        "begin s",
                        "restore b",
                        "task s",
                        "undo b",
                        "end s",
                        "undo a");
        assertThatThrownBy(both::restore)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("restore");
        assertThat(trace).endsWith("restore a", "undo a");
    }

    @Test
    @DisplayName(
            "XC-14 a context that throws before its task keeps it from running, one that throws behind it changes nothing")
    void runningThrows() {
        for (String failsAt : List.of("restore a", "begin s")) {
            trace.clear();
            ThreadContext.Snapshot snapshot = ThreadContext.all(traced("a", failsAt), scoped("s", failsAt))
                    .capture();
            assertThat(Carried.tryWithin(snapshot, "p", () -> trace.add("task")))
                    .isInstanceOf(UnavailableException.class)
                    .hasRootCauseMessage(failsAt);
            assertThat(trace).doesNotContain("task");
            Carried.within(snapshot, "p", () -> trace.add("task"));
            assertThat(trace).endsWith("task");
        }
        for (String failsAt : List.of("undo a", "end s")) {
            trace.clear();
            ThreadContext.Snapshot snapshot = ThreadContext.all(traced("a", failsAt), scoped("s", failsAt))
                    .capture();
            assertThat(Carried.tryWithin(snapshot, "p", () -> trace.add("task")))
                    .isNull();
            assertThat(trace).containsOnlyOnce("task");
            IllegalStateException own = new IllegalStateException("own");
            assertThatThrownBy(() -> Carried.tryWithin(snapshot, "p", () -> {
                        throw own;
                    }))
                    .isSameAs(own);
        }
    }

    @Test
    @DisplayName("XC-14 a context that does not run its task refuses the call, one that runs it twice runs it once")
    void runsOnce() {
        assertThat(Carried.tryWithin(ThreadContext.Snapshot.running(task -> {}), "p", () -> trace.add("task")))
                .hasRootCauseMessage("it has not run its task");
        Carried.within(
                ThreadContext.Snapshot.running(task -> {
                    task.run();
                    task.run();
                }),
                "p",
                () -> trace.add("task"));
        assertThat(trace).containsExactly("task");
    }
}
