/** Fallbacks. */
module dev.holdfast.fallback {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;
    requires com.github.benmanes.caffeine;

    exports dev.holdfast.fallback;

    provides dev.holdfast.settings.PolicyType with
            dev.holdfast.fallback.FallbackType;
}
