/** Fallbacks. */
module dev.holdfast.fallback {
    requires transitive dev.holdfast;
    requires static transitive org.jspecify;
    requires com.github.benmanes.caffeine;

    exports dev.holdfast.fallback;
}
