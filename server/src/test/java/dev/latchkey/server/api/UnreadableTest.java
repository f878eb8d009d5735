package dev.latchkey.server.api;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.refresh.TokenVendor;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What the owner of a row that cannot be read sees, and what works nevertheless: deleting it, and putting another in its place. */
class UnreadableTest {
    private static final List<String> DAMAGES = List.of(
            "credentials = '\\x00'",
            "credentials = '\\x0100ffffff00112233445566778899aabb'",
            "config = '7'",
            "metadata = '[]'",
            "tags = '{\"version\": {\"next\": 1}}'",
            "end_user = '[]'",
            "secrets = '\\x0100000001aabbccdd'");

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final Receiver receiver = new Receiver();
    private Latchkey latchkey;

    @BeforeEach
    void start() {
        Map<String, String> settings = new HashMap<>(vendor.settings(providers));
        settings.put("LATCHKEY_EGRESS_ALLOW", vendor.host() + "," + receiver.host());
        settings.put("LATCHKEY_ENCRYPTION_KEY", Base64.getEncoder().encodeToString(new byte[32]));
        latchkey = Latchkey.start(settings);
        vendor.integration(latchkey, "v");
    }

    @AfterEach
    void stop() {
        latchkey.close();
        receiver.close();
        vendor.close();
    }

    private String damaged(int number, String damage) {
        String name = "c" + number;
        vendor.connection(latchkey, "v", name, "2099-01-01T00:00:00Z");
        latchkey.sql("UPDATE connections SET " + damage + " WHERE connection_id = '" + name + "'");
        return name;
    }

    private static JsonNode error(HttpResponse<String> answer) {
        return dev.latchkey.server.json.Json.MAPPER.readTree(answer.body()).path("error");
    }

    @Test
    void aConnectionThatCannotBeReadSaysSoAndIsListedDeletedAndImportedAgain() {
        for (int i = 0; i < DAMAGES.size(); i++) {
            String name = damaged(i, DAMAGES.get(i));
            String path = "/connections/" + name + "?provider_config_key=v";

            for (HttpResponse<String> refused : List.of(
                    latchkey.send("GET", path, ""),
                    latchkey.send("POST", "/connections/" + name + "/refresh?provider_config_key=v", ""),
                    latchkey.send("PATCH", path, "{\"tags\": {\"a\": \"b\"}}"))) {
                assertThat(refused.statusCode())
                        .as(DAMAGES.get(i) + refused.body())
                        .isEqualTo(424);
                assertThat(error(refused).path("code").asString()).isEqualTo("unreadable_connection");
                assertThat(error(refused).path("message").asString())
                        .contains("cannot be read", "import the connection again", "deleting it works");
                assertThat(error(refused).at("/payload/reason").asString()).isEqualTo("unreadable");
            }
            JsonNode list = latchkey.call("GET", "/connections?connectionId=" + name, "", 200);
            assertThat(list.path("connections").size()).as(list.toString()).isEqualTo(1);
            latchkey.call("POST", "/connect/sessions/reconnect", """
                    {"connection_id": "%s", "integration_id": "v"}""".formatted(name), 201);
            vendor.connection(latchkey, "v", name, "2099-01-01T00:00:00Z");
            assertThat(latchkey.call("GET", path, "", 200)
                            .at("/credentials/access_token")
                            .asString())
                    .isEqualTo("at-" + name + "-0");

            latchkey.sql("UPDATE connections SET " + DAMAGES.get(i) + " WHERE connection_id = '" + name + "'");
            latchkey.call("DELETE", path, "", 200);
            assertThat(latchkey.count("SELECT count(*) FROM connections WHERE connection_id = '" + name + "'"))
                    .isZero();
        }
        assertThat(latchkey.count("SELECT count(*) FROM timeline WHERE event = 'deleted'"))
                .isEqualTo(DAMAGES.size());
    }

    @Test
    void anIntegrationThatCannotBeReadSaysSoServesItsConnectionsAndTakesNewCredentials() {
        for (String damage : List.of("secrets = '\\x00'", "settings = '7'", "settings = '{\"a\": {\"b\": 1}}'")) {
            String key = "i" + Math.floorMod(damage.hashCode(), 1_000);
            vendor.integration(latchkey, key);
            vendor.connection(latchkey, key, "c", "2099-01-01T00:00:00Z");
            latchkey.sql("UPDATE integrations SET " + damage + " WHERE unique_key = '" + key + "'");
            await().atMost(Duration.ofSeconds(20))
                    .until(() ->
                            latchkey.send("GET", "/integrations/" + key, "").statusCode() == 424);

            assertThat(error(latchkey.send("GET", "/integrations/" + key, ""))
                            .path("code")
                            .asString())
                    .isEqualTo("unreadable_integration");
            JsonNode list = latchkey.call("GET", "/integrations", "", 200).path("data");
            assertThat(list.values().stream()
                            .filter(one -> one.path("unique_key").asString().equals(key)))
                    .as(list.toString())
                    .singleElement()
                    .satisfies(
                            one -> assertThat(one.at("/error/code").asString()).isEqualTo("unreadable_integration"));
            assertThat(latchkey.call("GET", "/connections/c?provider_config_key=" + key, "", 200)
                            .at("/credentials/access_token")
                            .asString())
                    .isEqualTo("at-c-0");
            // Nothing is written over what a backup may bring back, unless it is said again.
            assertThat(latchkey.send("PATCH", "/integrations/" + key, "{\"display_name\": \"Other\"}")
                            .statusCode())
                    .isEqualTo(424);

            latchkey.call("PATCH", "/integrations/" + key, """
                    {"credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "again"}}""", 200);

            latchkey.call("POST", "/connections/c/refresh?provider_config_key=" + key, "", 200);
            latchkey.sql("UPDATE integrations SET " + damage + " WHERE unique_key = '" + key + "'");
            latchkey.call("DELETE", "/integrations/" + key, "", 200);
            assertThat(latchkey.count("SELECT count(*) FROM integrations WHERE unique_key = '" + key + "'"))
                    .isZero();
        }
    }

