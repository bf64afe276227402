/** Timeouts. */
module dev.holdfast.timeout {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.timeout;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.timeout.TimeoutType,
            dev.holdfast.timeout.TotalTimeoutType;
}
