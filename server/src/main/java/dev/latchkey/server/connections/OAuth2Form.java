package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Tokens of an authorization code grant. */
final class OAuth2Form implements CredentialForm<Credentials.OAuth2> {
    @Override
    public Set<String> types() {
        return Set.of("OAUTH2");
    }

    @Override
    public Set<String> importedTypes() {
        return Set.of("OAUTH2", "MCP_OAUTH2", "MCP_OAUTH2_GENERIC");
    }

    @Override
    public List<String> required() {
        return List.of("access_token");
    }

    @Override
    public boolean importsResponse() {
        return true;
    }

    @Override
    public void store(Credentials.OAuth2 it, ObjectNode json) {
        json.put("type", "OAUTH2").put("access_token", it.accessToken().reveal());
        it.refreshToken().ifPresent(token -> json.put("refresh_token", token.reveal()));
        StoredValues.put(json, it.expiresAt());
        StoredValues.put(json, it.raw());
        it.clientId().ifPresent(id -> json.put("client_id", id));
        it.clientSecret().ifPresent(secret -> json.put("client_secret", secret.reveal()));
    }

    @Override
    public Credentials.OAuth2 read(StoredValues values) {
        return new Credentials.OAuth2(
                values.required("access_token"),
                values.secret("refresh_token"),
                values.expiry(),
                values.raw(),
                values.text("client_id"),
                values.secret("client_secret"));
    }

    @Override
    public void answer(Credentials.OAuth2 it, Connection connection, ObjectNode json) {
        ownClient(json);
        if (it.expiresAt().isPresent() && json.get("raw") instanceof ObjectNode raw && isDated(raw)) {
            json.set(
                    "raw",
                    raw.deepCopy().put("expires_at", Times.text(it.expiresAt().get())));
        }
    }

    /** Backends of Nango read the time from the raw response, too, where its client adds it. */
    private static boolean isDated(ObjectNode raw) {
        return raw.has("expires_in") && !raw.has("expires_at");
    }

    /** As Nango names it: {@code config_override}, which an import takes. */
    static void ownClient(ObjectNode json) {
        ObjectNode override = Json.MAPPER.createObjectNode();
        StoredValues.move(json, "client_id", override);
        StoredValues.move(json, "client_secret", override);
        if (!override.isEmpty()) {
            json.set("config_override", override);
        }
    }

    @Override
    public Credentials.OAuth2 imported(String type, ImportedValues values) {
        ImportedValues.Client client = values.client();
        return new Credentials.OAuth2(
                values.required("access_token"),
                values.secret("refresh_token"),
                values.expiry(),
                values.raw(),
                client.id(),
                client.secret());
    }
}
