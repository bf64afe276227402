// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What happens to the server. */
enum Scenario {
    /** The process is stopped and goes on later. */
    STALL(5) {
        @Override
        void begin(ServerProcess server, World world) {
            server.stop();
        }

        @Override
        void end(ServerProcess server, World world) {
            server.goOn();
        }
    },
    /** Each request takes a few times as long. */
    BROWNOUT(10) {
        @Override
        void begin(ServerProcess server, World world) {
            server.serviceMillis(world.serviceMillis() * world.factor());
        }

        @Override
        void end(ServerProcess server, World world) {
            server.serviceMillis(world.serviceMillis());
        }
    },
    /** Nothing: what a policy costs while it is not needed, and in its first seconds. */
    HEALTHY(0) {
        @Override
        void begin(ServerProcess server, World world) {}

        @Override
        void end(ServerProcess server, World world) {}
    };

    final int faultSeconds;

    Scenario(int faultSeconds) {
        this.faultSeconds = faultSeconds;
    }

    abstract void begin(ServerProcess server, World world);

    abstract void end(ServerProcess server, World world);

    /**
     * The one that has this title.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Scenario named(String title) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.title().equals(title))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("scenario: " + title + " (expected: one of "
                        + Arrays.stream(values()).map(Scenario::title).collect(Collectors.joining(", ")) + ")"));
    }

    String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
