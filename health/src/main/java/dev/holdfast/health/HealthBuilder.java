// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.health;

import dev.holdfast.Environment;
import dev.holdfast.Event;
import dev.holdfast.Readiness;
import dev.holdfast.internal.Require;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Builds a {@link Health}. Not thread-safe. */
public final class HealthBuilder {
    final String name;
    final List<Check> live = new ArrayList<>();
    final List<Check> ready = new ArrayList<>();
    final List<Check> started = new ArrayList<>();
    Environment environment = Environment.standard();
    long cacheNanos = Duration.ofSeconds(1).toNanos();
    long timeoutNanos = Duration.ofMillis(500).toNanos();

    HealthBuilder(String name) {
        this.name = Require.name(name);
    }

    private HealthBuilder add(List<Check> parts, Check part) {
        Set<String> names = new HashSet<>();
        parts.forEach(other -> names.add(other.name));
        if (!names.add(part.name)) {
            throw new IllegalArgumentException(
                    "name: " + Event.quoted(part.name) + " twice (expected: each name once among checks of a kind)");
        }
        parts.add(part);
        return this;
    }

    /**
     * Without this the process has to be restarted. It takes no policy, no detector, and no code: see {@link LiveCheck}.
     *
     * @param part its name: 1 to 256 characters, not blank
     * @param check such as a {@link Progress}
     * @return this builder
     */
    public HealthBuilder live(String part, LiveCheck check) {
        Require.nonNull(check, "check");
        return add(live, new Check(part, check::liveness, true, false));
    }

    /**
     * Without this the process can serve nobody, so it should get no requests. If all instances share it, it takes out all of them at once: for
     * what calls can do without, use {@link #readyOptional}.
     *
     * @param part its name: 1 to 256 characters, not blank
     * @param check a breaker, a detector, a set of nodes, or code of one's own, which may be slow and may throw
     * @return this builder
     */
    public HealthBuilder ready(String part, Readiness check) {
        return add(ready, new Check(part, check, true, false));
    }

    /**
     * Is shown among what the process needs to serve, and decides nothing.
     *
     * @param part its name: 1 to 256 characters, not blank
     * @param check as for {@link #ready}
     * @return this builder
     */
    public HealthBuilder readyOptional(String part, Readiness check) {
        return add(ready, new Check(part, check, false, false));
    }

    /**
     * Has to be up once until the process has started. From then on it is not asked any more.
     *
     * @param part its name: 1 to 256 characters, not blank
     * @param check as for {@link #ready}
     * @return this builder
     */
    public HealthBuilder started(String part, Readiness check) {
        return add(started, new Check(part, check, true, true));
    }

    /**
     * For how long what was found is given to all who ask.
     *
     * @param fresh zero or longer; default 1 s; zero looks each time
     * @return this builder
     */
    public HealthBuilder cachedFor(Duration fresh) {
        cacheNanos = Require.nanosAtLeast(fresh, Duration.ZERO, "cachedFor");
        return this;
    }

    /**
     * How long checks of {@link #ready} and {@link #started} may take, all of which run at the same time. One that takes longer is down, is interrupted, and is not
     * asked again before it has ended. Have less than the timeout of whoever asks.
     *
     * @param limit longer than zero; default 500 ms
     * @return this builder
     */
    public HealthBuilder timeout(Duration limit) {
        timeoutNanos = Require.positiveNanos(limit, "timeout");
        return this;
    }

    /**
     * Where time and waiting come from.
     *
     * @param value default: {@link Environment#standard()}
     * @return this builder
     */
    public HealthBuilder environment(Environment value) {
        environment = Require.nonNull(value, "environment");
        return this;
    }

    /**
     * Builds it, whole: no check comes later. So what has no check of a kind is up, and never only because none is there yet.
     *
     * @return nothing was looked at yet
     */
    public Health build() {
        HealthBuilder fixed = new HealthBuilder(name);
        fixed.live.addAll(live);
        fixed.ready.addAll(ready);
        fixed.started.addAll(started);
        fixed.environment = environment;
        fixed.cacheNanos = cacheNanos;
        fixed.timeoutNanos = timeoutNanos;
        return new Health(fixed);
    }
}
