package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** In an outage no connection is marked; but what has ended and was to be renewed is not healthy. */
class OverdueTest {
    @TempDir
    Path providers;

    @Test
    void aCredentialThatEndedAndWasToBeRenewedIsFailingWhateverKeepsIt() {
        String url = PostgresForTests.freshDatabaseUrl();
        try (TokenVendor vendor = new TokenVendor()) {
            Map<String, String> settings = new HashMap<>(vendor.settings(providers));
            settings.put("LATCHKEY_REFRESH_AHEAD", "false");
            settings.put("LATCHKEY_DATABASE_URL", url);
            try (Latchkey node = Latchkey.start(settings);
                    Database database = Database.open(DatabaseAddress.parse(url))) {
                vendor.integration(node, "v");
                Instant now = Instant.now();
                vendor.connection(node, "v", "ended", now.minusSeconds(120).toString());
                vendor.connection(node, "v", "valid", now.plusSeconds(7_200).toString());
                vendor.connection(node, "v", "renewed", now.minusSeconds(120).toString());
                database.withHandle(
                        handle -> handle.execute(
                                "UPDATE connections SET updated_at = now() - INTERVAL '2 min' WHERE connection_id <> 'renewed'"));

                JsonNode counts =
                        node.call("GET", "/integrations/v/health", "", 200).at("/data/connections");
                JsonNode failing = node.call("GET", "/connections/health?state=failing", "", 200)
                        .get("connections");

                assertThat(counts.get("failing").asInt()).isEqualTo(1);
                assertThat(counts.get("healthy").asInt()).isEqualTo(2);
                assertThat(failing).hasSize(1);
                assertThat(failing.get(0).get("connection_id").asString()).isEqualTo("ended");
            }
        }
    }
}
