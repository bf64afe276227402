// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Arrays;

/**
 * For which policies of a chain a {@link Frame} has to remember something, and where: the limit of each deadline, and stamp and start
 * of each gate that others than the call's own thread may have to leave, or that measures while the call waits further in.
 */
final class Places {
    private static final int NONE = -1;
    private static final int OF_DEADLINE = 1;
    private static final int OF_GATE = 2;

    private Places() {}

    /** The first place of each policy; negative for those that have none. */
    static int[] of(Chain chain) {
        int[] places = new int[chain.policies.length];
        Arrays.fill(places, NONE);
        int taken = 0;
        for (int level = 0; level < places.length; level++) {
            int wanted = wanted(chain, level);
            places[level] = wanted == 0 ? NONE : taken;
            taken += wanted;
        }
        return places;
    }

    /** How many there are. */
    static int count(Chain chain) {
        int count = 0;
        for (int level = 0; level < chain.policies.length; level++) {
            count += wanted(chain, level);
        }
        return count;
    }

    private static int wanted(Chain chain, int level) {
        if (chain.isDeadlineOnCallersThread(level)) {
            return OF_DEADLINE;
        }
        boolean needed = chain.gates[level] != null
                && (isAroundDeadline(chain, level) || measuresAcross(chain, level) || outlivesRace(chain, level));
        return needed ? OF_GATE : 0;
    }

    /** Whether it stands directly around a deadline, and learns when that has passed. */
    private static boolean isAroundDeadline(Chain chain, int gate) {
        int next = gate + 1;
        while (next < chain.policies.length && (chain.gates[next] != null || chain.kinds[next] == Chain.AROUND)) {
            next++;
        }
        return next < chain.policies.length && chain.isDeadlineOnCallersThread(next) && chain.guardedFrom(next) <= gate;
    }

    /** Whether its group measures how long the work takes, and a call may wait further in. */
    private static boolean measuresAcross(Chain chain, int gate) {
        int end = chain.groupEnd[gate];
        boolean measures = false;
        for (int i = chain.measuredFrom; i < end; i++) {
            measures |= chain.groupEnd[i] == end && chain.measures(i);
        }
        for (int i = end; measures && i < chain.policies.length; i++) {
            if (chain.gates[i] != null || chain.kinds[i] == Chain.LOOP) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is left only when attempts have ended that a race inside of it has called off. */
    private static boolean outlivesRace(Chain chain, int gate) {
        boolean race = false;
        for (int level = gate + 1; level < chain.policies.length; level++) {
            race |= chain.kinds[level] == Chain.RACE;
        }
        return race && chain.gates[gate].holdsUntilWorkEnds();
    }
}
