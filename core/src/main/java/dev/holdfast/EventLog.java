// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * What happens to sources, in the log: one line each, with the event's parts as key-value pairs of slf4j. Whatever is foreign in them, such
 * as names and messages, is escaped and cut.
 */
final class EventLog {
    private EventLog() {}

    /**
     * Logs an event at its level, by the logger of its source's class.
     *
     * @param event what happened
     * @param message the line, for people
     */
    static void write(Event.Change event, String message) {
        Policy.tryTo(() -> {
            Logger log = LoggerFactory.getLogger(event.source().getClass());
            Level level = levelOf(event.level());
            if (log.isEnabledForLevel(level)) {
                LoggingEventBuilder line = log.atLevel(level)
                        .addKeyValue("event", event.eventName())
                        .addKeyValue("holdfast.policy", Names.line(event.policy()));
                for (Map.Entry<String, Object> detail : event.details().entrySet()) {
                    line = line.addKeyValue("holdfast." + detail.getKey(), shown(detail.getValue()));
                }
                line.log(message);
            }
        });
    }

    private static Object shown(Object value) {
        if (value instanceof Number || value instanceof Boolean || value instanceof Enum<?>) {
            return value;
        }
        return value instanceof Throwable failure ? Names.shown(failure) : Names.line(value.toString());
    }

    private static Level levelOf(System.Logger.Level level) {
        return switch (level) {
            case ERROR -> Level.ERROR;
            case WARNING -> Level.WARN;
            case INFO -> Level.INFO;
            case DEBUG -> Level.DEBUG;
            default -> Level.TRACE;
        };
    }
}
