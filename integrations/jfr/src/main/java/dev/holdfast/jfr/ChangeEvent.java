// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** Something that a policy tells of itself, and not of a call: a breaker opens, a limit moves. */
@Name("dev.holdfast.Change")
@Label("Change")
@Category("Holdfast")
@StackTrace(false)
class ChangeEvent extends Event {
    @Label("Policy")
    @Nullable String policy;

    @Label("Kind")
    @Nullable String kind;

    @Label("Text")
    @Nullable String text;
}
