// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.quorum;

import dev.holdfast.Ending;
import dev.holdfast.Heat;
import dev.holdfast.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call of a {@link Poll}: whom it may ask, and how far it has come. It changes only while the race asks. What it has seen by the
 * decision stays: an attempt that ends after it was last asked is absent, so that whoever looks at it later, on whatever thread, sees the same.
 *
 * @param <T> what the nodes are
 */
class Ballot<T> {
    final Roster<T> roster;
    final int need;

    /** The weight of the answers that count together. */
    private int counted;
    /** The weight of the nodes that were asked and have not come to anything. */
    private int underWay;
    /** The weight of the nodes that could still be asked. */
    private int open;
    /** How many nodes were asked that do not stand in, how many that do, and how many of the former have failed. */
    private int asked;

    private int standIns;
    private int failed;
    /** The weight of the nodes that were asked. */
    private int weight;
    /** A bit for each attempt that has ended. */
    private int seen;

    Ballot(Roster<T> roster, int need) {
        this.roster = roster;
        this.need = need;
    }

    /** Looks at all attempts again. */
    final void count(Heat<?> heat) {
        underWay = 0;
        open = roster.weight;
        asked = 0;
        standIns = 0;
        failed = 0;
        weight = 0;
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            count(heat, attempt, nodeOf(heat, attempt));
        }
        counted = countAccepted(heat);
        open += Math.min(roster.nodes.size() - roster.size, failed) - standIns;
    }

    private void count(Heat<?> heat, int attempt, Node<T> node) {
        Ending ending = heat.ending(attempt);
        boolean isNotStarted = heat.isNotStarted(attempt);
        weight += node.weight;
        seen |= ending == null ? 0 : 1 << attempt;
        if (node.isStandIn) {
            standIns++;
        } else {
            asked++;
            open -= node.weight;
            failed += ending == Ending.FAILURE || isNotStarted ? 1 : 0;
        }
        if (ending == null && !isNotStarted) {
            underWay += node.weight;
        }
    }

    /** The weight of the answers that count together, of those that were seen: by default, all. */
    int countAccepted(Heat<?> heat) {
        int sum = 0;
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            sum += isAnswer(heat, attempt) ? nodeOf(heat, attempt).weight : 0;
        }
        return sum;
    }

    /** Whether an attempt's answer is among those that count together, of those that were seen. */
    boolean isAccepted(int attempt) {
        return true;
    }

    final boolean isAnswer(Heat<?> heat, int attempt) {
        return isSeen(attempt) && heat.ending(attempt) == Ending.SUCCESS;
    }

    private boolean isSeen(int attempt) {
        return (seen >>> attempt & 1) != 0;
    }

    final boolean isReached() {
        return counted >= need;
    }

    /** Whether enough answers could still come together, if more nodes may be asked, or not. */
    final boolean isPossible(boolean canAsk) {
        return counted + underWay + (canAsk ? open : 0) >= need;
    }

    /** Whether those that were asked could not be enough, so that others have to be. */
    final boolean isMissing() {
        return counted + underWay < need;
    }

    /** Whether any that were asked count for nothing: they have failed, or say something else. */
    final boolean hasLost() {
        return counted + underWay < weight;
    }

    final Node<T> nodeOf(Heat<?> heat, int attempt) {
        return Node.of(heat.target(attempt));
    }

    /** Whom to ask next. */
    final @Nullable Node<T> next(Heat<?> heat) {
        if (asked < roster.size) {
            return roster.nodes.get((nodeOf(heat, 0).place + asked) % roster.size);
        }
        int standIn = roster.size + standIns;
        return standIns < failed && standIn < roster.nodes.size() ? roster.nodes.get(standIn) : null;
    }

    /** What has become of each node. */
    final <R extends @Nullable Object> Tally<T, R> tally(String policy, Heat<R> heat) {
        List<Tally.Part<T, R>> parts = new ArrayList<>(roster.nodes.size());
        for (Node<T> node : roster.nodes) {
            int attempt = attemptOf(heat, node);
            Tally.State state = stateOf(heat, attempt);
            boolean hasOutcome = attempt >= 0 && isSeen(attempt);
            parts.add(new Tally.Part<>(
                    node.target(),
                    node.name(),
                    node.weight,
                    node.isStandIn,
                    state,
                    Optional.ofNullable(hasOutcome ? heat.outcome(attempt) : null)));
        }
        return Tally.of(policy, need, counted, parts);
    }

    /** The attempt at a node, or -1. */
    final int attemptOf(Heat<?> heat, Node<T> node) {
        for (int attempt = 0; attempt < heat.started(); attempt++) {
            if (heat.target(attempt) == node.lease) {
                return attempt;
            }
        }
        return -1;
    }

    final Tally.State stateOf(Heat<?> heat, int attempt) {
        if (attempt < 0) {
            return Tally.State.NOT_ASKED;
        }
        if (heat.isNotStarted(attempt) && !heat.isCutShort(attempt)) {
            return Tally.State.NO_THREAD;
        }
        if (!isSeen(attempt)) {
            return Tally.State.ABSENT;
        }
        if (heat.ending(attempt) != Ending.SUCCESS) {
            return Tally.State.FAILED;
        }
        return isAccepted(attempt) ? Tally.State.ACCEPTED : Tally.State.DISSENTING;
    }

    /** Whether an attempt has ended, and was not seen: it came between the last look and the decision. */
    final boolean isUnseen(Heat<?> heat, int attempt) {
        return heat.ending(attempt) != null && !isSeen(attempt);
    }

    /** The answers that count, in the order in which the nodes were listed, without those that are exceptions. */
    final <R extends @Nullable Object> List<R> answers(Heat<R> heat) {
        List<R> answers = new ArrayList<>(heat.started());
        for (int i = 0; i < roster.nodes.size(); i++) {
            Outcome<R> outcome = countedAt(heat, roster.nodes.get(i));
            if (outcome != null && !outcome.isFailure()) {
                answers.add(valueOf(outcome));
            }
        }
        return answers;
    }

    /** The first of those that count, where all are exceptions that say something good: that there is no such thing, say. */
    final <R extends @Nullable Object> @Nullable Outcome<R> exception(Heat<R> heat) {
        for (int i = 0; i < roster.nodes.size(); i++) {
            Outcome<R> outcome = countedAt(heat, roster.nodes.get(i));
            if (outcome != null) {
                return outcome;
            }
        }
        return null;
    }

    private <R extends @Nullable Object> @Nullable Outcome<R> countedAt(Heat<R> heat, Node<T> node) {
        int attempt = attemptOf(heat, node);
        return attempt >= 0 && isAnswer(heat, attempt) && isAccepted(attempt) ? heat.outcome(attempt) : null;
    }

    @SuppressWarnings("NullAway") // Null is one of the results where there is such an answer.
    static <R extends @Nullable Object> R valueOf(Outcome<R> outcome) {
        return outcome.result().orElse(null);
    }
}
