package dev.latchkey.server.authorization;

import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Responses;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Our client metadata, for authorization servers that use its URL as our client id. Public. */
final class ClientMetadata {
    private final Environments environments;
    private final URI publicUrl;

    ClientMetadata(Environments environments, URI publicUrl) {
        this.environments = environments;
        this.publicUrl = publicUrl;
    }

    void register(HttpRules routing) {
        routing.get("/oauth/client-metadata/{environment}", this::send);
    }

    private void send(ServerRequest request, ServerResponse response) {
        String id = request.path().pathParameters().get("environment");
        Optional<Environment> environment = Ids.parse(id).flatMap(environments::byId);
        if (environment.isEmpty()) {
            Responses.send(response, ApiError.notFound("This client does not exist."));
            return;
        }
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put(
                        "client_id",
                        publicUrl + "/oauth/client-metadata/"
                                + environment.get().id())
                .put("client_name", "Latchkey");
        json.putArray("redirect_uris")
                .add(redirectUri(environment.get(), publicUrl).toString());
        json.putArray("grant_types").add("authorization_code").add("refresh_token");
        json.putArray("response_types").add("code");
        json.put("token_endpoint_auth_method", "none");
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(Json.MAPPER.writeValueAsBytes(json));
    }

    static URI redirectUri(Environment environment, URI publicUrl) {
        return environment.callbackUrl().map(URI::create).orElseGet(() -> URI.create(publicUrl + "/oauth/callback"));
    }
}
