/** Retries. */
module dev.holdfast.retry {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.retry;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.retry.RetryType;
}
