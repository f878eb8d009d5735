package dev.latchkey.server.monitoring;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;

/** The ids of what the logging thread works on, in a line of text: {@code [request 7f3a..., trace 4bf9...]}; nothing where there are none. */
public final class StepConverter extends ClassicConverter {
    @Override
    public String convert(ILoggingEvent event) {
        // The appender writes on the thread that logs.
        Step step = Step.current();
        String request = step.request().isEmpty() ? "" : "request " + step.request();
        String trace =
                step.span().ids().map(Span.Ids::trace).map(id -> "trace " + id).orElse("");
        String both = request + (request.isEmpty() || trace.isEmpty() ? "" : ", ") + trace;
        return both.isEmpty() ? "" : " [" + both + "]";
    }
}
