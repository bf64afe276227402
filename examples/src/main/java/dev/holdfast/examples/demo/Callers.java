// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

/** What stands between callers and their service. */
enum Callers {
    BARE("bare", "Bare"),
    PIPELINE("pipeline", "Pipeline, put together by hand"),
    GUARD("guard", "Guard, nothing set");

    private final String label;
    private final String title;

    Callers(String label, String title) {
        this.label = label;
        this.title = title;
    }

    String label() {
        return label;
    }

    /** In a few words. */
    String title() {
        return title;
    }
}
