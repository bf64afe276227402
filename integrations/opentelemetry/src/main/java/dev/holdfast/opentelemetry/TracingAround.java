// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import dev.holdfast.Around;
import dev.holdfast.Call;
import dev.holdfast.Environment;
import dev.holdfast.Outcome;
import dev.holdfast.Policy;
import dev.holdfast.internal.ErrorTypes;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of whatever is inside of it, and measures how long it took.
 *
 * <p>A call inside of a span of this process that is not sampled gets no span: what it would be the parent of belongs to the same trace, and is not
 * sampled either. Whether a parent in another process decides is the sampler's business.
 */
final class TracingAround extends Around {
    static final String CALL = "call";
    static final String ATTEMPT = "attempt";

    private static final AttributeKey<String> POLICY = AttributeKey.stringKey("holdfast.policy");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("holdfast.outcome");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("holdfast.attempt");
    private static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("holdfast.attempts");

    /** The innermost of our spans that the current context is in. */
    private static final ContextKey<Traced> INNERMOST = ContextKey.named("holdfast.traced");

    private final String what;
    final boolean isAttempt;
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

    @Override
    public String kind() {
        return what;
    }

    @Override
    protected boolean isOn() {
        return durations != null || (tracer != null && mayBeSampled());
    }

    private static boolean mayBeSampled() {
        Span current = Span.current();
        SpanContext parent = current.getSpanContext();
        return !parent.isValid() || parent.isSampled() || parent.isRemote() || current.isRecording();
    }

    /** To know which attempts are a call's own, and which number they have. */
    @Override
    protected boolean wantsCall() {
        return tracer != null && mayBeSampled();
    }

    @Override
    protected Object begin(@Nullable Call call) {
        long start = durations == null ? 0 : environment().nanoTime();
        if (tracer == null || !mayBeSampled()) {
            return new Traced(this, null, null, start, Context.current(), null);
        }
        SpanBuilder builder = tracer.spanBuilder(what + " " + name()).setAttribute(POLICY, name());
        if (isAttempt && call != null) {
            builder.setAttribute(NUMBER, Long.valueOf(call.attempt()));
        }
        Span span = builder.startSpan();
        Traced traced = null;
        try {
            traced = within(Context.current(), span, call == null ? null : call.pipeline(), start);
            return traced;
        } finally {
            if (traced == null) {
                // Nobody will end it: what has not begun does not end.
                span.end();
            }
        }
    }

    private Traced within(Context current, Span span, @Nullable Policy<?> pipeline, long start) {
        Traced traced = new Traced(this, pipeline, span, start, current, current.get(INNERMOST));
        traced.context = current.with(span).with(INNERMOST, traced);
        if (isAttempt) {
            traced.countAtCalls();
        }
        return traced;
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // By the engine.
    protected @Nullable Scope bind(Object watch) {
        Traced traced = (Traced) watch;
        return traced.span == null ? null : traced.context.makeCurrent()::close;
    }

    /** A span that has begun ends, whatever else of this fails: clocks, histograms and exceptions are somebody else's code. */
    @Override
    protected void end(Object watch, Outcome<?> outcome) {
        Traced ended = (Traced) watch;
        Span span = ended.span;
        try {
            Throwable failure = outcome.failure();
            Attributes attributes = failure == null ? success : attributesOf(failure, errorOf(outcome));
            try {
                if (span != null) {
                    describe(span, ended, attributes, errorOf(outcome));
                }
            } finally {
                if (durations != null) {
                    durations.record(environment().nanoTime() - ended.start, attributes, ended.context);
                }
            }
        } finally {
            if (span != null) {
                span.end();
            }
        }
    }

    private void describe(Span span, Traced ended, Attributes attributes, @Nullable Throwable error) {
        span.setAllAttributes(attributes);
        if (!isAttempt) {
            span.setAttribute(ATTEMPTS, Long.valueOf(ended.attempts()));
        }
        if (error != null) {
            span.setStatus(StatusCode.ERROR);
            ended.record(error);
        }
    }

    private Attributes attributesOf(Throwable failure, @Nullable Throwable error) {
        String is = outcomeOf(failure);
        return error == null
                ? Attributes.of(POLICY, name(), OUTCOME, is)
                : Attributes.of(POLICY, name(), OUTCOME, is, ERROR_TYPE, errorTypes.of(error));
    }
}
