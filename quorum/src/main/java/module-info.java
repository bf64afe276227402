/** Quorums, votes and recovery blocks. */
module dev.holdfast.quorum {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;

    exports dev.holdfast.quorum;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.quorum.QuorumType,
            dev.holdfast.quorum.VoteType;
}
