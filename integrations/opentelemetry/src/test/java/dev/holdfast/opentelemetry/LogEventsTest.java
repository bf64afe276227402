// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Event;
import dev.holdfast.Meter;
import dev.holdfast.Metered;
import dev.holdfast.Pipeline;
import dev.holdfast.Registry;
import dev.holdfast.Source;
import dev.holdfast.circuitbreaker.CircuitBreaker;
import dev.holdfast.retry.Retry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.testing.exporter.InMemoryLogRecordExporter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LogEventsTest {
    private final InMemoryLogRecordExporter exporter = InMemoryLogRecordExporter.create();
    private final HoldfastTelemetry telemetry = HoldfastTelemetry.of(OpenTelemetrySdk.builder()
            .setLoggerProvider(SdkLoggerProvider.builder()
                    .addLogRecordProcessor(SimpleLogRecordProcessor.create(exporter))
                    .build())
            .build());
    private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");

    private static void fail(CircuitBreaker breaker) {
        for (int i = 0; i < 10; i++) {
            try {
                breaker.run(() -> {
                    throw new IllegalStateException("down");
                });
            } catch (IllegalStateException expected) {
                // Until it opens.
            }
        }
    }

    @Test
    @DisplayName(
            "A breaker that opens is one log record with a name, a severity and its parts, also where it stands in two pipelines")
    void opening() {
        telemetry.add(Pipeline.of(Retry.ofDefaults("a"), breaker)).add(Pipeline.of(Retry.ofDefaults("b"), breaker));
        fail(breaker);
        List<LogRecordData> records = exporter.getFinishedLogRecordItems();
        assertThat(records).hasSize(1);
        LogRecordData opened = records.get(0);
        assertThat(opened.getEventName()).isEqualTo("holdfast.circuitbreaker.state_changed");
        assertThat(opened.getSeverity()).isEqualTo(Severity.WARN);
        assertThat(opened.getInstrumentationScopeInfo().getName()).isEqualTo("dev.holdfast");
        assertThat(opened.getInstrumentationScopeInfo().getVersion()).isNotBlank();
        assertThat(opened.getAttributes().get(AttributeKey.stringKey("holdfast.policy")))
                .isEqualTo("inventory");
        assertThat(opened.getAttributes().get(AttributeKey.stringKey("holdfast.to")))
                .isEqualTo("OPEN");
        assertThat(opened.getAttributes().get(AttributeKey.longKey("holdfast.failures")))
                .isEqualTo(10);
        assertThat(opened.getAttributes().get(AttributeKey.stringKey("error.type")))
                .isEqualTo("java.lang.IllegalStateException");
    }

    @Test
    @DisplayName("What was removed, and what is closed, tells nothing more; what comes into a registry does")
    void gone() {
        Registry<CircuitBreaker> registry = Registry.of(3, CircuitBreaker::ofDefaults);
        telemetry.add(breaker).follow(registry);
        telemetry.remove(breaker);
        fail(breaker);
        assertThat(exporter.getFinishedLogRecordItems()).isEmpty();
        fail(registry.get("later"));
        assertThat(exporter.getFinishedLogRecordItems()).hasSize(1);
        telemetry.close();
        fail(registry.get("never"));
        assertThat(exporter.getFinishedLogRecordItems()).hasSize(1);
    }

    @Test
    @DisplayName("OB-17 what is made of sources, as guards are, has its events exported")
    void madeOfSources() {
        telemetry.add(new Metered() {
            @Override
            public List<Meter> meters() {
                return breaker.meters();
            }

            @Override
            public List<Source> sources() {
                return List.of(Pipeline.of(breaker));
            }
        });
        fail(breaker);
        assertThat(exporter.getFinishedLogRecordItems()).hasSize(1);
    }

    /** What every kind of value becomes. */
    private record Mixed(Source source, System.Logger.Level level) implements Event.Change {
        @Override
        public Map<String, Object> details() {
            return Event.detailsOf("time", Duration.ofMillis(1_500), "ratio", 0.5, "count", 7, "text", List.of("x"));
        }
    }

    @Test
    @DisplayName("OB-10 times are seconds, numbers are numbers, and levels are severities")
    void values() {
        LogEvents events = new LogEvents(SdkLoggerProvider.builder()
                .addLogRecordProcessor(SimpleLogRecordProcessor.create(exporter))
                .build());
        for (System.Logger.Level level : System.Logger.Level.values()) {
            events.emit(new Mixed(breaker, level));
        }
        assertThat(exporter.getFinishedLogRecordItems())
                .extracting(LogRecordData::getSeverity)
                .containsExactly(
                        Severity.TRACE,
                        Severity.TRACE,
                        Severity.DEBUG,
                        Severity.INFO,
                        Severity.WARN,
                        Severity.ERROR,
                        Severity.TRACE);
        assertThat(exporter.getFinishedLogRecordItems().get(0).getAttributes().asMap())
                .containsEntry(AttributeKey.doubleKey("holdfast.time"), 1.5)
                .containsEntry(AttributeKey.doubleKey("holdfast.ratio"), 0.5)
                .containsEntry(AttributeKey.longKey("holdfast.count"), 7L)
                .containsEntry(AttributeKey.stringKey("holdfast.text"), "[x]");
    }
}
