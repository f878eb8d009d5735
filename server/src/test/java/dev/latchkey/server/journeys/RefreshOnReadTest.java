package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A credential that is requested works, whatever its age; the vendor gets one request. */
class RefreshOnReadTest {
    private Latchkey latchkey;
    private String connection;

    @BeforeEach
    void connect() {
        // Who reads must be first here: the engine would be, now and then.
        latchkey = Latchkey.start(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        latchkey.labIntegration("github", "gh");
        assertThat(new LabUser()
                        .connect(NodeClientTest.startNamed(latchkey, "gh", "c1"))
                        .statusCode())
                .isEqualTo(200);
        connection = "/connections/c1?provider_config_key=gh&refresh_token=true";
    }

    @AfterEach
    void stop() {
        latchkey.close();
    }

    private JsonNode read(String more) {
        return latchkey.call("GET", connection + more, "", 200).get("credentials");
    }

    /** The same credential, imported as one that is due. */
    private void makeDue() {
        JsonNode now = read("");
        latchkey.call(
                "POST",
                "/connections",
                """
                {"provider_config_key": "gh", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "%s",
                 "refresh_token": "%s", "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(
                                now.get("access_token").asString(),
                                now.get("refresh_token").asString()),
                201);
    }

    private long tokenRequests() {
        JsonNode events = latchkey.call("GET", "/lab/api/github/events", "", 200);
        long refreshes = 0;
        for (JsonNode event : events.isArray() ? events : events.path("events")) {
            if (event.toString().contains("refresh_token")) {
                refreshes++;
            }
        }
        return refreshes;
    }

    @Test
    void aHundredConcurrentReadersCauseOneTokenRequest() throws Exception {
        makeDue();
        List<Callable<HttpResponse<String>>> readers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            readers.add(() -> latchkey.send("GET", connection, ""));
        }

        Set<String> tokens = new HashSet<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<HttpResponse<String>> answer : threads.invokeAll(readers)) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
                tokens.add(Json.MAPPER
                        .readTree(answer.get().body())
                        .at("/credentials/access_token")
                        .asString());
            }
        }

        assertThat(tokens).hasSize(1);
        assertThat(tokenRequests()).isEqualTo(1);
    }

    @Test
    void storesARotatedRefreshTokenAndUsesItNext() {
        String first = read("").get("refresh_token").asString();
        String second = read("&force_refresh=true").get("refresh_token").asString();
        String third = read("&force_refresh=true").get("refresh_token").asString();

        assertThat(Set.of(first, second, third)).hasSize(3);
    }

    @Test
    void aRevokedGrantIsReportedWithTheConnectionAndThenBacksOff() {
        makeDue();
        latchkey.call("POST", "/lab/api/github/revoke", "{}", 200);

        JsonNode first = latchkey.call("GET", connection, "", 400);
        JsonNode second = latchkey.call("GET", connection, "", 424);

        assertThat(first.at("/error/code").asString()).isEqualTo("invalid_credentials");
        assertThat(first.at("/error/payload/connection/connection_id").asString())
                .isEqualTo("c1");
        assertThat(first.toString()).doesNotContain("access_token");
        assertThat(second.at("/error/code").asString()).isEqualTo("invalid_credentials");
    }

    @Test
    void aPassingFaultLeavesAValidCredentialInUse() {
        String valid = read("").get("access_token").asString();
        latchkey.call("POST", "/lab/api/github/faults", """
                {"kind": "server_error", "count": 1, "on": "token"}""", 200);

        assertThat(read("&force_refresh=true").get("access_token").asString()).isEqualTo(valid);
        assertThat(read("&force_refresh=true").get("access_token").asString()).isNotEqualTo(valid);
    }
}
