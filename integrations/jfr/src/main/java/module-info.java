/** Holdfast's calls, for the JDK's Flight Recorder. */
module dev.holdfast.jfr {
    requires transitive dev.holdfast;
    requires jdk.jfr;
    requires static transitive org.jspecify;

    exports dev.holdfast.jfr;
}
