// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.jfr;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** Something that a policy, or what watches over it, tells of itself, and not of a call: a breaker opens, an outage ends. */
@Name("dev.holdfast.Change")
@Label("Change")
@Category("Holdfast")
@StackTrace(false)
class ChangeEvent extends Event {
    @Label("Policy")
    @Nullable String policy;

    @Label("Kind")
    @Nullable String kind;

    @Label("Name")
    @Nullable String name;

    @Label("Text")
    @Nullable String text;
}
