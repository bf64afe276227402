// SPDX-License-Identifier: Apache-2.0
/** Calls, attempts, refusals and changes of state in recordings of the JDK's Flight Recorder. */
@NullMarked
package dev.holdfast.jfr;

import org.jspecify.annotations.NullMarked;
