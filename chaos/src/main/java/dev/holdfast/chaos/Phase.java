// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

/** Where a run is. */
enum Phase {
    BEFORE,
    DURING,
    AFTER
}
