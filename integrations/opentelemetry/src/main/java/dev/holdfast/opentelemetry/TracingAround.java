// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import dev.holdfast.Around;
import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.RejectedException;
import dev.holdfast.internal.ErrorTypes;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of whatever is inside of it, and measures how long it took.
 *
 * <p>A call whose trace is not sampled gets no span: what it would be the parent of belongs to the same trace, and is not sampled either.
 */
final class TracingAround extends Around {
    static final String CALL = "call";
    static final String ATTEMPT = "attempt";

    private static final AttributeKey<String> POLICY = AttributeKey.stringKey("holdfast.policy");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("holdfast.outcome");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("holdfast.attempt");
    private static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("holdfast.attempts");

    /** How many attempts the call has made that the current context belongs to. */
    private static final ContextKey<AtomicInteger> COUNT = ContextKey.named("holdfast.attempts");

    private final String what;
    private final boolean isAttempt;
    private final @Nullable Tracer tracer;
    private final @Nullable Durations durations;
    private final ErrorTypes errorTypes = ErrorTypes.create();
    /** Those of most calls, built once. */
    private final Attributes success;

    TracingAround(
            String what, String name, Environment environment, @Nullable Tracer tracer, @Nullable Durations durations) {
        super(name, environment);
        this.what = what;
        this.isAttempt = what.equals(ATTEMPT);
        this.tracer = tracer;
        this.durations = durations;
        this.success = Attributes.of(POLICY, name, OUTCOME, outcomeOf(null));
    }

    /** What has begun. */
    private static final class Watch {
        final @Nullable Span span;
        final @Nullable Context context;
        final AtomicInteger attempts;
        final long start;

        Watch(@Nullable Span span, @Nullable Context context, AtomicInteger attempts, long start) {
            this.span = span;
            this.context = context;
            this.attempts = attempts;
            this.start = start;
        }
    }

    @Override
    public String kind() {
        return what;
    }

    @Override
    protected boolean isOn() {
        return durations != null || (tracer != null && mayBeSampled());
    }

    private static boolean mayBeSampled() {
        SpanContext parent = Span.current().getSpanContext();
        return !parent.isValid() || parent.isSampled();
    }

    /** An attempt has a number. */
    @Override
    protected boolean wantsCall() {
        return isAttempt && tracer != null;
    }

    @Override
    protected Object begin(@Nullable Call call) {
        long start = durations == null ? 0 : environment().nanoTime();
        AtomicInteger attempts = isAttempt ? Context.current().get(COUNT) : null;
        AtomicInteger counted = attempts == null ? new AtomicInteger() : attempts;
        if (isAttempt) {
            counted.incrementAndGet();
        }
        if (tracer == null || !mayBeSampled()) {
            Context context = isAttempt ? null : Context.current().with(COUNT, counted);
            return new Watch(null, context, counted, start);
        }
        Span span = tracer.spanBuilder(what + " " + name())
                .setAttribute(POLICY, name())
                .startSpan();
        if (call != null) {
            span.setAttribute(NUMBER, Long.valueOf(call.attempt()));
        }
        Context context = Context.current().with(span);
        return new Watch(span, isAttempt ? context : context.with(COUNT, counted), counted, start);
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // By the engine.
    protected @Nullable Scope bind(Object watch) {
        Context context = ((Watch) watch).context;
        return context == null ? null : context.makeCurrent()::close;
    }

    @Override
    protected void end(Object watch, Outcome<?> outcome) {
        Watch ended = (Watch) watch;
        Throwable failure = outcome.failure();
        Attributes attributes = failure == null ? success : attributesOf(failure);
        if (durations != null) {
            durations.record(environment().nanoTime() - ended.start, attributes);
        }
        Span span = ended.span;
        if (span != null) {
            try {
                span.setAllAttributes(attributes);
                if (!isAttempt) {
                    span.setAttribute(ATTEMPTS, Long.valueOf(ended.attempts.get()));
                }
                if (failure != null) {
                    span.setStatus(StatusCode.ERROR);
                    // Once: where attempts are spans, they have what their work threw.
                    if (isAttempt || ended.attempts.get() == 0 || failure instanceof RejectedException) {
                        span.recordException(failure);
                    }
                }
            } finally {
                span.end();
            }
        }
    }

    private Attributes attributesOf(Throwable failure) {
        return Attributes.of(POLICY, name(), OUTCOME, outcomeOf(failure), ERROR_TYPE, errorTypes.of(failure));
    }
}
