// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks.storm;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All contenders, in the order of the tables. */
final class Contenders {
    private Contenders() {}

    static List<Contender> all() {
        return Stream.of(PeerContenders.all(), HoldfastContenders.all())
                .flatMap(List::stream)
                .collect(Collectors.toList());
    }

    /**
     * Those whose ids start with one of some words.
     *
     * @throws IllegalArgumentException if there is none for a word
     */
    static List<Contender> startingWith(List<String> words) {
        List<String> ids = all().stream().map(Contender::id).collect(Collectors.toList());
        for (String word : words) {
            if (ids.stream().noneMatch(id -> id.startsWith(word))) {
                throw new IllegalArgumentException(
                        "contender: " + word + " (expected: the beginning of one of " + String.join(", ", ids) + ")");
            }
        }
        return all().stream()
                .filter(contender -> words.stream().anyMatch(contender.id()::startsWith))
                .collect(Collectors.toList());
    }
}
