package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a vendor granted as JSON, for the vault: with secrets in clear text. */
public final class GrantJson {
    private GrantJson() {}

    public static ObjectNode write(Connection.Grant grant) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.set("credentials", CredentialsJson.stored(grant.credentials()));
        ObjectNode secrets = json.putObject("secrets");
        grant.secrets().forEach((name, secret) -> secrets.put(name, secret.reveal()));
        json.set("config", grant.config());
        json.put("granted_scopes", String.join(" ", grant.scopes().granted()));
        json.put("missing_scopes", String.join(" ", grant.scopes().missing()));
        return json;
    }

    public static Connection.Grant read(JsonNode json) {
        Map<String, Secret> secrets = new HashMap<>();
        json.get("secrets")
                .properties()
                .forEach(entry ->
                        secrets.put(entry.getKey(), new Secret(entry.getValue().asString())));
        return new Connection.Grant(
                CredentialsJson.read(json.get("credentials")),
                secrets,
                (ObjectNode) json.get("config"),
                new GrantedScopes(
                        GrantedScopes.split(json.path("granted_scopes").asString(""), ""),
                        GrantedScopes.split(json.path("missing_scopes").asString(""), "")));
    }
}
