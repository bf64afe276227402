// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** A wait for a turn in a gate's queue. */
final class TurnWait extends AsyncWait {
    private final int level;
    private final Gate gate;
    private final Turn turn;
    /** Whether there is less time than its place in the line would have. */
    private boolean isCutShort;

    TurnWait(AsyncEngine<?> engine, int level, Gate gate, Turn turn) {
        super(engine);
        this.level = level;
        this.gate = gate;
        this.turn = turn;
    }

    @Override
    boolean isOwn() {
        return !turn.isWork();
    }

    @Override
    void setUp(AsyncEngine<?> of) {
        turn.onDecision(this::handOver);
        long left = of.inherits() && !turn.isWork() ? of.inheritedNanos(of.chain.now()) : Loop.NO_LIMIT;
        isCutShort = left < turn.nanos();
        setTimer(of, gate, Math.min(left, turn.nanos()));
        if (turn.isDecided()) {
            run();
        }
    }

    @Override
    boolean isOnOwnThread() {
        return true;
    }

    @Override
    void takeOver(AsyncEngine<?> of) {
        if (isCutShort && !turn.isDecided()) {
            gate.giveUp(turn, of.gates.start, of.call);
            throw UnavailableException.noTimeLeft(gate.name());
        }
        of.gates.turned(of, level, gate, turn);
    }

    @Override
    void undo(AsyncEngine<?> of, boolean interrupts) {
        gate.giveUp(turn, of.gates.start, of.call);
    }
}
