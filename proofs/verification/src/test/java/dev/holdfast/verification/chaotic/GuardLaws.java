// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.verification.chaotic;

import dev.holdfast.verification.chaotic.Program.Misdeed;
import java.util.ArrayList;
import java.util.List;

/** What holds of pipelines of settings when a program is over: as {@link Laws}. */
final class GuardLaws {
    private GuardLaws() {}

    /** What their gates hold and have counted, also those that no reload has kept, and what those have heard who listen to whole calls. */
    static List<String> ofCounts(Execution execution) {
        List<String> broken = new ArrayList<>();
        for (Guarding guarding : execution.cast.guarded.values()) {
            guarding.gates.forEach((gate, told) -> {
                broken.addAll(GateLaws.empty(gate));
                if (guarding.isWatched()) {
                    broken.addAll(GateLaws.toldOnce(gate, told));
                }
            });
            if (guarding.direct.get() != guarding.completed.get()) {
                broken.add("who listens to a pipeline of settings was told of " + guarding.completed
                        + " calls (expected: " + guarding.direct + "): " + guarding);
            }
        }
        return broken;
    }

    /** How they take settings, right and wrong ones. Listeners do to them what they like, so they are told on a thread of its own. */
    static List<String> ofSettings(Execution execution) {
        List<String> broken = new ArrayList<>();
        if (!execution.program.has(Misdeed.RECONFIGURE)) {
            Healing.onThreadOfItsOwn(() -> {
                try {
                    execution.cast.guarded.values().forEach(guarding -> broken.addAll(guarding.takesSettings()));
                } catch (RuntimeException unexpected) {
                    broken.add("a pipeline of settings threw " + unexpected);
                }
            });
        }
        return broken;
    }
}
