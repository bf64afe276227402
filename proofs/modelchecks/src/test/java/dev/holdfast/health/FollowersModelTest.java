// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import dev.holdfast.Detector;
import dev.holdfast.modelchecks.Models;
import java.util.List;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FollowersModelTest {
    /** What happens under the lock of a node, where no other thread can be. */
    static final class UnderLock {
        private UnderLock() {}

        static void becomes(Watched<String> node, boolean isUp) {
            node.lock.lock();
            try {
                node.becomes(isUp, "");
            } finally {
                node.lock.unlock();
            }
        }

        static boolean isDown(Watched<String> node) {
            node.lock.lock();
            try {
                return node.isDown();
            } finally {
                node.lock.unlock();
            }
        }
    }

    /** What one who follows was told last, and whether that was ever the same twice. */
    static final class Heard implements Detector.Watcher<String> {
        boolean isDown;
        boolean isTwice;

        @Override
        public void changed(String node, boolean isUp, String why) {
            isTwice |= isDown != isUp;
            isDown = !isUp;
        }
    }

    /** One node goes down and comes up; one follows from the start, and one begins meanwhile. */
    public static class Model {
        final Followers<String> followers = new Followers<>();
        final Watched<String> node = new Watched<>("a", followers);
        private final Heard first = new Heard();
        final Heard late = new Heard();
        private boolean isFollowing;

        public Model() {
            followers.add(first, List.of(node));
        }

        @Operation
        public void down() {
            becomes(false);
        }

        @Operation
        public void up() {
            becomes(true);
        }

        private void becomes(boolean isUp) {
            UnderLock.becomes(node, isUp);
            followers.tell();
        }

        @Operation(runOnce = true)
        public void follow() {
            isFollowing = true;
            begin();
        }

        void begin() {
            followers.add(late, List.of(node));
        }

        @Validate
        public void allKnow() {
            boolean isDown = UnderLock.isDown(node);
            if (first.isTwice || first.isDown != isDown) {
                throw new AssertionError("the first one");
            }
            if (late.isTwice || isFollowing && late.isDown != isDown) {
                throw new AssertionError("the late one");
            }
        }
    }

    /** Looks at who is down, and is on the list afterwards. */
    public static class LooksFirst extends Model {
        @Override
        void begin() {
            boolean isDown = UnderLock.isDown(node);
            followers.add(late, isDown ? List.of(node) : List.of());
        }
    }

    /** Lincheck does not see who holds a lock of the JDK: what is done under one is done at once. */
    private static ModelCheckingOptions options() {
        return Models.options()
                .addGuarantee(
                        forClasses(FollowersModelTest::isUnderLock).allMethods().treatAsAtomic());
    }

    private static boolean isUnderLock(String type) {
        return type.equals(UnderLock.class.getName()) || type.equals(Watched.class.getName());
    }

    @Test
    @DisplayName("FD-7 each who follows hears down and up by turns, and in the end what is, also if he comes meanwhile")
    void followers() {
        options().check(Model.class);
    }

    @Test
    @DisplayName("FD-7 negative control: who looks before he is on the list misses something")
    void mutant() {
        // It is missed only by who comes between the look and the list, and by the last change.
        Models.caught(
                "the late one",
                () -> options()
                        .iterations(30)
                        .invocationsPerIteration(200)
                        .actorsBefore(0)
                        .actorsPerThread(2)
                        .actorsAfter(0)
                        .check(LooksFirst.class));
    }
}
