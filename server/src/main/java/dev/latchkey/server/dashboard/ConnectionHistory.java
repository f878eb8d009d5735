package dev.latchkey.server.dashboard;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.History;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Redactor;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** What happened to a connection, with the webhooks that reported it. */
final class ConnectionHistory {
    static final int LENGTH = 30;

    private final History history;
    private final Deliveries deliveries;

    ConnectionHistory(History history, Deliveries deliveries) {
        this.history = history;
        this.deliveries = deliveries;
    }

    /** The newest first. @param before of a time before it */
    List<LogEntry> of(Connection connection, Optional<Instant> before) {
        List<Delivery> sent = deliveries
                .list(
                        connection.environment(),
                        new Deliveries.Filter(
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(connection.name()),
                                Optional.of(connection.integrationKey()),
                                Optional.empty(),
                                before,
                                Optional.empty(),
                                LENGTH))
                .deliveries();
        Map<UUID, Deliveries.Sent> exchanges = deliveries.lastSent(connection.environment(), sent);
        Stream<LogEntry> reported = sent.stream()
                .map(delivery -> reported(connection, delivery, Optional.ofNullable(exchanges.get(delivery.id()))));
        return Stream.concat(history.of(connection, before, LENGTH).stream(), reported)
                .sorted(Comparator.comparing(LogEntry::at).reversed())
                .limit(LENGTH)
                .toList();
    }

    private static LogEntry reported(Connection connection, Delivery delivery, Optional<Deliveries.Sent> exchange) {
        String became = switch (delivery.progress().state()) {
            case DELIVERED -> "delivered";
            case PENDING -> "on its way";
            case FAILED -> "not delivered";
        };
        return new LogEntry(
                connection.environment(),
                delivery.id(),
                delivery.createdAt(),
                delivery.event().id(),
                LogEntry.Type.WEBHOOK,
                delivery.progress().state() == Delivery.State.FAILED ? LogEntry.State.FAILED : LogEntry.State.DONE,
                LogEntry.Subject.of(connection),
                "Webhook " + delivery.event().type() + " " + became,
                exchange.map(ConnectionHistory::details).orElseGet(Json.MAPPER::createObjectNode),
                exchange.map(it -> Duration.ofMillis(it.attempt().tookMillis())));
    }

    private static ObjectNode details(Deliveries.Sent exchange) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.putObject("request")
                .put("method", "POST")
                .put("url", exchange.attempt().url())
                .set("body", Redactor.message(exchange.body()));
        ObjectNode answer = json.putObject("answer");
        exchange.attempt().status().ifPresent(status -> answer.put("status", status));
        exchange.attempt().error().ifPresent(error -> answer.put("error", error));
        if (!exchange.attempt().answer().isEmpty()) {
            answer.set("body", Redactor.message(exchange.attempt().answer()));
        }
        return json;
    }
}
