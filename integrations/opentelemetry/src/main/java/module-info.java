/** Holdfast's numbers and calls, for OpenTelemetry. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // OpenTelemetry has no modules of its own.
module dev.holdfast.opentelemetry {
    requires transitive dev.holdfast;
    requires transitive io.opentelemetry.api;
    requires io.opentelemetry.context;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.holdfast.opentelemetry;
}
