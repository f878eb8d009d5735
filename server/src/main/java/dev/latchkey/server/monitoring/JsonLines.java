package dev.latchkey.server.monitoring;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.telemetry.Step;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import tools.jackson.databind.node.ObjectNode;

/**
 * Log lines as JSON objects, one a line: {@code time} (RFC 3339, with this machine's offset), {@code level}, {@code logger}, {@code
 * thread}, {@code message}, and where they exist {@code request_id}, {@code trace_id}, {@code span_id} and {@code exception}.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    private static final byte[] NOTHING = {};

    private final ZoneId zone = ZoneId.systemDefault();

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        ObjectNode line = Json.MAPPER.createObjectNode();
        line.put("time", TIME.format(OffsetDateTime.ofInstant(Instant.ofEpochMilli(event.getTimeStamp()), zone)));
        line.put("level", event.getLevel().toString());
        line.put("logger", event.getLoggerName());
        line.put("thread", event.getThreadName());
        line.put("message", event.getFormattedMessage());
        // The appender writes on the thread that logs.
        Step step = Step.current();
        if (!step.request().isEmpty()) {
            line.put("request_id", step.request());
        }
        step.span().ids().ifPresent(ids -> line.put("trace_id", ids.trace()).put("span_id", ids.span()));
        if (event.getThrowableProxy() instanceof ThrowableProxy thrown) {
            line.put("exception", ThrowableProxyUtil.asString(thrown));
        }
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }
}
