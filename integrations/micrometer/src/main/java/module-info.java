/** Holdfast's numbers and calls, for Micrometer. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Micrometer 1 has no modules of its own.
module dev.holdfast.micrometer {
    requires transitive dev.holdfast;
    requires transitive micrometer.core;
    requires transitive micrometer.observation;
    requires micrometer.commons;
    requires org.slf4j;
    requires static transitive org.jspecify;
    requires static transitive context.propagation;

    exports dev.holdfast.micrometer;
}
