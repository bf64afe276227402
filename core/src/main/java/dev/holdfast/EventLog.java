// SPDX-License-Identifier: Apache-2.0
package dev.holdfast;

import dev.holdfast.internal.Names;
import java.util.Map;
import java.util.function.Supplier;
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
     * Logs an event at its level, by the logger of its source's class. Where it throws when it is asked what to log, that is logged.
     *
     * @param event what happened
     * @param message the line, for people
     */
    static void write(Event.Change event, Supplier<String> message) {
        Policy.tryTo(() -> {
            Logger log = LoggerFactory.getLogger(event.source().getClass());
            try {
                write(log, event, message);
            } catch (RuntimeException | LinkageError | StackOverflowError thrown) {
                log.warn("A {} could not be logged: it threw", event.getClass().getName(), thrown);
            }
        });
    }

    private static void write(Logger log, Event.Change event, Supplier<String> message) {
        Level level = levelOf(event.level());
        if (log.isEnabledForLevel(level)) {
            LoggingEventBuilder line = log.atLevel(level)
                    .addKeyValue("event", Names.line(event.eventName()))
                    .addKeyValue("holdfast.policy", Names.line(event.policy()));
            for (Map.Entry<String, Object> detail : event.details().entrySet()) {
                line = line.addKeyValue("holdfast." + Names.line(detail.getKey()), EventText.shown(detail.getValue()));
            }
            line.log(Names.oneLine(message.get()));
        }
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
