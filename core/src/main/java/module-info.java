/** The engines, the shapes of policies and everything that policies share. */
@SuppressWarnings("module") // The modules that are named below are built after this one.
module dev.holdfast {
    requires org.slf4j;
    requires static transitive org.jspecify;

    uses dev.holdfast.settings.PolicyType;

    exports dev.holdfast;
    exports dev.holdfast.settings;
    exports dev.holdfast.internal to
            dev.holdfast.availability,
            dev.holdfast.bulkhead,
            dev.holdfast.chaos,
            dev.holdfast.circuitbreaker,
            dev.holdfast.config,
            dev.holdfast.failover,
            dev.holdfast.fallback,
            dev.holdfast.guard,
            dev.holdfast.health,
            dev.holdfast.hedge,
            dev.holdfast.jfr,
            dev.holdfast.micrometer,
            dev.holdfast.opentelemetry,
            dev.holdfast.quorum,
            dev.holdfast.ratelimiter,
            dev.holdfast.retry,
            dev.holdfast.simulation,
            dev.holdfast.testkit,
            dev.holdfast.timeout;
}
