/** Virtual time, scripted dependencies and a verifier of policies, for tests of code that uses Holdfast. */
module dev.holdfast.testkit {
    requires transitive dev.holdfast;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.holdfast.testkit;
}
