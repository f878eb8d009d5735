package dev.latchkey.server.api;

import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.monitoring.Metrics;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerResponse;

/** {@code GET /metrics} for Prometheus: with a key that has the scope {@code environment:metrics:read}, or for everyone, or not at all. */
public final class MetricsRoute {
    private final Metrics metrics;

    public MetricsRoute(Metrics metrics) {
        this.metrics = metrics;
    }

    public void register(Configuration.MetricsAccess access, Router router, HttpRules routing) {
        switch (access) {
            case OFF -> {}
            case OPEN -> routing.get("/metrics", (request, response) -> send(response));
            case KEY ->
                router.streaming(Method.GET, "/metrics", "environment:metrics:read", (call, response) -> {
                    call.withoutQuery();
                    send(response);
                });
        }
    }

    private void send(ServerResponse response) {
        response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.send(metrics.text());
    }
}
