package dev.latchkey.server.monitoring;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.latchkey.server.configuration.Configuration.Records;
import org.slf4j.LoggerFactory;

/** How this process writes its log, by the settings: level by logger, and text or JSON. */
public final class LogOutput {
    private LogOutput() {}

    /** Takes effect at once, for all threads. */
    public static void apply(Records records) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        records.levels()
                .forEach((name, level) -> context.getLogger(name.isEmpty() ? Logger.ROOT_LOGGER_NAME : name)
                        .setLevel(levelOf(level)));
        switch (records.format()) {
            case TEXT -> {} // As in logback.xml.
            case JSON -> toJson(context);
        }
    }

    private static Level levelOf(Records.Level level) {
        return switch (level) {
            case OFF -> Level.OFF;
            case ERROR -> Level.ERROR;
            case WARN -> Level.WARN;
            case INFO -> Level.INFO;
            case DEBUG -> Level.DEBUG;
        };
    }

    private static void toJson(LoggerContext context) {
        JsonLines encoder = new JsonLines();
        encoder.setContext(context);
        encoder.start();
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
    }
}
