package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.telemetry.Span;
import java.util.Locale;

/** What the span of a refresh says. */
final class RefreshSpans {
    private RefreshSpans() {}

    static void describe(Span span, Connection connection) {
        span.put(Span.Fact.PROVIDER, connection.provider());
        span.put(Span.Fact.INTEGRATION, connection.integrationKey());
        span.put(Span.Fact.CONNECTION, connection.id().toString());
    }

    static void ended(Span span, Outcome outcome) {
        switch (outcome) {
            case Outcome.Fresh _ -> span.put(Span.Fact.OUTCOME, "fresh");
            case Outcome.Deleted _ -> span.put(Span.Fact.OUTCOME, "deleted");
            case Outcome.Failed it -> {
                String reason = it.reason().name().toLowerCase(Locale.ROOT);
                span.put(Span.Fact.OUTCOME, reason);
                span.failed(reason);
            }
        }
    }
}
