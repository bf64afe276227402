/** Failover, and the balancing of calls between replicas. */
module dev.holdfast.failover {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.failover;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.failover.FailoverType;
}
