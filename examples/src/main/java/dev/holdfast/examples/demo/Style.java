// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** The signs and colours that a terminal can show. */
final class Style {
    private static final String BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";
    private static final String PLAIN_BARS = "._-=+*%#";

    private final boolean colours;
    private final boolean unicode;

    Style(boolean colours, boolean unicode) {
        this.colours = colours;
        this.unicode = unicode;
    }

    /** What a piece of text means. */
    enum Tone {
        GOOD("32"),
        DEGRADED("33"),
        BAD("31"),
        QUIET("2"),
        STRONG("1");

        private final String code;

        Tone(String code) {
            this.code = code;
        }
    }

    String paint(Tone tone, String text) {
        return colours && !text.isEmpty() ? "\u001b[" + tone.code + "m" + text + "\u001b[0m" : text;
    }

    /** One sign for a share of 0 to 1. */
    char bar(double share) {
        String bars = unicode ? BARS : PLAIN_BARS;
        int height = (int) Math.round(share * bars.length()) - 1;
        return bars.charAt(Math.max(0, Math.min(bars.length() - 1, height)));
    }

    char done() {
        return unicode ? '\u2588' : '#';
    }

    char toDo() {
        return unicode ? '\u2591' : '.';
    }

    /** Nothing answered, and something failed. */
    char cross() {
        return unicode ? '\u2715' : 'x';
    }

    /** How a breaker's state looks in a row of signs. */
    char state(String state) {
        return switch (state) {
            case BreakerLog.CLOSED -> unicode ? '\u2500' : '-';
            case BreakerLog.OPEN -> unicode ? '\u2588' : '#';
            default -> unicode ? '\u2592' : '+';
        };
    }

    static Tone stateTone(String state) {
        return switch (state) {
            case BreakerLog.CLOSED -> Tone.GOOD;
            case BreakerLog.OPEN -> Tone.BAD;
            default -> Tone.DEGRADED;
        };
    }
}
