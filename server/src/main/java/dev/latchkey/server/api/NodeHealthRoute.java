package dev.latchkey.server.api;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.monitoring.NodeHealth;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /health} for load balancers and operators. 200 as long as the process serves: a restart fixes none of the problems that
 * it names.
 */
public final class NodeHealthRoute {
    private final NodeHealth health;

    public NodeHealthRoute(NodeHealth health) {
        this.health = health;
    }

    public void register(HttpRules routing) {
        routing.get("/health", this::get);
    }

    private void get(ServerRequest request, ServerResponse response) {
        List<NodeHealth.Problem> problems = health.problems();
        ObjectNode body = Json.MAPPER.createObjectNode().put("result", problems.isEmpty() ? "ok" : "degraded");
        if (!problems.isEmpty()) {
            ArrayNode list = body.putArray("problems");
            problems.forEach(
                    problem -> list.addObject().put("code", problem.code()).put("message", problem.message()));
        }
        response.header(HeaderValues.CONTENT_TYPE_JSON)
                .header(HeaderNames.CACHE_CONTROL, "no-store")
                .send(body.toString());
    }
}