    /** Its own webhooks wait until the key is available again, and say why; those of others do not. */
    @Test
    void aSigningKeyThatCannotBeReadDelaysTheWebhooksOfItsEnvironmentOnly() {
        for (String key : List.of(latchkey.key, latchkey.prodKey())) {
            assertThat(latchkey.sendAs(
                                    "Bearer " + key,
                                    "POST",
                                    "/environment/webhooks",
                                    "{\"url\": \"" + receiver.url(key.equals(latchkey.key) ? "/dev" : "/prod") + "\"}")
                            .statusCode())
                    .isEqualTo(201);
        }
        String before = latchkey.text("SELECT encode(webhook_signing_key, 'hex') FROM environments WHERE name = 'dev'");
        latchkey.sql("UPDATE environments SET webhook_signing_key = '\\x00' WHERE name = 'dev'");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> latchkey.send("GET", "/environment/webhook-signing-key", "")
                                .statusCode()
                        == 424);
        vendor.connection(latchkey, "v", "c", "2099-01-01T00:00:00Z");
        String prod = "Bearer " + latchkey.prodKey();
        latchkey.sendAs(prod, "POST", "/integrations", """
                {"provider": "vendor", "unique_key": "p", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""");
        latchkey.sendAs(prod, "POST", "/connections", """
                {"provider_config_key": "p", "connection_id": "p", "credentials": {"type": "OAUTH2", "access_token": "a", "refresh_token": "rt-p-0"}}""");

        await().atMost(Duration.ofSeconds(30)).until(() -> !receiver.at("/prod").isEmpty());
        await().atMost(Duration.ofSeconds(30)).until(() -> waiting().anyMatch(text -> text.contains("cannot be read")));
        assertThat(receiver.at("/dev")).isEmpty();
        assertThat(latchkey.count("SELECT max(attempts) FROM webhook_queue")).isBetween(1L, 5L);

        latchkey.sql(
                "UPDATE environments SET webhook_signing_key = decode('" + before + "', 'hex') WHERE name = 'dev'");
        await().atMost(Duration.ofSeconds(90)).until(() -> !receiver.at("/dev").isEmpty());
    }

    private Stream<String> waiting() {
        return latchkey.call("GET", "/environment/webhook-deliveries", "", 200).path("data").values().stream()
                .map(delivery -> latchkey.call(
                                "GET",
                                "/environment/webhook-deliveries/"
                                        + delivery.path("id").asString(),
                                "",
                                200)
                        .toString());
    }

    @Test
    void aSigningKeyThatCannotBeReadCanBeRotated() {
        latchkey.sql("UPDATE environments SET webhook_signing_key = '\\x00' WHERE name = 'dev'");

        latchkey.call("POST", "/environment/webhook-signing-key/rotate", "{}", 200);

        latchkey.call("GET", "/environment/webhook-signing-key", "", 200);
    }

    @Test
    void aKeyWhoseAddressesCannotBeReadOpensNothing() {
        String key = latchkey.keyWith("environment:connections:list");
        latchkey.sql("UPDATE api_keys SET allowed_addresses = '{not a range}' WHERE name = 'limited'");

        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "").statusCode())
                .isEqualTo(403);
    }

    @Test
    void aNodeStartsWhoseAuditKeyOrOneOfWhoseDataKeysIsLost() {
        latchkey.sql("INSERT INTO data_keys (id, wrapped, created_at) VALUES (2, '\\x0102', now() - INTERVAL '1 day')");
        latchkey.sql("UPDATE audit_keys SET sealed = '\\x00'");
        vendor.connection(latchkey, "v", "c", "2099-01-01T00:00:00Z");
        Map<String, String> settings = new HashMap<>(latchkey.settings);
        settings.remove("LATCHKEY_PORT");
        settings.remove("LATCHKEY_DATA_DIR");

        try (Latchkey another = Latchkey.start(settings)) {
            another.call("GET", "/connections/c?provider_config_key=v", "", 200);
            vendor.connection(another, "v", "d", "2099-01-01T00:00:00Z");
            another.call("GET", "/connections/d?provider_config_key=v", "", 200);
            assertThat(another.sendAs("Bearer " + another.accountKey, "GET", "/audit-log/verification", "")
                            .body())
                    .contains("\"intact\":false");
        }
    }
}
