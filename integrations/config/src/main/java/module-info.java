/** Pipelines from settings. */
module dev.holdfast.config {
    requires transitive dev.holdfast;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.holdfast.config;
}
