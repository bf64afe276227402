/** The rate limiter. */
module dev.holdfast.ratelimiter {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.ratelimiter;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.ratelimiter.RateLimiterType;
}
