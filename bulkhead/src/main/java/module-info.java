/** The bulkhead. */
module dev.holdfast.bulkhead {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.holdfast.bulkhead;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.bulkhead.BulkheadType;
}
