// SPDX-License-Identifier: Apache-2.0
/**
 * An experiment with faults, as a command: {@code ./mvnw -q compile -Pchaos}. Start reading at {@link dev.holdfast.examples.chaos.Survive}.
 */
package dev.holdfast.examples.chaos;
