// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.ratelimiter;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Spliterator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * Goes round the entries of a map that others change meanwhile, a few at a time. An iterator walks the empty bins of the map's
 * table as well, and that never shrinks: after a flood, one step may be a walk through a million of them. So the table is cut into
 * halves, as its spliterator can, down to pieces of known length.
 *
 * <p>One thread at a time.
 */
final class Round<V> {
    /** So many bins are walked at a time, about: a map that is full has many more entries there than are looked at. */
    static final int BINS = 64;

    /** A part of the table; {@code bins} is right for the table that was there when the round began. */
    private record Piece<V>(Spliterator<Map.Entry<Object, V>> entries, int bins) {}

    private final ConcurrentHashMap<Object, V> map;
    /** What is left of this round, the shortest first. */
    private final Deque<Piece<V>> pieces = new ArrayDeque<>();

    Round(ConcurrentHashMap<Object, V> map) {
        this.map = map;
    }

    boolean isOver() {
        return pieces.isEmpty();
    }

    void begin() {
        Deque<Spliterator<Map.Entry<Object, V>>> halves = new ArrayDeque<>();
        Spliterator<Map.Entry<Object, V>> first = map.entrySet().spliterator();
        for (Spliterator<Map.Entry<Object, V>> half = first.trySplit(); half != null; half = first.trySplit()) {
            halves.push(half);
        }
        // What cannot be halved is one bin, and what was cut off last is as long.
        pieces.clear();
        pieces.addLast(new Piece<>(first, 1));
        int bins = 1;
        for (Spliterator<Map.Entry<Object, V>> half : halves) {
            pieces.addLast(new Piece<>(half, bins));
            bins = 2 * bins;
        }
    }

    /** Goes on, by so many entries at most, and about {@link #BINS} bins. */
    void goOn(int entries, BiConsumer<Object, V> look) {
        int seen = 0;
        for (int bins = 0; seen < entries && bins < BINS && !pieces.isEmpty(); ) {
            Piece<V> piece = shortest();
            bins += piece.bins;
            while (seen < entries && piece.entries.tryAdvance(entry -> look.accept(entry.getKey(), entry.getValue()))) {
                seen++;
            }
            if (seen < entries) {
                pieces.removeFirst();
            }
        }
    }

    /** Cuts the first piece until it is short enough. */
    private Piece<V> shortest() {
        while (true) {
            Piece<V> first = pieces.getFirst();
            if (first.bins < BINS) {
                return first;
            }
            Spliterator<Map.Entry<Object, V>> half = first.entries.trySplit();
            if (half == null) {
                return first;
            }
            pieces.removeFirst();
            pieces.addFirst(new Piece<>(half, first.bins / 2));
            pieces.addFirst(new Piece<>(first.entries, first.bins / 2));
        }
    }
}
