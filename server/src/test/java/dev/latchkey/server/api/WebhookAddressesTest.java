package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** An address that the egress guard would never deliver to is refused where it is given: every form of it, at every place. */
class WebhookAddressesTest {
    private static final String PASSWORD = "correct horse battery";

    private static Latchkey latchkey;
    private static Visitor owner;
    private static String endpoint;

    @BeforeAll
    static void start() {
        latchkey =
                Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD, "LATCHKEY_EGRESS_ALLOW", "127.0.0.8:9"));
        owner = Visitor.signedIn(latchkey, PASSWORD);
        latchkey.call("POST", "/integrations", """
                {"provider": "sendgrid", "unique_key": "mail"}""", 200);
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "gh", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "at"}}""", 201);
        endpoint = latchkey.call("POST", "/environment/webhooks", """
                        {"url": "https://hooks.invalid/first"}""", 201)
                .at("/data/id")
                .asString();
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** Schemes, hosts and ports that the guard refuses, each with the rest good. */
    private static List<String> refused() {
        List<String> refused = new ArrayList<>();
        for (String host : List.of(
                "127.0.0.1",
                "127.0.0.9",
                "localhost",
                "a.localhost",
                "2130706433",
                "0x7f000001",
                "0177.0.0.1",
                "127.1",
                "[::1]",
                "[::ffff:127.0.0.1]",
                "[::7f00:1]")) {
            refused.add("https://" + host + "/hooks");
            refused.add("https://" + host + ":8443/hooks");
        }
        // A port that the operator did not open, of the host that they did.
        refused.add("https://127.0.0.8/hooks");
        for (int port : new int[] {1, 22, 25, 5432, 65535}) {
            refused.add("https://hooks.invalid:" + port + "/");
        }
        refused.add("http://hooks.invalid/");
        refused.add("http://user@hooks.invalid/");
        refused.add("https://user:word@hooks.invalid/");
        refused.add("ftp://hooks.invalid/");
        refused.add("https:///nowhere");
        refused.add("not an address");
        return refused;
    }

    private record Place(String name, java.util.function.Function<String, String> answer) {}

    private static List<Place> places() {
        return List.of(
                api("POST", "/environment/webhooks", "{\"url\": \"%s\"}"),
                api("PATCH", "/environment/webhooks/" + endpoint, "{\"url\": \"%s\"}"),
                api(
                        "POST",
                        "/connections",
                        "{\"provider_config_key\": \"gh\", \"connection_id\": \"c2\", \"webhook_url_override\": \"%s\", \"credentials\": {\"type\": \"OAUTH2\", \"access_token\": \"at\"}}"),
                api("PATCH", "/connections/c1?provider_config_key=gh", "{\"webhook_url_override\": \"%s\"}"),
                api("POST", "/connect/sessions", "{\"end_user\": {\"id\": \"u\"}, \"webhook_url_override\": \"%s\"}"),
                api(
                        "POST",
                        "/connect/sessions/reconnect",
                        "{\"connection_id\": \"c1\", \"integration_id\": \"gh\", \"webhook_url_override\": \"%s\"}"),
                page("/dashboard/dev/webhooks/new"),
                page("/dashboard/dev/webhooks/" + endpoint));
    }

    private static Place api(String method, String path, String body) {
        return new Place(method + " " + path, url -> {
            HttpResponse<String> answer = latchkey.send(method, path, body.formatted(url));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            var error = Json.MAPPER.readTree(answer.body()).path("error");
            assertThat(error.path("code").asString()).isEqualTo("invalid_body");
            assertThat(error.at("/errors/0/path/0").asString()).matches("url|webhook_url_override");
            return error.at("/errors/0/message").asString();
        });
    }

    private static Place page(String path) {
        return new Place("page " + path, url -> {
            HttpResponse<String> answer = owner.post(path, Map.of("url", url, "enabled", "on"));
            assertThat(answer.statusCode()).isEqualTo(303);
            return owner.notice();
        });
    }

    @TestFactory
    Stream<DynamicTest> atEveryPlaceEveryRefusedAddressIsRefusedInWords() {
        return places().stream()
                .map(place -> DynamicTest.dynamicTest(place.name(), () -> {
                    String before = stored();
                    for (String url : refused()) {
                        assertThat(place.answer().apply(url))
                                .as(url)
                                .containsAnyOf("cannot receive webhooks", "must be");
                    }
                    assertThat(stored()).isEqualTo(before);
                }));
    }

    @Test
    void whatTheOperatorAllowsIsTakenAndAHostThatIsNotKnownIsTakenWithAWarning() {
        assertThat(latchkey.call("POST", "/environment/webhooks", "{\"url\": \"http://127.0.0.8:9/\"}", 201)
                        .path("data")
                        .has("warning"))
                .isFalse();
        assertThat(latchkey.call("POST", "/environment/webhooks", "{\"url\": \"https://hooks.invalid/second\"}", 201)
                        .at("/data/warning")
                        .asString())
                .contains("hooks.invalid is not known");
    }

    /** Listed by the operator once, now no more: its other settings can be changed still. */
    @Test
    void anEndpointWhoseAddressIsNotAllowedAnyMoreCanBeSwitchedOff() {
        String id = latchkey.call("POST", "/environment/webhooks", "{\"url\": \"https://hooks.invalid/third\"}", 201)
                .at("/data/id")
                .asString();
        latchkey.sql("UPDATE webhook_endpoints SET url = 'https://127.0.0.9/old' WHERE id = '" + id + "'");

        assertThat(latchkey.call("PATCH", "/environment/webhooks/" + id, "{\"enabled\": false}", 200)
                        .at("/data/enabled")
                        .asBoolean())
                .isFalse();
    }

    private static String stored() {
        return latchkey.call("GET", "/environment/webhooks", "", 200).toString()
                + latchkey.call("GET", "/connections/c1?provider_config_key=gh", "", 200)
                        .path("webhook_url_override")
                + latchkey.send("GET", "/connections/c2?provider_config_key=gh", "")
                        .statusCode();
    }
}
