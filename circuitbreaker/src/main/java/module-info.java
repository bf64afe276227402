/** The circuit breaker. */
module dev.holdfast.circuitbreaker {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.holdfast.circuitbreaker;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.circuitbreaker.CircuitBreakerType;
}
