package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Connects providers of the kind {@code datastore} through the API, each by the integration of its own name. */
final class DatastoreJourneys {
    private final Latchkey latchkey;

    DatastoreJourneys(Latchkey latchkey, Set<String> providers) {
        this.latchkey = latchkey;
        for (String provider : providers) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "%1$s", "unique_key": "%1$s"}""".formatted(provider), 200);
        }
    }

    HttpResponse<String> connect(String provider, Map<String, String> fields) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        fields.forEach(body::put);
        return latchkey.sendAs(
                "",
                "POST",
                "/auth/datastore/" + provider + "?connect_session_token=" + latchkey.session(provider),
                body.toString());
    }

    JsonNode connected(String provider, Map<String, String> fields) {
        HttpResponse<String> answer = connect(provider, fields);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return latchkey.call("GET", path(provider, answer), "", 200);
    }

    String path(String provider, HttpResponse<String> connected) {
        return "/connections/"
                + Json.MAPPER.readTree(connected.body()).get("connectionId").asString() + "?provider_config_key="
                + provider;
    }

    /** From the first connection to the end of it; the probe has run a statement or a command in between. */
    JsonNode journey(String provider, Map<String, String> fields) {
        HttpResponse<String> answer = connect(provider, fields);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode connection = latchkey.call("GET", path(provider, answer), "", 200);
        assertThat(connection.at("/credentials/type").asString()).isEqualTo("DATASTORE");
        // There is nothing to renew: what is stored is read again, the same.
        assertThat(latchkey.call("GET", path(provider, answer) + "&force_refresh=true", "", 200)
                        .get("credentials"))
                .isEqualTo(connection.get("credentials"));
        latchkey.call("DELETE", path(provider, answer), "", 200);
        latchkey.call("GET", path(provider, answer), "", 404);
        return connection;
    }

    String refused(String provider, Map<String, String> fields) {
        HttpResponse<String> answer = connect(provider, fields);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        JsonNode error = Json.MAPPER.readTree(answer.body()).get("error");
        assertThat(error.get("code").asString()).isEqualTo("connection_test_failed");
        assertThat(answer.body()).doesNotContain("s3cret", "wrong-secret");
        return error.get("message").asString();
    }

    static Map<String, String> with(Map<String, String> fields, String name, String value) {
        Map<String, String> changed = new java.util.HashMap<>(fields);
        changed.put(name, value);
        if (name.equals("ca")) {
            // Without an authority of its own, no client certificate either.
            changed.remove("clientCert");
            changed.remove("clientKey");
        }
        return changed;
    }
}
