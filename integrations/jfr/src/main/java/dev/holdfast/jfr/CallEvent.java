// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A call, with all its attempts and waits. */
@Name("dev.holdfast.Call")
@Label("Call")
@Category("Holdfast")
@StackTrace(false)
@Threshold("20 ms")
class CallEvent extends Event {
    @Label("Policy")
    @Nullable String policy;

    @Label("Outcome")
    @Nullable String outcome;

    @Label("Error Type")
    @Nullable String errorType;
}
