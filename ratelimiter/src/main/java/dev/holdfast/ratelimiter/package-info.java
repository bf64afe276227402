/** The rate limiter: see {@link dev.holdfast.ratelimiter.RateLimiter}. */
@NullMarked
package dev.holdfast.ratelimiter;

import org.jspecify.annotations.NullMarked;
