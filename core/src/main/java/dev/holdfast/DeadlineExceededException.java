// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

/**
 * A call took longer than a {@link Deadline} allows, or than its caller had left, if that was less. A classifier takes the first for a
 * failure, and ignores the second: that the caller was in a hurry says nothing about the dependency. A rule on this class, or one below
 * it, says otherwise; see {@link Classifier}.
 *
 * <p>It has no stack trace, unless {@link Traces} are wanted.
 */
public abstract class DeadlineExceededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Whether the time was what the caller had left. */
    private final boolean inherited;

    /**
     * Creates an exception.
     *
     * @param inherited whether it was the caller's time that was over
     */
    protected DeadlineExceededException(boolean inherited) {
        super(null, null, true, Traces.areWanted());
        this.inherited = inherited;
    }

    /**
     * Whether the call had less time left by its caller - {@link Pipeline#within}, {@link Environment#within} - than the deadline itself
     * allows, and that time was over.
     *
     * @return {@code false} if it was the deadline's own time
     */
    public final boolean isInherited() {
        return inherited;
    }
}
