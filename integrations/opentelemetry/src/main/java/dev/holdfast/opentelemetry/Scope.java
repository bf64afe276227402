// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;

/** How OpenTelemetry names what tells it something: this library, and its version. */
final class Scope {
    static final String NAME = "dev.holdfast";

    private Scope() {}

    /** As the module says it, or the jar; {@code unknown} where neither does, as in an IDE. */
    static String version() {
        return Optional.ofNullable(Scope.class.getModule().getDescriptor())
                .flatMap(ModuleDescriptor::rawVersion)
                .or(() -> Optional.ofNullable(Scope.class.getPackage().getImplementationVersion()))
                .orElse("unknown");
    }
}
