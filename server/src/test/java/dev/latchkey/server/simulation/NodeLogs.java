package dev.latchkey.server.simulation;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/** While it is open, what this process logs goes to a file: nodes whose world breaks on purpose have much to say. */
final class NodeLogs implements AutoCloseable {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final List<Appender<ILoggingEvent>> usual = new ArrayList<>();
    private final FileAppender<ILoggingEvent> file = new FileAppender<>();

    NodeLogs(Path path) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayoutEncoder lines = new PatternLayoutEncoder();
        lines.setContext(context);
        lines.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n%ex{8}");
        lines.start();
        file.setContext(context);
        file.setFile(path.toString());
        file.setEncoder(lines);
        file.start();
        root.iteratorForAppenders().forEachRemaining(usual::add);
        usual.forEach(root::detachAppender);
        root.addAppender(file);
        java.util.logging.Logger.getLogger("io.helidon").setLevel(java.util.logging.Level.WARNING);
    }

    @Override
    public void close() {
        root.detachAppender(file);
        file.stop();
        usual.forEach(root::addAppender);
        java.util.logging.Logger.getLogger("io.helidon").setLevel(java.util.logging.Level.INFO);
    }
}
