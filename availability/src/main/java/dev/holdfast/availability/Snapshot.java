// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.internal.Names;
import java.time.Duration;
import java.util.Optional;
import java.util.StringJoiner;

/** What is known, as a line of numbers that another process can go on from: a kind, and what its owner writes and reads in the same order. */
final class Snapshot {
    private Snapshot() {}

    /** Puts numbers one after the other. */
    static final class Writer {
        private final StringJoiner line = new StringJoiner(" ");

        /** @param kind what it is of, with a version, which changes with what is written */
        Writer(String kind) {
            line.add(kind);
        }

        Writer add(long value) {
            line.add(Long.toString(value));
            return this;
        }

        Writer add(double value) {
            line.add(Double.toString(value));
            return this;
        }

        @Override
        public String toString() {
            return line.toString();
        }
    }

    /** Takes them one after the other. */
    static final class Reader {
        private final String text;
        private final String[] parts;
        private int place = 1;

        /**
         * @param text a whole line
         * @param kind what it has to be of
         */
        Reader(String text, String kind) {
            this.text = text;
            this.parts = text.trim().split(" ");
            if (!parts[0].equals(kind)) {
                throw wrong("one that begins with " + kind);
            }
        }

        long next() {
            try {
                return Long.parseLong(word());
            } catch (NumberFormatException notANumber) {
                throw wrong("a whole number at place " + (place - 1));
            }
        }

        double nextDouble() {
            try {
                return Double.parseDouble(word());
            } catch (NumberFormatException notANumber) {
                throw wrong("a number at place " + (place - 1));
            }
        }

        /** A time, or -1 for none. */
        Optional<Duration> nextTime() {
            long nanos = next();
            return nanos < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
        }

        private String word() {
            if (place >= parts.length) {
                throw wrong("more than " + parts.length + " parts");
            }
            return parts[place++];
        }

        void end() {
            if (place != parts.length) {
                throw wrong(place + " parts and not " + parts.length);
            }
        }

        IllegalArgumentException wrong(String expected) {
            return new IllegalArgumentException("snapshot: " + Names.quoted(text) + " (expected: " + expected + ")");
        }
    }
}
