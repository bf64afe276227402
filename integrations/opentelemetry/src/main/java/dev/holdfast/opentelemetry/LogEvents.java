// SPDX-License-Identifier: Apache-2.0
package dev.holdfast.opentelemetry;

import dev.holdfast.Event;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.LoggerProvider;
import io.opentelemetry.api.logs.Severity;
import java.time.Duration;

/** Events as log records with an event name, which take the place of span events. */
final class LogEvents {
    private final Logger logger;

    LogEvents(LoggerProvider loggers) {
        this.logger = loggers.loggerBuilder(Scope.NAME)
                .setInstrumentationVersion(Scope.version())
                .build();
    }

    void emit(Event event) {
        LogRecordBuilder entry = logger.logRecordBuilder()
                .setEventName(event.eventName())
                .setSeverity(severityOf(event.level()))
                .setSeverityText(event.level().name())
                .setBody(event.toString())
                .setAttribute("holdfast.policy", event.policy());
        event.details().forEach((name, value) -> add(entry, name, value));
        entry.emit();
    }

    private static void add(LogRecordBuilder entry, String name, Object value) {
        if (value instanceof Throwable failure) {
            entry.setAttribute("error.type", failure.getClass().getName());
        } else if (value instanceof Long || value instanceof Integer) {
            entry.setAttribute("holdfast." + name, ((Number) value).longValue());
        } else if (value instanceof Number number) {
            entry.setAttribute("holdfast." + name, number.doubleValue());
        } else if (value instanceof Duration duration) {
            entry.setAttribute("holdfast." + name, duration.toNanos() / 1e9);
        } else {
            entry.setAttribute("holdfast." + name, value.toString());
        }
    }

    private static Severity severityOf(System.Logger.Level level) {
        return switch (level) {
            case ERROR -> Severity.ERROR;
            case WARNING -> Severity.WARN;
            case INFO -> Severity.INFO;
            case DEBUG -> Severity.DEBUG;
            default -> Severity.TRACE;
        };
    }
}
