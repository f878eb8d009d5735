package dev.latchkey.server.api;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.monitoring.NodeHealth;
import dev.latchkey.server.monitoring.Readiness;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /health} for operators, {@code /health/live} for whoever restarts this process, {@code /health/ready} for load balancers. The
 * first two are 200 as long as the process serves: a restart fixes none of the problems that the first one names.
 */
public final class NodeHealthRoute {
    private final NodeHealth health;
    private final Readiness readiness;

    public NodeHealthRoute(NodeHealth health, Readiness readiness) {
        this.health = health;
        this.readiness = readiness;
    }

    public void register(HttpRules routing) {
        routing.get("/health", this::get)
                .get("/health/live", (request, response) -> send(response, Status.OK_200, "ok"))
                .get("/health/ready", this::ready);
    }

    private void ready(ServerRequest request, ServerResponse response) {
        Readiness.State state = readiness.state();
        switch (state) {
            case READY -> send(response, Status.OK_200, "ready");
            case STARTING, STOPPING, DATABASE_AWAY ->
                send(response, Status.SERVICE_UNAVAILABLE_503, state.name().toLowerCase(Locale.ROOT));
        }
    }

    private static void send(ServerResponse response, Status status, String result) {
        send(response.status(status), Json.MAPPER.createObjectNode().put("result", result));
    }

    private static void send(ServerResponse response, ObjectNode body) {
        response.header(HeaderValues.CONTENT_TYPE_JSON)
                .header(HeaderNames.CACHE_CONTROL, "no-store")
                .send(body.toString());
    }

    private void get(ServerRequest request, ServerResponse response) {
        List<NodeHealth.Problem> problems = health.problems();
        ObjectNode body = Json.MAPPER.createObjectNode().put("result", problems.isEmpty() ? "ok" : "degraded");
        if (!problems.isEmpty()) {
            ArrayNode list = body.putArray("problems");
            problems.forEach(
                    problem -> list.addObject().put("code", problem.code()).put("message", problem.message()));
        }
        send(response, body);
    }
}
