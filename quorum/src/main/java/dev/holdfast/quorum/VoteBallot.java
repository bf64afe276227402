// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Heat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of a {@link Vote}: which answers are the same.
 *
 * @param <T> what the nodes are
 */
final class VoteBallot<T> extends Ballot<T> {
    private static final int NONE = -1;

    /** Answers that are the same. */
    private record Group(Optional<Object> key, int size, int place) {
        Group with(int otherPlace) {
            return new Group(key, size + 1, Math.min(place, otherPlace));
        }
    }

    private final Function<@Nullable Object, ? extends Optional<Object>> keys;
    /** The group of each attempt. */
    private final int[] groupOf = new int[Roster.MOST];

    private final List<Group> groups = new ArrayList<>(1);
    private int leading = NONE;
    /** With the answers that came after the decision. */
    private final AtomicReference<@Nullable List<Group>> withLate = new AtomicReference<>();

    /** What is the same has equal keys; none for an answer without one, which is the same as no other. */
    VoteBallot(Roster<T> roster, int need, Function<@Nullable Object, ? extends Optional<Object>> keys) {
        super(roster, need);
        this.keys = keys;
        Arrays.fill(groupOf, NONE);
    }

    @Override
    int countAccepted(Heat<?> heat) {
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            Node<T> node = isAnswer(heat, attempt) && groupOf[attempt] == NONE ? nodeOf(heat, attempt) : null;
            if (node != null) {
                groupOf[attempt] = add(groups, keys.apply(answer(heat, attempt)), node.place);
            }
        }
        leading = leading(groups);
        return leading == NONE ? 0 : groups.get(leading).size;
    }

    private static int add(List<Group> groups, Optional<Object> key, int place) {
        for (int i = 0; key.isPresent() && i < groups.size(); i++) {
            if (groups.get(i).key.equals(key)) {
                groups.set(i, groups.get(i).with(place));
                return i;
            }
        }
        groups.add(new Group(key, 1, place));
        return groups.size() - 1;
    }

    /** The largest; of several the one with the node that was listed first. */
    private static int leading(List<Group> groups) {
        int leading = NONE;
        for (int i = 0; i < groups.size(); i++) {
            Group group = groups.get(i);
            Group best = leading == NONE ? null : groups.get(leading);
            if (best == null || group.size > best.size || (group.size == best.size && group.place < best.place)) {
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

    Optional<Object> keyOf(@Nullable Object answer) {
        return keys.apply(answer);
    }

    /** Whether others agree as well, on something else, and would be enough. */
    boolean isContradicted() {
        return isContradicted(groups);
    }

    private boolean isContradicted(List<Group> all) {
        int enough = 0;
        for (int i = 0; i < all.size(); i++) {
            enough += all.get(i).size >= need ? 1 : 0;
        }
        return enough > 1;
    }

    boolean isSame(Optional<Object> key) {
        return key.isPresent() && key.equals(groups.get(leading).key);
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
