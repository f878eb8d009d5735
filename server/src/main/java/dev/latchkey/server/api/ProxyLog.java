package dev.latchkey.server.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.egress.Incoming;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.logs.Redactor;
import dev.latchkey.server.proxy.ProxyCall;
import dev.latchkey.server.proxy.ProxyOutcome;
import dev.latchkey.server.proxy.ProxyTrace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One line of the log for each call, once it is over: its steps, and after a failure the provider's message. The headers and bodies of
 * successful calls are not examined: there are thousands a second.
 */
final class ProxyLog {
    private final Logs logs;
    /** Cached with the connection in memory, so that its secrets are collected once and not for each call. */
    private final Cache<Connection, Operation> known =
            Caffeine.newBuilder().weakKeys().maximumSize(10_000).build();

    ProxyLog(Logs logs) {
        this.logs = logs;
    }

    /** @param whole whether the caller got all of the response @param took from the request to the response's last byte */
    void responded(ProxyCall call, Incoming response, ProxyTrace trace, boolean whole, Duration took) {
        Operation operation = operation(call, trace);
        boolean failed = response.status() >= 400;
        ObjectNode details = details(call, trace, operation.secrets());
        if (trace.received() > 0) {
            details.put("received_bytes", trace.received());
        }
        if (failed || trace.isEventful()) {
            said(details.putObject("answer"), call, response, trace, operation.secrets());
        }
        logs.record(
                operation,
                whole && !failed ? LogEntry.State.DONE : LogEntry.State.FAILED,
                what(call) + " answered " + response.status() + after(trace)
                        + (whole ? "" : "; the transfer was interrupted"),
                details,
                Optional.of(took));
    }

    void refused(ProxyCall call, ProxyOutcome.Refused refused, ProxyTrace trace, Duration took) {
        Operation operation = operation(call, trace);
        logs.record(
                operation,
                LogEntry.State.FAILED,
                what(call) + after(trace) + ": " + refused.message(),
                details(call, trace, operation.secrets()),
                Optional.of(took));
    }

    private Operation operation(ProxyCall call, ProxyTrace trace) {
        Connection connection = trace.connection().orElse(call.connection());
        UUID id = logs.newOperation();
        return known.get(connection, it -> Operation.of(id, LogEntry.Type.PROXY, call.integration(), it))
                .again(id);
    }

    private static String what(ProxyCall call) {
        return call.method() + " /" + call.endpoint();
    }

    private static String after(ProxyTrace trace) {
        return switch (trace.retries().size()) {
            case 0 -> "";
            case 1 -> " after a retry";
            default -> " after " + trace.retries().size() + " retries";
        };
    }

    private static ObjectNode details(ProxyCall call, ProxyTrace trace, Set<String> secrets) {
        ObjectNode details = Json.MAPPER.createObjectNode();
        if (!call.body().isEmpty()) {
            details.put("sent_bytes", call.body().size());
        }
        if (trace.isEventful()) {
            if (!trace.heldBack().isZero()) {
                details.put("held_back_ms", trace.heldBack().toMillis());
            }
            if (trace.isRenewed()) {
                details.put("renewed", true);
            }
            if (!trace.retries().isEmpty()) {
                ArrayNode retries = details.putArray("retries");
                trace.retries()
                        .forEach(retry -> retries.addObject()
                                .put("why", Redactor.text(retry.why(), secrets))
                                .put("waited_ms", retry.waited().toMillis()));
            }
        }
        return details;
    }

    private static void said(
            ObjectNode shown, ProxyCall call, Incoming response, ProxyTrace trace, Set<String> secrets) {
        Map<String, String> headers = new HashMap<>();
        response.headers((name, value) -> headers.merge(name, value, (all, next) -> all + ", " + next));
        shown.put("status", response.status());
        shown.set("headers", Redactor.known(headers, secrets));
        byte[] body = trace.failure();
        boolean coded = response.header("content-encoding").isPresent()
                && !call.options().decompress();
        if (body.length > 0 && !coded) {
            Redactor.beginning(
                            response.header("content-type").orElse(""),
                            new String(body, StandardCharsets.UTF_8),
                            secrets)
                    .ifPresent(words -> shown.put("body", words));
        }
    }
}
