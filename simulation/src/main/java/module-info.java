/** Shows what policies do to a service in an outage: real policies, a modelled world, virtual time. */
module dev.holdfast.simulation {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.simulation;
}
