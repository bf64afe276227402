// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.pages;

import dev.holdfast.Policy;
import dev.holdfast.config.Guards;
import dev.holdfast.settings.PolicyType;
import dev.holdfast.settings.SettingsException;
import java.util.Map;
import java.util.function.Supplier;

/** The code of {@code docs/configuration.md}. */
final class Configured {
    private Configured() {}

    static String use(Map<String, ?> settings, Supplier<String> client) {
        // tag: configuration-use
        Guards guards = Guards.of(settings);
        String stock = guards.get("inventory").call(() -> client.get());
        // end
        return stock;
    }

    static String reload(Guards guards, Map<String, ?> changed) {
        // tag: configuration-reload
        try {
            guards.reload(changed);
        } catch (SettingsException wrong) {
            return String.join("\n", wrong.problems()); // nothing has changed
        }
        // end
        return "changed";
    }

    static Map<String, String> shown(Policy<?> policy) {
        // tag: configuration-shown
        for (PolicyType<?, ?> type : PolicyType.all()) {
            if (type.isTypeOf(policy)) {
                return type.settings(policy); // max-attempts: 4, backoff: 50ms..1s full, ...
            }
        }
        // end
        return Map.of();
    }
}
