/** Failure detectors, probes, healing, liveness and readiness. */
module dev.holdfast.health {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;
    requires java.management;
    requires jdk.httpserver;
    requires org.slf4j;

    exports dev.holdfast.health;
}
