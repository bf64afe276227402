// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/**
 * How long it took to be well again: see {@link RecoveryWatch}.
 *
 * @param seconds whole ones since the end of the fault
 * @param recovered otherwise it took longer than that, and there was no time left to see how long
 */
record Recovery(int seconds, boolean recovered) {
    @Override
    public String toString() {
        return (recovered ? "" : "> ") + seconds + " s";
    }
}
