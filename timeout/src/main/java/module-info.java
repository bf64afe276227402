/** Timeouts. */
module dev.holdfast.timeout {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.timeout;
}
