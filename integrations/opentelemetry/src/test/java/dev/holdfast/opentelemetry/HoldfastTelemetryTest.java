// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.Pipeline;
import dev.holdfast.Policy;
import dev.holdfast.Registry;
import dev.holdfast.bulkhead.Bulkhead;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.fallback.Fallback;
import dev.holdfast.ratelimiter.RateLimiter;
import dev.holdfast.retry.Retry;
import dev.holdfast.timeout.Timeout;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HoldfastTelemetryTest {
    private final InMemoryMetricReader reader = InMemoryMetricReader.create();
    private final OpenTelemetry openTelemetry = OpenTelemetrySdk.builder()
            .setMeterProvider(
                    SdkMeterProvider.builder().registerMetricReader(reader).build())
            .build();
    private final HoldfastTelemetry telemetry = HoldfastTelemetry.of(openTelemetry);

    private static List<Metered> everyPattern(String name) {
        return List.of(
                CircuitBreaker.ofDefaults(name),
                Retry.ofDefaults(name),
                Bulkhead.of(name, 3),
                Timeout.of(name, Duration.ofSeconds(1)),
                RateLimiter.builder(name).limit(5, Duration.ofSeconds(1)).build(),
                Fallback.<Object>of(name, Object.class, "instead"),
                RateLimiter.builder(name + "-keyed")
                        .limit(5, Duration.ofSeconds(1))
                        .keyed(100));
    }

    /** Values by name and labels. */
    private Map<String, Double> collected() {
        return reader.collectAllMetrics().stream()
                .flatMap(metric -> metric.getData().getPoints().stream()
                        .map(point -> Map.entry(metric.getName() + labels(point), value(point))))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static double value(PointData point) {
        return point instanceof LongPointData whole ? whole.getValue() : ((DoublePointData) point).getValue();
    }

    private static String labels(PointData point) {
        return point.getAttributes().asMap().entrySet().stream()
                .map(label -> label.getKey().getKey() + "=" + label.getValue())
                .sorted()
                .toList()
                .toString();
    }

    private static String labels(Meter meter) {
        return meter.labels().entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .sorted()
                .toList()
                .toString();
    }

    @Test
    @DisplayName("OB-9 every meter of every pattern is reported, with its name, unit, labels and value")
    void everyMeter() {
        List<Metered> all = everyPattern("inventory");
        all.forEach(telemetry::add);
        ((Policy<?>) all.get(0)).run(() -> {});
        Map<String, Double> collected = collected();
        Map<String, MetricData> metrics =
                reader.collectAllMetrics().stream().collect(Collectors.toMap(MetricData::getName, metric -> metric));
        for (Metered each : all) {
            for (Meter meter : each.meters()) {
                String series = meter.name() + labels(meter);
                if (Double.isNaN(meter.value())) {
                    assertThat(collected).doesNotContainKey(series);
                    continue;
                }
                assertThat(collected).containsEntry(series, meter.value());
                MetricData metric = metrics.get(meter.name());
                assertThat(metric.getUnit()).isEqualTo(meter.unit());
                assertThat(metric.getDescription()).isNotBlank();
                assertThat(metric.getType() == MetricDataType.LONG_SUM || metric.getType() == MetricDataType.DOUBLE_SUM)
                        .isEqualTo(meter.kind() == Meter.Kind.COUNTER);
                assertThat(metric.getInstrumentationScopeInfo().getName()).isEqualTo("dev.holdfast");
            }
        }
        assertThat(collected)
                .containsEntry(
                        "holdfast.circuitbreaker.calls[holdfast.outcome=success, holdfast.policy=inventory]", 1.0);
    }

    @Test
    @DisplayName("OB-2 after close nothing is reported, and nothing holds the policies")
    void closed() {
        Registry<CircuitBreaker> breakers = Registry.of(10, CircuitBreaker::ofDefaults);
        List<WeakReference<Object>> policies = closedTelemetry(breakers);
        assertThat(reader.collectAllMetrics()).isEmpty();
        breakers.get("late");
        assertThat(reader.collectAllMetrics()).isEmpty();
        breakers.remove("late");
        breakers.remove("followed");
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        assertThat(policies).allSatisfy(policy -> assertThat(policy.get()).isNull());
        assertThatThrownBy(() -> telemetry.add(CircuitBreaker.ofDefaults("x")))
                .isInstanceOf(IllegalStateException.class);
        telemetry.close();
    }

    private List<WeakReference<Object>> closedTelemetry(Registry<CircuitBreaker> breakers) {
        List<WeakReference<Object>> policies = new ArrayList<>();
        for (Metered each : everyPattern("inventory")) {
            telemetry.add(each);
            policies.add(new WeakReference<>(each));
        }
        telemetry.follow(breakers);
        policies.add(new WeakReference<>(breakers.get("followed")));
        assertThat(reader.collectAllMetrics()).isNotEmpty();
        telemetry.close();
        return policies;
    }

    @Test
    @DisplayName("OB-17 policies of a registry come and go, thousands of them, and leave nothing")
    void follows() {
        Registry<Bulkhead> bulkheads = Registry.of(10, name -> Bulkhead.of(name, 1));
        telemetry.follow(bulkheads);
        bulkheads.get("stays");
        int series = collected().size();
        for (int i = 0; i < 10_000; i++) {
            bulkheads.get("b" + i);
            bulkheads.remove("b" + i);
        }
        assertThat(collected())
                .hasSize(series)
                .allSatisfy((name, value) -> assertThat(name).contains("stays"));
        bulkheads.remove("stays");
        assertThat(reader.collectAllMetrics()).isEmpty();
    }

    @Test
    @DisplayName("OB-14 a meter that throws is left out, and the others are reported")
    void throwing() {
        Metered own = () -> List.of(
                Meter.counter("own.counted", "{call}", "Counted.", () -> {
                            throw new IllegalStateException("counter");
                        })
                        .with("label", "throws"),
                Meter.counter("own.counted", "{call}", "Counted.", () -> 7).with("label", "counts"),
                Meter.sum("own.time", "s", "Time.", () -> 1.5));
        telemetry.add(own);
        assertThat(collected())
                .containsExactlyInAnyOrderEntriesOf(Map.of("own.counted[label=counts]", 7.0, "own.time[]", 1.5));
    }

    @Test
    @DisplayName("OB-10 durations are in seconds, with bounds that are made for them")
    void durations() {
        var observed = telemetry.calls("orders");
        observed.run(() -> {});
        assertThatThrownBy(() -> observed.run(() -> {
                    throw new IllegalStateException("down");
                }))
                .isInstanceOf(IllegalStateException.class);
        Collection<MetricData> metrics = reader.collectAllMetrics();
        assertThat(metrics).hasSize(1);
        MetricData metric = metrics.iterator().next();
        assertThat(metric.getName()).isEqualTo("holdfast.call.duration");
        assertThat(metric.getUnit()).isEqualTo("s");
        assertThat(metric.getHistogramData().getPoints())
                .hasSize(2)
                .allSatisfy(point -> {
                    assertThat(point.getBoundaries()).isEqualTo(Durations.BOUNDS);
                    assertThat(point.getCount()).isOne();
                    assertThat(point.getSum()).isBetween(0.0, 5.0);
                })
                .extracting(PointData::getAttributes)
                .contains(Attributes.of(
                        AttributeKey.stringKey("holdfast.policy"),
                        "orders",
                        AttributeKey.stringKey("holdfast.outcome"),
                        "failure",
                        AttributeKey.stringKey("error.type"),
                        "java.lang.IllegalStateException"));
    }

    @Test
    @DisplayName("OB-5 a second policy of the same kind and name is refused by name")
    void sameName() {
        telemetry.add(CircuitBreaker.ofDefaults("inventory"));
        assertThatThrownBy(() -> telemetry.add(CircuitBreaker.ofDefaults("inventory")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("inventory");
    }

    @Test
    @DisplayName("OB-10 the exemplar of a duration is the span that took so long, and not the one around it")
    void exemplars() {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        OpenTelemetry traced = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(spans))
                        .build())
                .setMeterProvider(
                        SdkMeterProvider.builder().registerMetricReader(reader).build())
                .build();
        HoldfastTelemetry both = HoldfastTelemetry.of(traced);
        Pipeline.of(both.calls("orders"), both.attempts("orders")).run(() -> {});
        Map<String, String> exemplars = reader.collectAllMetrics().stream()
                .collect(Collectors.toMap(
                        MetricData::getName,
                        metric -> metric.getHistogramData().getPoints().iterator().next().getExemplars().stream()
                                .map(exemplar -> exemplar.getSpanContext().getSpanId())
                                .collect(Collectors.joining())));
        Map<String, String> ids = spans.getFinishedSpanItems().stream()
                .collect(Collectors.toMap(
                        span -> "holdfast." + span.getName().split(" ")[0] + ".duration", SpanData::getSpanId));
        assertThat(exemplars).isEqualTo(ids).hasSize(2);
    }

    @Test
    @DisplayName(
            "OB-5 a policy in two telemetries of one OpenTelemetry is logged, once, and not any more when the first has let go of it")
    void twoOfOne() {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        HoldfastTelemetry second = HoldfastTelemetry.of(openTelemetry);
        telemetry.add(breaker);
        assertThat(logged(() -> second.add(breaker)).lines().filter(line -> line.contains("WARN")))
                .singleElement()
                .asString()
                .contains("HoldfastTelemetry", "inventory", "one HoldfastTelemetry for each OpenTelemetry");
        second.close();
        telemetry.close();
        HoldfastTelemetry third = HoldfastTelemetry.of(openTelemetry);
        assertThat(logged(() -> third.add(breaker))).isEmpty();
    }

    private static String logged(Runnable action) {
        PrintStream before = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setErr(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
