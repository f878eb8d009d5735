package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.api.Visitor;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.journeys.RecordingVendor;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Stored tokens that a vendor makes obsolete are exchanged by a job: by Shopify's own definition, with a scripted vendor in its place. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExchangeStoredTest {
    private static final String PASSWORD = "correct horse battery";

    @TempDir
    static Path providers;

    private final RecordingVendor vendor = new RecordingVendor();
    private Latchkey latchkey;

    @BeforeAll
    void start() throws IOException {
        Files.writeString(providers.resolve("shop.yaml"), """
                id: shop
                name: Shop
                extends: shopify
                auth: { exchange: { url: "%1$s/token" }, exchange_stored: { url: "%1$s/token" } }
                verify: none
                """.formatted(vendor.address()));
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_EGRESS_ALLOW",
                vendor.host(),
                "LATCHKEY_DASHBOARD_PASSWORD",
                PASSWORD,
                "LATCHKEY_REFRESH_AHEAD",
                "false"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
        vendor.close();
    }

    @BeforeEach
    void forget() {
        vendor.forget();
    }

    private void integration(String key) {
        latchkey.call("POST", "/integrations", """
                {"provider": "shop", "unique_key": "%s",
                 "credentials": {"type": "OAUTH2", "client_id": "ci", "client_secret": "cs"}}""".formatted(key), 200);
    }

    private void imported(String key, String name, String more) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "%s", "connection_id": "%s", "connection_config": {"subdomain": "shop-%2$s"},
                 "credentials": {"type": "OAUTH2", "access_token": "shpat-%2$s"%3$s}}""".formatted(key, name, more), 201);
    }

    private JsonNode exchanged(String key) throws InterruptedException {
        String job = latchkey.call("POST", "/integrations/" + key + "/exchange-tokens", "", 202)
                .at("/data/id")
                .asString();
        Awaiting.until(
                "the job is finished",
                () -> latchkey.call("GET", "/refresh-jobs/" + job, "", 200)
                        .at("/data/state")
                        .asString()
                        .equals("finished"));
        return latchkey.call("GET", "/refresh-jobs/" + job, "", 200).get("data");
    }

    private JsonNode credentials(String key, String name) {
        return latchkey.call(
                        "GET", "/connections/" + name + "?provider_config_key=" + key + "&refresh_token=true", "", 200)
                .get("credentials");
    }

    @Test
    void aJobExchangesWhatIsObsoleteAndLeavesTheRest() throws Exception {
        integration("many");
        for (int i = 0; i < 5; i++) {
            imported("many", "old" + i, "");
        }
        imported("many", "new", ", \"refresh_token\": \"r\", \"expires_at\": \"2099-01-01T00:00:00Z\"");
        vendor.json(
                "/token",
                "{\"access_token\": \"shpat-2\", \"refresh_token\": \"shprt-2\", \"expires_in\": 3600,"
                        + " \"refresh_token_expires_in\": 7776000}");

        JsonNode job = exchanged("many");

        assertThat(job.get("refreshed").asInt()).isEqualTo(5);
        assertThat(job.get("skipped").asInt()).isEqualTo(1);
        assertThat(job.get("failed").asInt()).isZero();
        assertThat(vendor.asked("/token").stream()
                        .map(asked -> LabUser.query(URI.create("http://x/?" + asked.body())))
                        .map(form -> form.get("subject_token"))
                        .toList())
                .containsExactlyInAnyOrder("shpat-old0", "shpat-old1", "shpat-old2", "shpat-old3", "shpat-old4");
        assertThat(LabUser.query(URI.create(
                        "http://x/?" + vendor.asked("/token").getFirst().body())))
                .containsEntry("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
                .containsEntry("subject_token_type", "urn:shopify:params:oauth:token-type:offline-access-token")
                .containsEntry("requested_token_type", "urn:shopify:params:oauth:token-type:offline-access-token")
                .containsEntry("expiring", "1")
                .containsEntry("client_id", "ci")
                .containsEntry("client_secret", "cs");
        for (String name : List.of("old0", "old4")) {
            assertThat(credentials("many", name).get("access_token").asString()).isEqualTo("shpat-2");
            assertThat(credentials("many", name).get("refresh_token").asString())
                    .isEqualTo("shprt-2");
        }
        assertThat(credentials("many", "new").get("access_token").asString()).isEqualTo("shpat-new");

        vendor.forget();
        assertThat(exchanged("many").get("skipped").asInt()).as("once").isEqualTo(6);
        assertThat(vendor.asked()).isEmpty();
    }

    @Test
    void aTokenThatIsNotExchangedIsKeptAndItsUserIsNotAsked() throws Exception {
        integration("kept");
        imported("kept", "c1", "");
        vendor.respond("/token", 400, "application/json", "{\"error\": \"invalid_grant\"}");

        JsonNode job = exchanged("kept");

        assertThat(job.get("failed").asInt()).isEqualTo(1);
        assertThat(job.at("/problems/0/connection_id").asString()).isEqualTo("c1");
        assertThat(credentials("kept", "c1").get("access_token").asString()).isEqualTo("shpat-c1");
        assertThat(latchkey.count("SELECT count(*) FROM timeline WHERE event = 'needs_authorization'"))
                .isZero();
    }

    @Test
    void theIntegrationsPageBeginsItAndShowsWhatBecameOfIt() throws Exception {
        integration("page");
        imported("page", "p1", "");
        imported("page", "p2", "");
        vendor.respond("/token", 400, "application/json", "{\"error\": \"invalid_grant\"}");
        Visitor visitor = Visitor.signedIn(latchkey, PASSWORD);
        String page = "/dashboard/dev/integrations/page";
        assertThat(visitor.get(page).body())
                .contains("Exchange stored tokens</button>")
                .doesNotContain("Finished");

        assertThat(visitor.post(page + "/exchange-tokens", Map.of()).statusCode())
                .isEqualTo(303);

        assertThat(visitor.notice()).isEqualTo("The exchange has begun, for 2 connections.");
        Awaiting.until(
                "the page says that it is over", () -> visitor.get(page).body().contains("Finished"));
        assertThat(visitor.get(page).body())
                .contains("0 exchanged, 0 skipped, 2 failed.", "<code>p1</code>", "<code>p2</code>")
                .contains("Exchange stored tokens</button>");
        latchkey.labIntegration("github", "no-button");
        assertThat(visitor.get("/dashboard/dev/integrations/no-button").body())
                .doesNotContain("Exchange stored tokens</button>");
    }

    @Test
    void aProviderWhoseTokensAreNotObsoleteHasNothingToExchange() {
        latchkey.labIntegration("github", "github");

        assertThat(latchkey.send("POST", "/integrations/github/exchange-tokens", "")
                        .body())
                .contains("exchange_stored");
    }
}
