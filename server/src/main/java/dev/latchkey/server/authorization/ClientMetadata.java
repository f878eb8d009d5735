package dev.latchkey.server.authorization;

import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Responses;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.Providers;
import io.helidon.common.parameters.Parameters;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * Our client metadata, for authorization servers that use its URL as our client id. Public. Our own client id is the environment's; at
 * Nango's address, which also names the integration, is the same client.
 */
final class ClientMetadata {
    private static final String PATH = "/oauth/client-metadata/";

    private final Environments environments;
    private final Integrations integrations;
    private final Providers providers;
    private final URI publicUrl;

    ClientMetadata(Environments environments, Integrations integrations, Providers providers, URI publicUrl) {
        this.environments = environments;
        this.integrations = integrations;
        this.providers = providers;
        this.publicUrl = publicUrl;
    }

    void register(HttpRules routing) {
        routing.get(PATH + "{environment}", (request, response) -> send(request, response, this::ofEnvironment));
        routing.get(PATH + "{environment}/{key}", (request, response) -> send(request, response, this::ofIntegration));
    }

    private static void send(
            ServerRequest request, ServerResponse response, Function<Parameters, ObjectNode> document) {
        ObjectNode json;
        try {
            json = document.apply(request.path().pathParameters());
        } catch (ApiError e) {
            Responses.send(response, e);
            return;
        }
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        // A changed callback URL must reach the authorization servers soon.
        response.header(HeaderValues.create(HeaderNames.CACHE_CONTROL, "public, max-age=300"));
        response.send(Json.MAPPER.writeValueAsBytes(json));
    }

    private ObjectNode ofEnvironment(Parameters path) {
        Environment environment = Ids.parse(path.get("environment"))
                .flatMap(environments::byId)
                .orElseThrow(() -> ApiError.notFound("This client does not exist."));
        return document(environment, publicUrl + PATH + environment.id());
    }

    private ObjectNode ofIntegration(Parameters path) {
        String key = path.get("key");
        Optional<UUID> id = Ids.parse(path.get("environment"));
        if (id.isEmpty() || !IntegrationKeys.isAllowed(key)) {
            throw ApiError.invalid(
                    "invalid_uri_params",
                    List.of(
                            id.isEmpty()
                                    ? new ApiError.Detail(
                                            "invalid_format", "must be a UUID", List.of("environmentUuid"))
                                    : new ApiError.Detail(
                                            "invalid_format", IntegrationKeys.RULE, List.of("providerConfigKey"))));
        }
        Environment environment = environments
                .byId(id.get())
                .orElseThrow(() -> ApiError.of(404, "unknown_environment", "There is no environment with this id."));
        if (integrations
                .find(environment.id(), key)
                .flatMap(providers::of)
                .filter(provider -> provider.auth().facts().hasClientMetadata())
                .isEmpty()) {
            throw ApiError.of(
                    404, "unknown_provider_config", "There is no integration of an MCP server with this unique key.");
        }
        return document(
                environment,
                publicUrl + PATH + environment.id() + "/"
                        + URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20"));
    }

    private ObjectNode document(Environment environment, String clientId) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("client_id", clientId).put("client_name", "Latchkey").put("client_uri", publicUrl.toString());
        json.putArray("redirect_uris").add(redirectUri(environment, publicUrl).toString());
        json.putArray("grant_types").add("authorization_code").add("refresh_token");
        json.putArray("response_types").add("code");
        json.put("token_endpoint_auth_method", "none");
        return json;
    }

    static URI redirectUri(Environment environment, URI publicUrl) {
        return environment.callbackUrl().map(URI::create).orElseGet(() -> URI.create(publicUrl + "/oauth/callback"));
    }
}
