/**
 * Holdfast's core: policies, pipelines and the two engines that run them.
 *
 * <p>Start at {@link dev.holdfast.Policy} for the ways to make a call, at {@link dev.holdfast.Pipeline} for
 * composition, and at {@link dev.holdfast.Gate} to write a policy of one's own. Unless a method says otherwise,
 * {@code null} is not accepted and gives a {@link java.lang.NullPointerException} that names the argument.
 */
@NullMarked
package dev.holdfast;

import org.jspecify.annotations.NullMarked;
