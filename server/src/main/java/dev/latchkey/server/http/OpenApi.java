package dev.latchkey.server.http;

import dev.latchkey.catalogue.Catalogue;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRules;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The public API's description (OpenAPI 3.1), at {@code /openapi.json} and {@code /openapi.yaml}, and the JSON Schema of provider
 * definitions, at {@code /schemas/provider.json}. The description is written by hand, a test
 * compares it with the declared routes, and each route's scope is added from its declaration. Thread-safe.
 */
public final class OpenApi {
    private static final String FILE = "/openapi/openapi.yaml";
    private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete", "head", "options");

    private final List<Router.Declared> declared;
    private final String base;
    private Optional<ObjectNode> description = Optional.empty();

    /**
     * @param declared all routes; read once, when the description is first requested
     * @param base the path below which they are reached; empty: none
     */
    public OpenApi(List<Router.Declared> declared, String base) {
        this.base = base;
        this.declared = declared;
    }

    public void register(HttpRules routing) {
        routing.get("/openapi.json", (request, response) -> {
            response.header(HeaderValues.CONTENT_TYPE_JSON);
            response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            response.send(JsonMapper.shared().writeValueAsBytes(description()));
        });
        routing.get("/openapi.yaml", (request, response) -> {
            response.header(HeaderNames.CONTENT_TYPE, "application/yaml");
            response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            response.send(YAMLMapper.shared().writeValueAsBytes(description()));
        });
        routing.get("/schemas/provider.json", (request, response) -> {
            response.header(HeaderNames.CONTENT_TYPE, "application/schema+json");
            response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
            response.send(Catalogue.schema());
        });
    }

    /** Built on the first request, to keep startup fast. Must not be changed. */
    public synchronized ObjectNode description() {
        if (description.isEmpty()) {
            description = Optional.of(describe());
        }
        return description.get();
    }

    private ObjectNode describe() {
        try (InputStream stream = OpenApi.class.getResourceAsStream(FILE)) {
            if (stream == null) {
                throw new IllegalStateException(FILE + " is not on the class path");
            }
            ObjectNode json = (ObjectNode) YAMLMapper.shared().readTree(stream);
            declared.forEach(route -> route.scope()
                    .ifPresent(scope ->
                            operations(json, route).forEach(operation -> operation.put("x-required-scope", scope))));
            if (!base.isEmpty()) {
                json.putArray("servers").addObject().put("url", base);
            }
            return json;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The operations that describe a route: none for older aliases of a path, all of the path for a route of any method. */
    public static List<ObjectNode> operations(JsonNode description, Router.Declared route) {
        JsonNode path = description.path("paths").path(path(route.path()));
        return METHODS.stream()
                .filter(method -> route.method().equals("ANY")
                        || route.method().toLowerCase(Locale.ROOT).equals(method))
                .map(method -> Optional.ofNullable((ObjectNode) path.get(method)))
                .flatMap(Optional::stream)
                .toList();
    }

    /** As OpenAPI writes it. */
    public static String path(String route) {
        return route.replace("/*", "/{path}");
    }
}
