// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** What an engine does with a turn, for tests of gates in other packages. */
public final class TurnEnd {
    private TurnEnd() {}

    /**
     * As {@link Turn#giveUp}.
     *
     * @param turn whose
     * @return as there
     */
    public static long giveUp(Turn turn) {
        return turn.giveUp();
    }

    /**
     * Whether a turn has been granted; one that has not gives up if it is {@link Turn#isDecided decided}.
     *
     * @param turn whose
     * @return whether it has a stamp
     */
    public static boolean isGranted(Turn turn) {
        return turn.isDecided() && turn.giveUp() >= 0;
    }

    /**
     * Whether somebody else has decided that a turn will never come.
     *
     * @param turn whose
     * @return whether it was {@linkplain Turn#turnAway turned away}
     */
    public static boolean isTurnedAway(Turn turn) {
        return turn.isDecided() && turn.giveUp() < 0;
    }
}
