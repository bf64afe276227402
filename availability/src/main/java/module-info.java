/** How available a dependency is. */
module dev.holdfast.availability {
    requires transitive dev.holdfast;
    requires org.apache.commons.numbers.gamma;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.holdfast.availability;
}
