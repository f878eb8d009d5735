package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A token of OAuth 1.0a that was issued beforehand. */
final class OAuth1StaticForm implements CredentialForm<Credentials.OAuth1Static> {
    @Override
    public Set<String> types() {
        return Set.of("TBA");
    }

    @Override
    public List<String> required() {
        return List.of("token_id", "token_secret");
    }

    @Override
    public void store(Credentials.OAuth1Static it, ObjectNode json) {
        json.put("type", "TBA")
                .put("token_id", it.tokenId().reveal())
                .put("token_secret", it.tokenSecret().reveal());
        it.clientId().ifPresent(id -> json.put("client_id", id));
        it.clientSecret().ifPresent(secret -> json.put("client_secret", secret.reveal()));
    }

    @Override
    public Credentials.OAuth1Static read(StoredValues values) {
        return new Credentials.OAuth1Static(
                values.required("token_id"),
                values.required("token_secret"),
                values.text("client_id"),
                values.secret("client_secret"));
    }

    @Override
    public void answer(Credentials.OAuth1Static it, Connection connection, ObjectNode json) {
        ObjectNode override = Json.MAPPER.createObjectNode();
        StoredValues.move(json, "client_id", override);
        StoredValues.move(json, "client_secret", override);
        json.set("config_override", override);
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        Optional<ImportedValues> override =
                values.input().child("config_override").map(values::of);
        override.ifPresent(ImportedValues::boundedClient);
        return new Credentials.OAuth1Static(
                values.required("token_id"),
                values.required("token_secret"),
                override.flatMap(it -> it.input().text("client_id")),
                override.flatMap(it -> it.secret("client_secret")));
    }
}
