// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.internal.Names;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.zip.CRC32;

/**
 * What is known, as a line that another process can go on from: a kind, of what it is with which settings, numbers that its owner writes and
 * reads in the same order, and a checksum. Numbers that were meant for something else would keep its alerts still.
 */
final class Snapshot {
    private Snapshot() {}

    private static String checksum(String line) {
        CRC32 sum = new CRC32();
        sum.update(line.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(sum.getValue());
    }

    /** Puts numbers one after the other. */
    static final class Writer {
        private final StringJoiner line = new StringJoiner(" ");

        /**
         * @param kind what it is of, with a version, which changes with what is written
         * @param owner its name, and the settings by which its numbers mean something
         */
        Writer(String kind, String owner) {
            line.add(kind).add(URLEncoder.encode(owner, StandardCharsets.UTF_8));
        }

        Writer add(long value) {
            line.add(Long.toString(value));
            return this;
        }

        /** Whether there is a time, and which. */
        Writer add(Optional<Duration> time) {
            return time.isEmpty() ? add(0) : add(1).add(time.get().toNanos());
        }

        Writer add(double value) {
            line.add(Double.toString(value));
            return this;
        }

        @Override
        public String toString() {
            return line + " " + checksum(line.toString());
        }
    }

    /** Takes them one after the other. */
    static final class Reader {
        private final String text;
        private final String[] parts;
        private int place = 2;

        /**
         * @param text a whole line
         * @param kind what it has to be of
         * @param owner and whose, with which settings
         */
        Reader(String text, String kind, String owner) {
            this.text = text.trim();
            this.parts = this.text.split(" ");
            if (!parts[0].equals(kind)) {
                throw wrong("one that begins with " + kind);
            }
            int last = this.text.lastIndexOf(' ');
            if (last < 0 || !this.text.substring(last + 1).equals(checksum(this.text.substring(0, last)))) {
                throw wrong("one that nobody has changed: its checksum is another");
            }
            String encoded = URLEncoder.encode(owner, StandardCharsets.UTF_8);
            if (!parts[1].equals(encoded)) {
                throw wrong("one of " + owner + ", and not of " + URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }

        /** A number that is not negative. */
        long next() {
            try {
                long value = Long.parseLong(word());
                if (value >= 0) {
                    return value;
                }
            } catch (NumberFormatException notANumber) {
                // As wrong as a negative one.
            }
            throw wrong("a whole number from 0 up at place " + (place - 1));
        }

        double nextDouble() {
            try {
                double value = Double.parseDouble(word());
                if (value >= 0 && value < Double.POSITIVE_INFINITY) {
                    return value;
                }
            } catch (NumberFormatException notANumber) {
                // As wrong as a negative one.
            }
            throw wrong("a number from 0 up at place " + (place - 1));
        }

        /** A time, if one follows. */
        Optional<Duration> nextTime() {
            return next() == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(next()));
        }

        private String word() {
            if (place >= parts.length - 1) {
                throw wrong("more than " + parts.length + " parts");
            }
            return parts[place++];
        }

        void end() {
            if (place != parts.length - 1) {
                throw wrong(place + 1 + " parts and not " + parts.length);
            }
        }

        IllegalArgumentException wrong(String expected) {
            return new IllegalArgumentException("snapshot: " + Names.quoted(text) + " (expected: " + expected + ")");
        }
    }
}
