// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.benchmarks;

import java.util.Locale;

/** The libraries that are compared, in the order in which they are shown. */
enum Library {
    HOLDFAST("Holdfast", HoldfastPolicies::pollute),
    RESILIENCE4J("Resilience4j", Resilience4jPolicies::pollute),
    FAILSAFE("Failsafe", FailsafePolicies::pollute),
    SMALLRYE("SmallRye", SmallRyePolicies::pollute),
    GUAVA("Guava", OtherPolicies::polluteGuava),
    BUCKET4J("Bucket4j", OtherPolicies::polluteBucket4j),
    CONCURRENCY_LIMITS("concurrency-limits", OtherPolicies::polluteConcurrencyLimits),
    /** No library: where there is none that does it. */
    BY_HAND("by hand", ByHand::pollute);

    final String title;
    private final Runnable pollution;

    Library(String title, Runnable pollution) {
        this.title = title;
        this.pollution = pollution;
    }

    /** How methods are named after it. */
    private String inMethods() {
        return title.replace("concurrency-limits", "ConcurrencyLimits").replace("by hand", "ByHand");
    }

    /** The library that a benchmark is named after; {@link #HOLDFAST} if none. */
    static Library in(String method) {
        for (Library library : values()) {
            if (method.contains(library.inMethods())) {
                return library;
            }
        }
        return HOLDFAST;
    }

    /** What a method's name says before the library. */
    String pathIn(String method) {
        int at = method.indexOf(inMethods());
        return at < 0 ? method : method.substring(0, at);
    }

    /** What a method's name says after the library, as words; empty for the library's usual form. */
    String variantIn(String method) {
        int at = method.indexOf(inMethods());
        String rest = at < 0 ? "" : method.substring(at + inMethods().length());
        return rest.replaceAll("(?<=.)(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }

    /**
     * Runs the same bodies, as often, through the same kinds of policies and pipelines of this library, as far as it has
     * them: breakers, retries, bulkheads, limiters, timeouts, a retry around a breaker and the pipeline of four, and the
     * asynchronous forms. Both fast and failing calls go through all of them.
     */
    void pollute() {
        pollution.run();
    }

    void shutDown() {
        if (this == SMALLRYE) {
            SmallRyePolicies.shutDown();
        }
    }
}
