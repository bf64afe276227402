/** The usual patterns, put together so that a service stays up without a setting. */
module dev.holdfast.guard {
    requires transitive dev.holdfast;
    requires transitive dev.holdfast.bulkhead;
    requires transitive dev.holdfast.circuitbreaker;
    requires transitive dev.holdfast.fallback;
    requires transitive dev.holdfast.hedge;
    requires transitive dev.holdfast.ratelimiter;
    requires transitive dev.holdfast.retry;
    requires transitive dev.holdfast.timeout;
    requires static transitive org.jspecify;

    exports dev.holdfast.guard;
}
