// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.availability;

import dev.holdfast.Event;
import java.util.Map;

/**
 * The error budget of an objective burns too fast, or does not any more.
 *
 * @param objective its name
 * @param rate which of its alerts
 * @param burning {@code true} where it begins, {@code false} where it has ended
 * @param burn how fast, over the long window: 1 uses up exactly the budget
 */
public record Alert(String objective, BurnRate rate, boolean burning, double burn) {
    Map<String, Object> details() {
        return Event.detailsOf("severity", rate.severity(), "window", rate.window(), "burn", burn);
    }
}
