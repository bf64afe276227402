// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.examples.demo;

import java.util.List;
import java.util.Locale;

/**
 * One run over time: throughput by outcome, latencies, and the state of the policies, one below the other. The scales do not
 * depend on the run, so that charts can be compared.
 */
final class RunChart {
    private static final int WIDTH = 440;
    private static final int LEFT = 58;
    private static final int RIGHT = 432;
    private static final int LABELS = 16;
    private static final int RATE_TOP = 48;
    private static final int RATE_BOTTOM = 208;
    private static final int LATENCY_TOP = 252;
    private static final int LATENCY_BOTTOM = 412;
    private static final int STATE_TOP = 456;
    private static final int STATE_BOTTOM = 496;
    private static final int HEIGHT = 526;

    /** The guard's own bound. */
    private static final int MOST_IN_FLIGHT = 1_000;

    /** Buckets to a bar or a point. */
    private static final int STEP = 2;

    private static final double SHORTEST = 1e4;
    private static final double LONGEST = 1e10;
    private static final List<Outcome> STACK = List.of(Outcome.FRESH, Outcome.DEGRADED, Outcome.FAILED, Outcome.MISSED);

    private final Result result;
    private final Script script;
    private final double mostPerSecond;
    private final Recorder recorder;
    private final Side side;
    private final Svg svg;

    /**
     * Draws nothing yet.
     *
     * @param result gives the phases
     * @param side whose run to draw
     */
    RunChart(Result result, Side side) {
        this.result = result;
        this.script = result.scenario().script();
        this.mostPerSecond = 1.2 * script.mostPerSecond();
        this.side = side;
        this.recorder = side.recorder();
        this.svg = new Svg(
                WIDTH,
                HEIGHT,
                "Throughput, latency and state of the policies of the " + side.label() + " run over time");
    }

    String draw() {
        faults();
        throughput();
        loadAndCapacity();
        latencies();
        state();
        timeAxis();
        return svg.toString();
    }

    private void faults() {
        for (Span span : result.faults()) {
            double x = x(span.start());
            double width = x(span.end()) - x;
            String title = span.fault().label() + ": " + span.fault().description();
            svg.rect("fault", x, LABELS + 8, width, STATE_BOTTOM - LABELS - 8, title);
            svg.label(
                    "fault-label", "middle", x + width / 2, LABELS, span.fault().label());
        }
    }

    private void throughput() {
        svg.label("panel", "start", LEFT, RATE_TOP - 8, "calls per second");
        for (double share : new double[] {0, 0.5, 1}) {
            double rate = share * script.mostPerSecond();
            svg.line("grid", LEFT, rateY(rate), RIGHT, rateY(rate));
            svg.label("tick", "end", LEFT - 6, rateY(rate) + 4, Units.format("%.0f", rate));
        }
        double seconds = STEP * Recorder.BUCKET_NANOS / 1e9;
        for (int i = 0; i + STEP <= lastBucket(); i += STEP) {
            Tally tally = recorder.between(i, i + STEP);
            double left = x(i * Recorder.BUCKET_NANOS);
            double width = x((i + STEP) * Recorder.BUCKET_NANOS) - left;
            double below = 0;
            for (Outcome outcome : STACK) {
                double rate = tally.count(outcome) / seconds;
                if (rate > 0) {
                    double top = rateY(Math.min(mostPerSecond, below + rate));
                    svg.rect(kind(outcome), left + 0.4, top, width - 0.8, rateY(below) - top);
                    below = Math.min(mostPerSecond, below + rate);
                }
            }
        }
    }

    /** Only where they say something: where the load comes near to what the service can do. */
    private void loadAndCapacity() {
        double capacity = result.scenario().capacity().perSecond();
        if (capacity > mostPerSecond) {
            return;
        }
        svg.line("capacity", LEFT, rateY(capacity), RIGHT, rateY(capacity));
        StringBuilder offered = new StringBuilder();
        for (Span span : result.spans()) {
            double y = rateY(script.duePerSecond(span.index()));
            offered.append(Units.format(
                    "%s%.1f %.1fL%.1f %.1f", offered.isEmpty() ? "M" : "L", x(span.start()), y, x(span.end()), y));
        }
        svg.path("offered", offered.toString());
    }

