/** The engines, the shapes of policies and everything that policies share. */
module dev.holdfast {
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.holdfast;
}
