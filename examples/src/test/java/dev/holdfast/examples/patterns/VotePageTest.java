// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.examples.patterns.Shop.Order;
import dev.holdfast.examples.patterns.VotePage.Price;
import dev.holdfast.examples.patterns.VotePage.Route;
import dev.holdfast.examples.readme.Inventory.Sku;
import dev.holdfast.quorum.NoQuorumException;
import dev.holdfast.quorum.Vote;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the page on the vote shows does what the page says. */
@Timeout(60)
class VotePageTest {
    private static final Sku ITEM = new Sku("4711");
    private static final Order ORDER = new Order("17");

    private final VotePage page = new VotePage();

    @Test
    void oneMayLie() {
        assertThat(page.smallest(item -> new Price(7, 1), item -> new Price(999, 2), item -> new Price(7, 3), ITEM)
                        .amount())
                .isEqualTo(7);
    }

    @Test
    void whereNoTwoSayTheSameNothingIsBelieved() {
        assertThatThrownBy(() ->
                        page.smallest(item -> new Price(1, 1), item -> new Price(2, 1), item -> new Price(3, 1), ITEM))
                .isInstanceOf(NoQuorumException.class)
                .hasMessageContaining("dissenting 'first', 'second', 'third'");
    }

    @Test
    void versionsVote() {
        assertThat(page.versions(
                        order -> new Route(List.of("a")),
                        order -> new Route(List.of("a")),
                        order -> new Route(List.of("b")),
                        ORDER))
                .isEqualTo(new Route(List.of("a")));
    }

    @Test
    void sizesAreThoseOfThePage() {
        assertThat(Vote.builder("v", String.class)
                        .over("a", "b", "c", "d")
                        .tolerateLiars(1)
                        .needEqual(Vote.byzantineQuorum(4, 1))
                        .build()
                        .toString())
                .contains("3 equal of 4");
        assertThat(Vote.builder("v", String.class)
                        .over("a", "b", "c", "d", "e", "f", "g")
                        .tolerateLiars(2)
                        .needEqual(Vote.byzantineQuorum(7, 2))
                        .build()
                        .toString())
                .contains("5 equal of 7");
        assertThatThrownBy(() -> Vote.builder("v", String.class).over("a", "b").build())
                .isInstanceOf(IllegalArgumentException.class);
    }
}
