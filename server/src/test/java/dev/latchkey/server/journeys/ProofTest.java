package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** With a code challenge there is no connection until the product's backend shows the verifier (D15), whatever the kind. */
class ProofTest {
    private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private static final String CHALLENGE = PendingConnections.challenge(VERIFIER);
    private static final String OTHER = "a".repeat(43);
    private static final String RETURN = "https://app.example.com/connected";
    private static final String GOOD_KEY = "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        for (String provider : List.of("github", "trello", "sendgrid", "hubspot")) {
            latchkey.labIntegration(provider, provider);
        }
        latchkey.call("PATCH", "/environment", "{\"return_urls\": [\"" + RETURN + "\"]}", 200);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static String session(String key) {
        return latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["%s"], "code_challenge": "%s",
                         "code_challenge_method": "S256", "return_url": "%s"}""".formatted(key, CHALLENGE, RETURN), 201)
                .at("/data/token")
                .asString();
    }

    /** From the start of a window to the product's page. @return the handle that it got */
    private static String connected(String key, String session) {
        HttpResponse<String> end = new LabUser()
                .connect(latchkey.address.resolve("/oauth/connect/" + key + "?connect_session_token=" + session));
        assertThat(end.statusCode()).as(end.body()).isEqualTo(303);
        URI page = LabUser.location(end);
        assertThat(page.toString()).startsWith(RETURN);
        return LabUser.query(page).getOrDefault("connection_id", "");
    }

    private static String typed(String session) {
        HttpResponse<String> answer = latchkey.sendAs(
                "",
                "POST",
                "/api-auth/api-key/sendgrid?connect_session_token=" + session,
                "{\"apiKey\": \"" + GOOD_KEY + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body()).get("connectionId").asString();
    }

    private static HttpResponse<String> finish(String handle, String verifier) {
        return latchkey.send(
                "POST",
                "/connect/sessions/finish",
                "{\"connection_id\": \"" + handle + "\", \"code_verifier\": \"" + verifier + "\"}");
    }

    private static int waiting() {
        return latchkey.call("GET", "/connections", "", 200).get("connections").size();
    }

    private static int events(String event) {
        return latchkey.sql("DELETE FROM timeline WHERE event = '" + event + "'");
    }

    @Test
    void ofEveryKindThereIsNoConnectionUntilTheVerifierIsShown() {
        for (String key : List.of("github", "trello", "sendgrid")) {
            events("created");
            int before = waiting();
            String session = session(key);
            String handle = key.equals("sendgrid") ? typed(session) : connected(key, session);
            assertThat(handle).as(key).matches("[0-9a-f-]{36}");

            String read = "/connections/" + handle + "?provider_config_key=" + key;
            for (HttpResponse<String> answer : List.of(
                    latchkey.send("GET", read, ""),
                    latchkey.send("PATCH", read, "{\"tags\": {\"a\": \"b\"}}"),
                    latchkey.send(
                            "GET", "/proxy/user", "", Map.of("Provider-Config-Key", key, "Connection-Id", handle)))) {
                assertThat(answer.statusCode()).as(key + ": " + answer.body()).isEqualTo(409);
                assertThat(answer.body()).contains("connection_pending");
            }
            assertThat(waiting()).as("not listed").isEqualTo(before);
            assertThat(events("created")).as("not announced").isZero();
            String outcome = latchkey.sendAs("Bearer " + session, "GET", "/connect/session", "")
                    .body();
            assertThat(outcome)
                    .as("a holder of the session's token does not get the handle")
                    .contains("\"outcome\"", "\"is_pending\":true")
                    .doesNotContain(handle);

            HttpResponse<String> wrong = finish(handle, OTHER);
            assertThat(wrong.statusCode()).isEqualTo(400);
            assertThat(wrong.body()).contains("invalid_code_verifier");
            HttpResponse<String> done = finish(handle, VERIFIER);
            assertThat(done.statusCode()).as(key + ": " + done.body()).isEqualTo(200);
            String id =
                    Json.MAPPER.readTree(done.body()).at("/data/connection_id").asString();

            JsonNode connection = latchkey.call("GET", "/connections/" + id + "?provider_config_key=" + key, "", 200);
            assertThat(connection.get("credentials").size()).isGreaterThan(1);
            assertThat(waiting()).isEqualTo(before + 1);
            assertThat(events("created")).isEqualTo(1);
            assertThat(finish(handle, VERIFIER).statusCode()).as("once").isEqualTo(404);
        }
    }

    @Test
    void aReconnectKeepsTheOldCredentialUntilThen() {
        String first = LabUser.query(LabUser.location(new LabUser()
                        .connect(latchkey.address.resolve("/oauth/connect/hubspot?connect_session_token="
                                + latchkey.call("POST", "/connect/sessions", """
                                        {"end_user": {"id": "u2"}, "return_url": "%s"}""".formatted(RETURN), 201)
                                        .at("/data/token")
                                        .asString()))))
                .getOrDefault("connection_id", "");
        String read = "/connections/" + first + "?provider_config_key=hubspot";
        String before = token(read);
        String session = latchkey.call(
                        "POST", "/connect/sessions/reconnect", """
                        {"connection_id": "%s", "integration_id": "hubspot", "code_challenge": "%s", "return_url": "%s"}""".formatted(first, CHALLENGE, RETURN), 201)
                .at("/data/token")
                .asString();

        String handle = connected("hubspot", session);

        assertThat(handle).as("a handle of its own: the name is known").isNotEqualTo(first);
        assertThat(token(read)).isEqualTo(before);
        assertThat(Json.MAPPER
                        .readTree(finish(handle, VERIFIER).body())
                        .at("/data/connection_id")
                        .asString())
                .isEqualTo(first);
        assertThat(token(read)).isNotEqualTo(before);
    }

    private static String token(String path) {
        return latchkey.call("GET", path, "", 200)
                .at("/credentials/access_token")
                .asString();
    }

    @Test
    void fiveWrongVerifiersSideBySideDropIt() throws Exception {
        String handle = typed(session("sendgrid"));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> guesses = IntStream.range(0, 20)
                    .mapToObj(i -> threads.submit(() -> finish(handle, OTHER)))
                    .toList();
            int looked = 0;
            for (Future<HttpResponse<String>> guess : guesses) {
                looked += guess.get().statusCode() == 400 ? 1 : 0;
            }
            assertThat(looked).isEqualTo(5);
        }
        assertThat(finish(handle, VERIFIER).statusCode()).isEqualTo(404);
        assertThat(latchkey.send("GET", "/connections/" + handle + "?provider_config_key=sendgrid", "")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void twoFinishersMakeOneConnection() throws Exception {
        String handle = typed(session("sendgrid"));
        events("created");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> calls = IntStream.range(0, 4)
                    .mapToObj(i -> threads.submit(() -> finish(handle, VERIFIER)))
                    .toList();
            int done = 0;
            for (Future<HttpResponse<String>> call : calls) {
                done += call.get().statusCode() == 200 ? 1 : 0;
            }
            assertThat(done).isEqualTo(1);
        }
        assertThat(events("created")).isEqualTo(1);
    }

    @Test
    void whatNoUserFinishesExpiresAndMayBeDeletedBefore() {
        String late = typed(session("sendgrid"));
        latchkey.sql("UPDATE pending_connections SET expires_at = now() - interval '1 second'");
        assertThat(finish(late, VERIFIER).statusCode()).isEqualTo(404);

        String unwanted = typed(session("sendgrid"));
        latchkey.call("DELETE", "/connections/" + unwanted + "?provider_config_key=sendgrid", "", 200);
        assertThat(finish(unwanted, VERIFIER).statusCode()).isEqualTo(404);
    }

    @Test
    void nothingOfItLiesInTheDatabaseInClear() {
        String handle = typed(session("sendgrid"));
        assertThat(latchkey.sql("DELETE FROM pending_connections WHERE pending_connections::text LIKE '%" + handle
                        + "%' OR encode(draft, 'escape') LIKE '%SG.abc%'"))
                .isZero();
        assertThat(finish(handle, VERIFIER).statusCode()).isEqualTo(200);
    }

    @Test
    void anotherEnvironmentsKeyFinishesNothing() {
        String handle = typed(session("sendgrid"));
        HttpResponse<String> foreign = latchkey.sendAs(
                "Bearer " + latchkey.prodKey(),
                "POST",
                "/connect/sessions/finish",
                "{\"connection_id\": \"" + handle + "\", \"code_verifier\": \"" + VERIFIER + "\"}");
        assertThat(foreign.statusCode()).isEqualTo(404);
        assertThat(finish(handle, VERIFIER).statusCode()).isEqualTo(200);
    }

    @Test
    void aSessionMakesABoundedNumberOfConnections() {
        String session = latchkey.session("sendgrid");
        for (int i = 0; i < 3; i++) {
            typed(session);
        }
        HttpResponse<String> more = latchkey.sendAs(
                "",
                "POST",
                "/api-auth/api-key/sendgrid?connect_session_token=" + session,
                "{\"apiKey\": \"" + GOOD_KEY + "\"}");
        assertThat(more.statusCode()).isEqualTo(400);
        assertThat(more.body()).contains("resource_capped");

        String one = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "max_connections": 1}""", 201)
                .at("/data/token")
                .asString();
        List<Integer> answers = IntStream.range(0, 6)
                .parallel()
                .mapToObj(i -> latchkey.sendAs(
                                "",
                                "POST",
                                "/api-auth/api-key/sendgrid?connect_session_token=" + one,
                                "{\"apiKey\": \"" + GOOD_KEY + "\"}")
                        .statusCode())
                .toList();
        assertThat(answers.stream().filter(status -> status == 200)).hasSize(1);
    }
}
