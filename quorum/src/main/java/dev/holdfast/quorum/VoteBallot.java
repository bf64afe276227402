// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Heat;
import dev.holdfast.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One call of a {@link Vote}: which answers are the same.
 *
 * @param <T> what the nodes are
 */
final class VoteBallot<T> extends Ballot<T> {
    private static final int NONE = -1;

    /** Answers that are the same: a bit for each place of a node that has given one. */
    private record Group(Optional<Object> key, int places) {
        Group with(int place) {
            return new Group(key, places | 1 << place);
        }

        boolean has(Node<?> node) {
            return (places >>> node.place & 1) != 0;
        }

        int size() {
            return Integer.bitCount(places);
        }

        /** The place of the node that was listed first. */
        int first() {
            return Integer.numberOfTrailingZeros(places);
        }
    }

    /** Says which answers are the same. Neither of the two throws. */
    interface Judge {
        /** None for an answer that is the same as no other. */
        Optional<Object> keyOf(Outcome<?> outcome);

        boolean areSame(Object key, Object other);
    }

    private final Judge judge;
    /** The group of each attempt. */
    private final int[] groupOf = new int[Roster.MOST];

    private final List<Group> groups = new ArrayList<>(1);
    private int leading = NONE;
    /** With the answers that came after the decision. */
    private final AtomicReference<@Nullable List<Group>> withLate = new AtomicReference<>();

    VoteBallot(Roster<T> roster, int need, Judge judge) {
        super(roster, need);
        this.judge = judge;
        Arrays.fill(groupOf, NONE);
    }

    @Override
    int countAccepted(Heat<?> heat) {
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            Outcome<?> answer = isAnswer(heat, attempt) && groupOf[attempt] == NONE ? heat.outcome(attempt) : null;
            if (answer != null) {
                groupOf[attempt] = add(groups, judge.keyOf(answer), nodeOf(heat, attempt).place);
            }
        }
        leading = leading(groups);
        return leading == NONE ? 0 : groups.get(leading).size();
    }

    private int add(List<Group> groups, Optional<Object> key, int place) {
        for (int i = 0; key.isPresent() && i < groups.size(); i++) {
            if (isSame(key, groups.get(i).key)) {
                groups.set(i, groups.get(i).with(place));
                return i;
            }
        }
        groups.add(new Group(key, 1 << place));
        return groups.size() - 1;
    }

    /** The largest; of several the one with the node that was listed first. */
    private static int leading(List<Group> groups) {
        int leading = NONE;
        for (int i = 0; i < groups.size(); i++) {
            Group group = groups.get(i);
            Group best = leading == NONE ? null : groups.get(leading);
            if (best == null
                    || group.size() > best.size()
                    || (group.size() == best.size() && group.first() < best.first())) {
                leading = i;
            }
        }
        return leading;
    }

    /** Where no group is large enough nobody knows who is right. */
    @Override
    boolean isAccepted(int attempt) {
        return isReached() && groupOf[attempt] == leading;
    }

    Optional<Object> keyOf(Outcome<?> outcome) {
        return judge.keyOf(outcome);
    }

    /** Whether others agree as well, on something else, and would be enough. */
    boolean isContradicted() {
        return isContradicted(groups);
    }

    private boolean isContradicted(List<Group> all) {
        int enough = 0;
        for (int i = 0; i < all.size(); i++) {
            enough += all.get(i).size() >= need ? 1 : 0;
        }
        return enough > 1;
    }

    boolean isSame(Optional<Object> key) {
        return isSame(key, groups.get(leading).key);
    }

    private boolean isSame(Optional<Object> key, Optional<Object> other) {
        return key.isPresent() && other.isPresent() && judge.areSame(key.get(), other.get());
    }

    /** Which nodes agree on what, for groups that are large enough: their names. */
    List<List<String>> groupsThatAgree() {
        List<Group> late = withLate.get();
        List<List<String>> agree = new ArrayList<>();
        for (Group group : late == null ? groups : late) {
            if (group.size() >= need) {
                agree.add(
                        roster.nodes.stream().filter(group::has).map(Node::name).toList());
            }
        }
        return List.copyOf(agree);
    }

    /**
     * An answer has come after the decision.
     *
     * @return whether {@link #isContradicted} holds because of it, and has not held before
     */
    boolean contradicts(Optional<Object> key, int place) {
        while (true) {
            List<Group> late = withLate.get();
            List<Group> before = late == null ? groups : late;
            List<Group> after = new ArrayList<>(before);
            add(after, key, place);
            if (withLate.compareAndSet(late, after)) {
                return !isContradicted(before) && isContradicted(after);
            }
        }
    }
}