    static String kind(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    private void latencies() {
        svg.label("panel", "start", LEFT, LATENCY_TOP - 8, "latency of calls, logarithmic");
        String[] names = {"10 \u00b5s", "100 \u00b5s", "1 ms", "10 ms", "100 ms", "1 s", "10 s"};
        for (int i = 0; i < names.length; i++) {
            double y = latencyY(SHORTEST * Math.pow(10, i));
            svg.line("grid", LEFT, y, RIGHT, y);
            svg.label("tick", "end", LEFT - 6, y + 4, names[i]);
        }
        double timeout = latencyY(StockClient.TIMEOUT.toNanos());
        svg.line("limit", LEFT, timeout, RIGHT, timeout);
        svg.path("p99", latencyPath(0.99));
        svg.path("p50", latencyPath(0.5));
    }

    private String latencyPath(double fraction) {
        StringBuilder data = new StringBuilder();
        boolean drawing = false;
        for (int i = 0; i + STEP <= lastBucket(); i += STEP) {
            long nanos = recorder.between(i, i + STEP).percentile(fraction);
            if (nanos >= 0) {
                double x = x((2 * i + STEP) * Recorder.BUCKET_NANOS / 2);
                data.append(Units.format("%s%.1f %.1f", drawing ? "L" : "M", x, latencyY(nanos)));
            }
            // Where no call has ended there is no line either.
            drawing = nanos >= 0;
        }
        return data.toString();
    }

    private void state() {
        BreakerLog breaker = side.breaker();
        LimitLog limit = side.limit();
        if (breaker != null) {
            breakerStates(breaker);
        } else if (limit != null) {
            limits(limit);
        } else {
            svg.label("panel", "start", LEFT, STATE_TOP - 8, "no policy");
            svg.rect("none", LEFT, STATE_TOP, RIGHT - LEFT, STATE_BOTTOM - STATE_TOP);
        }
    }

    private void limits(LimitLog limit) {
        svg.label("panel", "start", LEFT, STATE_TOP - 8, "limit of calls in flight, logarithmic");
        for (int calls = 1; calls <= MOST_IN_FLIGHT; calls *= 10) {
            double y = limitY(calls);
            svg.line("grid", LEFT, y, RIGHT, y);
            if (calls == 1 || calls == MOST_IN_FLIGHT) {
                svg.label("tick", "end", LEFT - 6, y + 4, "" + calls);
            }
        }
        StringBuilder data = new StringBuilder();
        for (LimitLog.Change change : limit.changes()) {
            data.append(data.isEmpty() ? "M" : "H").append(Units.format("%.1f", x(change.at())));
            data.append(data.indexOf("V") < 0 && data.indexOf("H") < 0 ? " " : "V");
            data.append(Units.format("%.1f", limitY(change.to())));
        }
        data.append(Units.format("H%d", RIGHT));
        svg.path("learned", data.toString());
    }

    private static double limitY(double calls) {
        double share = Math.log10(Math.max(1, Math.min(MOST_IN_FLIGHT, calls))) / Math.log10(MOST_IN_FLIGHT);
        return STATE_BOTTOM - (STATE_BOTTOM - STATE_TOP) * share;
    }

    private void breakerStates(BreakerLog breaker) {
        svg.label("panel", "start", LEFT, STATE_TOP - 8, "circuit breaker");
        double height = STATE_BOTTOM - STATE_TOP;
        List<BreakerLog.Change> changes = breaker.changes();
        for (int i = 0; i < changes.size(); i++) {
            String state = changes.get(i).to();
            long end = i + 1 < changes.size() ? changes.get(i + 1).at() : result.end();
            double left = x(changes.get(i).at());
            svg.rect("state " + stateKind(state), left, STATE_TOP, Math.max(0.5, x(end) - left), height, state);
        }
    }

    static String stateKind(String state) {
        return switch (state) {
            case BreakerLog.CLOSED -> "closed";
            case BreakerLog.OPEN -> "open";
            default -> "half-open";
        };
    }

    private void timeAxis() {
        for (long second = 0; second * 1_000_000_000 <= result.end(); second += secondsToATick()) {
            double x = x(second * 1_000_000_000);
            svg.line("axis", x, STATE_BOTTOM, x, STATE_BOTTOM + 5);
            svg.label("tick", "middle", x, STATE_BOTTOM + 22, second + " s");
        }
    }

    private long secondsToATick() {
        return result.end() > 25_000_000_000L ? 10 : 5;
    }

    private int lastBucket() {
        return (int) Math.min(recorder.buckets(), result.end() / Recorder.BUCKET_NANOS);
    }

    private double x(long nanos) {
        return LEFT + (RIGHT - LEFT) * (double) Math.min(nanos, result.end()) / result.end();
    }

    private double rateY(double perSecond) {
        return RATE_BOTTOM - (RATE_BOTTOM - RATE_TOP) * perSecond / mostPerSecond;
    }

    private static double latencyY(double nanos) {
        double decades = Math.log10(Math.max(SHORTEST, Math.min(LONGEST, nanos)) / SHORTEST);
        return LATENCY_BOTTOM - (LATENCY_BOTTOM - LATENCY_TOP) * decades / Math.log10(LONGEST / SHORTEST);
    }
}
