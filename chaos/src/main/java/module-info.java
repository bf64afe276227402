/** Faults on purpose, and experiments with them. */
module dev.holdfast.chaos {
    requires transitive dev.holdfast;
    requires org.apache.commons.numbers.gamma;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.holdfast.chaos;
}
