package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** An app's installation. */
final class InstallationForm implements CredentialForm<Credentials.Installation> {
    private static final String APP = "APP";
    private static final String CUSTOM = "CUSTOM";

    @Override
    public Set<String> types() {
        return Set.of(APP);
    }

    @Override
    public Set<String> importedTypes() {
        return Set.of(APP, CUSTOM);
    }

    @Override
    public void store(Credentials.Installation it, ObjectNode json) {
        json.put("type", APP);
        it.token().ifPresent(token -> json.put("access_token", token.reveal()));
        StoredValues.put(json, it.expiresAt());
        StoredValues.put(json, it.raw());
        it.user().ifPresent(user -> json.set("user", CredentialsJson.stored(user)));
    }

    @Override
    public Credentials.Installation read(StoredValues values) {
        return new Credentials.Installation(
                values.secret("access_token"),
                values.expiry(),
                values.raw(),
                Optional.ofNullable(values.json().get("user"))
                        .map(user -> (Credentials.OAuth2) CredentialsJson.read(user)));
    }

    @Override
    public void answer(Credentials.Installation it, Connection connection, ObjectNode json) {
        if (it.user().isPresent()) {
            withUser(json);
        }
    }

    /** {@code {type: CUSTOM, app: {...}, user: {...}, raw}}. */
    private static void withUser(ObjectNode json) {
        ObjectNode app = Json.MAPPER.createObjectNode().put("type", APP);
        StoredValues.move(json, "access_token", app);
        StoredValues.move(json, "expires_at", app);
        app.set("raw", json.get("raw").deepCopy());
        ObjectNode user = (ObjectNode) json.get("user");
        OAuth2Form.ownClient(user);
        json.put("type", CUSTOM);
        json.set("app", app);
    }

    /** Of an app without a user: its installation, and the token that works until a new one is made. */
    @Override
    public ObjectNode importable(JsonNode read, Optional<String> appId) {
        if (!read.path("credentials").path("type").asString("").equals(APP)) {
            return CredentialForm.super.importable(read, appId);
        }
        ObjectNode json = Json.MAPPER.createObjectNode().put("type", APP);
        appId.ifPresent(id -> json.put("app_id", id));
        Optional.ofNullable(read.path("connection_config").get("installation_id"))
                .filter(id -> !id.isNull())
                .ifPresent(id -> json.set("installation_id", id));
        for (String name : List.of("access_token", "expires_at", "raw")) {
            Optional.ofNullable(read.path("credentials").get(name))
                    .filter(value -> !value.isNull())
                    .ifPresent(value -> json.set(name, value));
        }
        return json;
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        Optional<Credentials.OAuth2> user = values.input().child("user").map(it -> {
            it.allow("type");
            return new OAuth2Form().imported(type, values.of(it));
        });
        values.input().allow("app", "raw", "app_id");
        values.bounded("app_id", 255);
        values.bounded("installation_id", 255);
        // The installation's own token stands in `app` beside a user's.
        ImportedValues own = values.input()
                .child("app")
                .map(it -> {
                    it.allow("type", "jwtToken");
                    return values.of(it);
                })
                .orElse(values);
        return new Credentials.Installation(own.secret("access_token"), own.expiry(), own.given(), user);
    }
}
