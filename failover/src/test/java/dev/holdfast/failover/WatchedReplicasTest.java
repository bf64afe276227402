// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Detector;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WatchedReplicasTest {
    @Test
    @DisplayName("who follows is told that a node which was down has left the list, and not that it is up")
    void leaves() {
        Replicas<String> replicas = Replicas.of("plain", List.of("a", "b", "c"));
        List<String> heard = new ArrayList<>();
        replicas.follow(new Detector.Watcher<String>() {
            @Override
            public void changed(String node, boolean isUp, String why) {
                heard.add(node + " " + isUp);
            }

            @Override
            public void gone(String node, String why) {
                heard.add(node + " " + why);
            }
        });
        replicas.drain("c");
        replicas.replace(List.of("a", "b"));

        assertThat(heard).containsExactly("c false", "c not in the list any more");
    }
}
