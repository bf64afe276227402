// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import jdk.jfr.Category;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** One attempt of a call. */
@Name("dev.holdfast.Attempt")
@Label("Attempt")
@Category("Holdfast")
@StackTrace(false)
@Threshold("20 ms")
class AttemptEvent extends CallEvent {
    @Label("Number")
    int number;
}
