/** The circuit breaker: see {@link dev.holdfast.circuitbreaker.CircuitBreaker}. */
@NullMarked
package dev.holdfast.circuitbreaker;

import org.jspecify.annotations.NullMarked;
