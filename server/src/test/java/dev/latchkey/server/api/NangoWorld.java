package dev.latchkey.server.api;

import dev.latchkey.server.json.Json;
import tools.jackson.databind.JsonNode;

/** A server with an integration of each kind that the tests of Nango's requests name, and the connection {@code c1} of {@code gh}. */
final class NangoWorld {
    private NangoWorld() {}

    static Latchkey start() {
        Latchkey latchkey = Latchkey.start();
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "gh", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        latchkey.labIntegration("github", "other");
        latchkey.labIntegration("sendgrid", "mail");
        latchkey.labIntegration("unauthenticated", "none");
        latchkey.labIntegration("jira-basic", "basic");
        imported(latchkey, "c1", "");
        return latchkey;
    }

    /** @param more members of the body, each after a comma */
    static JsonNode imported(Latchkey latchkey, String id, String more) {
        return latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": %s%s, "credentials": {"type": "OAUTH2", "access_token": "at"}}""".formatted(Json.MAPPER.valueToTree(id), more), 201);
    }
}
