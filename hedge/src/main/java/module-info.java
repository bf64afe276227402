/** Hedged calls. */
module dev.holdfast.hedge {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.hedge;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.hedge.HedgeType;
}
