/**
 * What policies do in an outage, as a command: {@code ./mvnw -q compile -Psimulate -Dsimulate.args="--fault brownout"}. Start reading at
 * {@link dev.holdfast.examples.simulate.Simulate}.
 */
package dev.holdfast.examples.simulate;
