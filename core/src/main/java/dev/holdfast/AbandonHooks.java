// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one start of the work wants to be told if it is given up before it has ended: see {@link Call#onAbandon}.
 *
 * <pre>
 *   hooks ── the work has ended ──▶ ENDED: hooks are dropped
 *     └───── given up ───────────▶ ABANDONED: each has run, or runs at once
 * </pre>
 */
final class AbandonHooks {
    private static final Logger LOG = LoggerFactory.getLogger(Call.class);
    private static final Object ENDED = new Object();
    private static final Object ABANDONED = new Object();
    /** How soon an interrupt by somebody else is noticed that the work itself does not notice. */
    private static final long LOOK_NANOS = 20_000_000;

    private final Environment environment;
    private final String name;
    /** The thread of a blocking call; {@code null} where interrupts are no matter of the call's. */
    private final @Nullable Thread thread;

    private final @Nullable Interruption innermost;
    /** A list of hooks, or one of the ends. */
    private final AtomicReference<Object> state = new AtomicReference<>(List.of());

    /** For work that the current thread runs, whose interruptions end it. */
    static AbandonHooks ofBlocking(Chain chain) {
        return new AbandonHooks(chain, Thread.currentThread(), Interruptions.innermost());
    }

    /** For work that gives a stage. */
    static AbandonHooks ofStage(Chain chain) {
        return new AbandonHooks(chain, null, null);
    }

    /** For a race, which is given up with what is around it on its caller's thread. */
    static AbandonHooks ofRace(Chain chain, @Nullable Interruption around) {
        return new AbandonHooks(chain, null, around);
    }

    private AbandonHooks(Chain chain, @Nullable Thread thread, @Nullable Interruption innermost) {
        this.environment = chain.environment;
        this.name = chain.name;
        this.thread = thread;
        this.innermost = innermost;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // What is no end is a list.
    void add(Runnable own) {
        ThreadContext.Snapshot context = contextOfThread();
        Runnable hook = context == null ? own : () -> Carried.within(context, name, own);
        while (true) {
            Object now = state.get();
            if (now == ENDED) {
                return;
            }
            if (now == ABANDONED) {
                run(hook);
                return;
            }
            List<Runnable> before = (List<Runnable>) now;
            List<Runnable> more = new ArrayList<>(before);
            more.add(hook);
            if (state.compareAndSet(now, more)) {
                if (before.isEmpty()) {
                    watch();
                }
                return;
            }
        }
    }

    private ThreadContext.@Nullable Snapshot contextOfThread() {
        try {
            return Carried.captureWithoutLimit(environment, name);
        } catch (UnavailableException broken) {
            Policy.tryTo(() -> LOG.warn("The context of a call threw; its hook runs without it", broken));
            return null;
        }
    }

    private void watch() {
        boolean over = false;
        for (Interruption each = innermost; each != null; each = each.outer) {
            each.add(this);
            over |= each.hasEndedWork();
        }
        if (over) {
            abandon();
        } else if (thread != null) {
            new Look().schedule();
        }
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // What is no end is a list.
    void abandon() {
        Object now = state.get();
        while (now != ENDED && now != ABANDONED) {
            if (state.compareAndSet(now, ABANDONED)) {
                List<Runnable> hooks = (List<Runnable>) now;
                if (!hooks.isEmpty()) {
                    HandOver.to(environment, () -> runAll(hooks));
                }
                return;
            }
            now = state.get();
        }
    }

    private void runAll(List<Runnable> hooks) {
        for (Runnable hook : hooks) {
            // What it would end belongs to others once the work has ended: a connection that is back in its pool.
            if (state.get() == ENDED) {
                return;
            }
            run(hook);
        }
    }

    void end() {
        Object before = state.getAndSet(ENDED);
        if (before instanceof List<?> hooks && !hooks.isEmpty()) {
            for (Interruption each = innermost; each != null; each = each.outer) {
                each.remove(this);
            }
        }
    }

    private boolean isOver() {
        return !(state.get() instanceof List);
    }

    private static void run(Runnable hook) {
        try {
            hook.run();
        } catch (Throwable thrown) {
            Policy.tryTo(() -> LOG.warn("A hook of work that was given up threw", thrown));
        }
    }

    /** Looks now and then whether somebody has interrupted the thread: nothing else tells. */
    private final class Look extends TimerEntry {
        private static final long serialVersionUID = 1L;
        private static final int OVER = 1;

        void schedule() {
            SystemEnvironment.start(this, LOOK_NANOS);
        }

        @Override
        void fire() {
            lazySet(OVER);
            if (isOver()) {
                return;
            }
            if (thread != null && thread.isInterrupted()) {
                abandon();
            } else {
                new Look().schedule();
            }
        }

        @Override
        public void cancel() {
            // It ends with the work.
        }
    }
}
