/**
 * For tests of code that uses Holdfast: {@link dev.holdfast.testkit.VirtualTime}, scripted dependencies
 * ({@link dev.holdfast.testkit.Script}), the ways to make a call ({@link dev.holdfast.testkit.Way}), what a pipeline consists of
 * ({@link dev.holdfast.testkit.PipelineDescriptor}), and a verifier of policies of one's own
 * ({@link dev.holdfast.testkit.PolicyVerifier}). It needs no test framework, and fits any.
 */
@NullMarked
package dev.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
