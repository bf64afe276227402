// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/**
 * How much depends on a call: where not all can be let in, the less critical are refused first. The levels are those of "Site Reliability
 * Engineering", chapter 21, the most critical first.
 */
public enum Criticality {
    /** Users would notice at once: logging in, paying. */
    CRITICAL_PLUS,
    /** Users would notice. What nothing is said of. */
    CRITICAL,
    /** May wait and be made again later: a batch. */
    SHEDDABLE_PLUS,
    /** May be left out. */
    SHEDDABLE
}
