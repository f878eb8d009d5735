package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.OpenApi;
import dev.latchkey.server.http.Router;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** With which status a route succeeds, by the API's description. */
public final class DescribedStatus {
    private final JsonNode description;

    public DescribedStatus(Latchkey latchkey) {
        description = Description.of(latchkey).json();
    }

    /** Of a route that has one method. */
    public int success(Router.Declared route) {
        return success(route.method().equals("ANY") ? "GET" : route.method(), route.path());
    }

    /** @param path as it is declared; older names of a path succeed as the newer ones do */
    public int success(String method, String path) {
        String newer = path.replaceFirst("^/connection(?=/|$)", "/connections")
                .replaceFirst("^/config(?=/|$)", "/integrations")
                .replaceFirst("^(/connections)/\\{id}(/metadata)$", "$1$2");
        JsonNode responses = description
                .path("paths")
                .path(OpenApi.path(description.path("paths").has(OpenApi.path(path)) ? path : newer))
                .path(method.toLowerCase(Locale.ROOT))
                .path("responses");
        List<Integer> successes = responses.propertyNames().stream()
                .filter(status -> status.startsWith("2"))
                .map(Integer::parseInt)
                .toList();
        assertThat(successes)
                .as("what " + method + " " + path + " succeeds with, in openapi.yaml")
                .hasSize(1);
        return successes.getFirst();
    }
}
