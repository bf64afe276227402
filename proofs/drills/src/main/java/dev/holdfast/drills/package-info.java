// SPDX-License-Identifier: Apache-2.0
/** Real clients against servers that fail on purpose, and what must be back when it is over: see docs/drills.md. */
@NullMarked
package dev.holdfast.drills;

import org.jspecify.annotations.NullMarked;
