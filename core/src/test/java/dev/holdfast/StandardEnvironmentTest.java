// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.VirtualTime;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which environment policies get that are not told one. */
class StandardEnvironmentTest {
    private final StandardEnvironment standard = new StandardEnvironment();
    private final VirtualTime time = VirtualTime.create();

    @Test
    @DisplayName("the one that was set before anybody asked, for good")
    void set() {
        standard.set(time);
        assertThat(standard.get()).isSameAs(time);
        assertThatThrownBy(() -> standard.set(Environment.system()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected: once, before the first policy is built")
                .cause()
                .hasMessageContaining("was set here");
        assertThat(standard.get()).isSameAs(time);
    }

    @Test
    @DisplayName("the system's if nobody has set one, and setting one then says who asked first")
    void tooLate() {
        assertThat(standard.get()).isSameAs(Environment.system());
        assertThatThrownBy(() -> standard.set(time))
                .isInstanceOf(IllegalStateException.class)
                .cause()
                .hasMessageContaining("a policy was built here")
                .satisfies(cause -> assertThat(cause.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("tooLate")));
    }

    @Test
    @DisplayName("while building for another one, that; nested, the innermost; afterwards as before, also if it throws")
    void building() {
        VirtualTime other = VirtualTime.create();
        standard.whileBuilding(time, () -> {
            assertThat(standard.get()).isSameAs(time);
            standard.whileBuilding(other, () -> assertThat(standard.get()).isSameAs(other));
            assertThat(standard.get()).isSameAs(time);
            return null;
        });
        assertThatThrownBy(() -> standard.whileBuilding(time, () -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
        assertThat(standard.get()).isSameAs(Environment.system());
    }

    @Test
    @DisplayName("that of the process is what policies of a pipeline without any get")
    void ofProcess() {
        assertThat(time.building(() -> Pipeline.of()).environment()).isSameAs(time);
        assertThat(Pipeline.of().environment()).isSameAs(Environment.standard());
    }
}
