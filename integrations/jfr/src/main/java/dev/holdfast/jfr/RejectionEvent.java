// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A policy refused a call. */
@Name("dev.holdfast.Rejection")
@Label("Rejection")
@Category("Holdfast")
@StackTrace(false)
class RejectionEvent extends Event {
    @Label("Policy")
    @Nullable String policy;

    @Label("Kind")
    @Nullable String kind;

    @Label("Pipeline")
    @Nullable String pipeline;
}
