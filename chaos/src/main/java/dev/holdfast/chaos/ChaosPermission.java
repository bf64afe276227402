// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.chaos;

import dev.holdfast.internal.Require;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether experiments may start in this process. By default none may: somebody has to say so, in code or when the process is started.
 *
 * <table>
 * <caption>Who may</caption>
 * <tr><th>{@code -Dholdfast.chaos}</th><th>{@link #grant}</th><th>experiments</th></tr>
 * <tr><td>{@code off}</td><td>or not</td><td>do not start</td></tr>
 * <tr><td>{@code on}</td><td>or not</td><td>may start</td></tr>
 * <tr><td>not set</td><td>granted</td><td>may start</td></tr>
 * <tr><td>not set</td><td>not granted</td><td>do not start</td></tr>
 * </table>
 *
 * <p>Safe to use from any thread. Experiments that run go on when it is revoked: {@link SafetyLever} ends them.
 */
public final class ChaosPermission {
    /** The system property. */
    static final String PROPERTY = "holdfast.chaos";

    private static volatile @Nullable String granted;

    private ChaosPermission() {}

    /**
     * Lets experiments start in this process, unless {@code -Dholdfast.chaos=off}.
     *
     * @param reason why it is right here, such as the stage that the process belongs to; not blank
     */
    public static void grant(String reason) {
        granted = Require.words(reason, "reason");
    }

    /** Lets none start any more. */
    public static void revoke() {
        granted = null;
    }

    /**
     * Whether experiments may start.
     *
     * @return by default no
     */
    public static boolean isGranted() {
        return denial() == null;
    }

    static void require(Terms terms) {
        String denial = denial();
        if (denial != null) {
            throw new IllegalStateException(terms.title() + ": " + denial);
        }
    }

    private static @Nullable String denial() {
        String property = System.getProperty(PROPERTY);
        String said = property == null ? "" : property.strip().toLowerCase(Locale.ROOT);
        if (said.equals("on") || (said.isEmpty() && granted != null)) {
            return null;
        }
        return said.isEmpty()
                ? "nobody has allowed chaos in this process (expected: ChaosPermission.grant, or -D" + PROPERTY + "=on)"
                : "-D" + PROPERTY + "=" + said + " (expected: on)";
    }
}
