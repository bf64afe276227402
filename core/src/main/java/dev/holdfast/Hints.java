// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warnings about what is usually a mistake, each given once in the life of this class for a policy's name and the mistake: policies
 * and pipelines may be built at every call. When many have been given, that is said, and no more come: names may be made from
 * what users send. Each kind has a logger of its own, so that it can be switched off.
 */
final class Hints {
    /** About the order of policies. */
    static final Hints ORDER = new Hints("dev.holdfast.order");
    /** About how policies are used. */
    static final Hints USE = new Hints("dev.holdfast.use");

    private static final int MOST = 1_000;

    private final Logger log;
    private final Set<String> given = ConcurrentHashMap.newKeySet();

    private Hints(String logger) {
        this.log = LoggerFactory.getLogger(logger);
    }

    void give(Policy<?> policy, String mistake, Supplier<String> where) {
        if (given.size() >= MOST || !log.isWarnEnabled()) {
            return;
        }
        String hint = Policy.title(policy) + " " + mistake;
        if (given.add(hint)) {
            log.warn("{}{}", where.get(), hint);
            if (given.size() == MOST) {
                log.warn("{} such warnings have been given; no more will be", MOST);
            }
        }
    }
}
