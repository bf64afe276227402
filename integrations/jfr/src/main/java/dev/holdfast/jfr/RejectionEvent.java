// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * A policy refused a call. It has a period, which is a setting of recordings as any other, so that the recorder asks each second whether anybody
 * listens to the policies already: it tells nobody that an event has been enabled in a recording that runs.
 */
@Name("dev.holdfast.Rejection")
@Label("Rejection")
@Category("Holdfast")
@StackTrace(false)
@Period("1 s")
class RejectionEvent extends Event {
    @Label("Policy")
    @Nullable String policy;

    @Label("Kind")
    @Nullable String kind;

    @Label("Pipeline")
    @Nullable String pipeline;
}
