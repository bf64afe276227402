// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.settings;

import java.util.List;

/** Settings are wrong: says all that is wrong with them, and not only the first. */
public final class SettingsException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** Each in a line. */
    private final String[] problems;

    private SettingsException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = problems.toArray(String[]::new);
    }

    /**
     * Creates an exception.
     *
     * @param problems what is wrong: of each the setting's name, what was given, and what was expected
     * @return an exception
     */
    public static SettingsException of(List<String> problems) {
        return new SettingsException(problems);
    }

    /**
     * What is wrong.
     *
     * @return each in a line
     */
    public List<String> problems() {
        return List.of(problems);
    }
}
