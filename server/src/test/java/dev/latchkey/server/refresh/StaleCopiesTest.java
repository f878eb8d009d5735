package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.RecordingVendor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's copy of a connection may be old: the node that changed the row was cut off before it could notify others. */
class StaleCopiesTest {
    @TempDir
    Path providers;

    @Test
    void aForcedReadMeetsAnOldCopyOnce() throws Exception {
        try (RecordingVendor vendor = new RecordingVendor()) {
            Files.writeString(providers.resolve("quiet.yaml"), """
                    id: quiet
                    name: Quiet
                    api_docs: https://quiet.example/docs
                    auth:
                      kind: oauth2_code
                      authorize: { url: "%1$s/authorize" }
                      exchange: { url: "%1$s/token" }
                    api: { base: "%1$s" }
                    """.formatted(vendor.address()));
            vendor.json("/token", "{\"access_token\": \"a1\", \"refresh_token\": \"r1\", \"expires_in\": 3600}");
            try (Latchkey latchkey = Latchkey.start(
                    Map.of("LATCHKEY_PROVIDERS_DIR", providers.toString(), "LATCHKEY_EGRESS_ALLOW", vendor.host()))) {
                latchkey.call("POST", "/integrations", """
                        {"provider": "quiet", "unique_key": "quiet",
                         "credentials": {"type": "OAUTH2", "client_id": "ci", "client_secret": "cs"}}""", 200);
                latchkey.call("POST", "/connections", """
                        {"provider_config_key": "quiet", "connection_id": "c1",
                         "credentials": {"type": "OAUTH2", "access_token": "a0", "refresh_token": "r0", "expires_in": 3600}}""", 201);
                String path = "/connections/c1?provider_config_key=quiet";
                assertThat(accessToken(latchkey, path)).isEqualTo("a0");
                latchkey.sql("UPDATE connections SET version = version + 1");

                assertThat(accessToken(latchkey, path + "&force_refresh=true"))
                        .as("another node has refreshed it")
                        .isEqualTo("a0");
                assertThat(accessToken(latchkey, path + "&force_refresh=true"))
                        .as("the old copy is forgotten")
                        .isEqualTo("a1");
            }
        }
    }

    private static String accessToken(Latchkey latchkey, String path) {
        return latchkey.call("GET", path, "", 200)
                .at("/credentials/access_token")
                .asString();
    }
}
