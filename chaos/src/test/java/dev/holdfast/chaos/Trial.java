// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.Environment;
import java.time.Duration;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Terms for tests; and, as an extension, the permission for each test, after which nothing may be left armed. */
final class Trial implements BeforeEachCallback, AfterEachCallback {
    static final Duration LONG = Duration.ofMinutes(10);

    static Terms terms(Environment environment) {
        return terms(environment, LONG, Blast.unlimited());
    }

    static Terms terms(Environment environment, Duration lasting, Blast blast) {
        return new Terms(
                "slow stock",
                "payments on call",
                "before the sale",
                environment,
                environment.nanoTime() + lasting.toNanos(),
                42,
                blast,
                null);
    }

    static Terms seeded(Environment environment, long seed) {
        return new Terms(
                "slow stock",
                "payments on call",
                "before the sale",
                environment,
                environment.nanoTime() + LONG.toNanos(),
                seed,
                Blast.unlimited(),
                null);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        ChaosPermission.grant("tests");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        ChaosPermission.revoke();
        SafetyLever.release();
        System.clearProperty(ChaosPermission.PROPERTY);
        SafetyLever.engage("the test is over");
        SafetyLever.release();
    }
}
