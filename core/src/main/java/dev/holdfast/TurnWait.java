// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/** A wait for a turn in a gate's queue. */
final class TurnWait extends AsyncWait {
    private final int level;
    private final Gate gate;
    private final Turn turn;

    TurnWait(AsyncEngine<?> engine, int level, Gate gate, Turn turn) {
        super(engine);
        this.level = level;
        this.gate = gate;
        this.turn = turn;
    }

    @Override
    boolean isOwn() {
        return true;
    }

    @Override
    void setUp(AsyncEngine<?> of) {
        turn.onDecision(this::handOver);
        setTimer(of, gate, turn.nanos());
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
        of.gates.turned(of, level, gate, turn.close());
    }

    @Override
    void undo(AsyncEngine<?> of, boolean interrupts) {
        gate.giveUp(turn, of.gates.start, of.call);
    }
}
