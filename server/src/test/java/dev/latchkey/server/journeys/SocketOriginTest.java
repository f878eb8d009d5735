package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A17: a user's result goes by WebSocket to pages that the environment lists, and to ours (RFC 6455 section 10.2). */
class SocketOriginTest {
    private static final String LISTED = """
            {"connect_ui_parents": ["https://app.example.com", "https://*.example.org:8443", "https://a.example:443", "capacitor://localhost"]}""";
    private static final List<String> PARENTS = List.of(
            "https://app.example.com",
            "https://APP.example.com",
            "https://a.example.org:8443",
            "https://a.b.example.org:8443",
            "https://a.example",
            "capacitor://localhost");
    private static final List<String> STRANGERS = List.of(
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com:444",
            "https://app.example.com.evil.example",
            "https://evil-app.example.com",
            "https://x.app.example.com",
            "https://example.org:8443",
            "https://evilexample.org:8443",
            "https://evil.example/.example.org:8443",
            "https://a.example.org",
            "https://a.example:8443",
            "ionic://localhost",
            "null",
            "https://" + "a".repeat(400) + ".evil.example:8443");

    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.labIntegration("github", "gh");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    @BeforeEach
    void asAtFirst() {
        list(latchkey.key, "{\"connect_ui_parents\": []}");
        list(latchkey.prodKey(), "{\"connect_ui_parents\": []}");
    }

    private static void list(String key, String body) {
        HttpResponse<String> answer = latchkey.sendAs("Bearer " + key, "PATCH", "/environment", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** @param origin empty: none, as of a program */
    private static String open(String origin, BlockingQueue<JsonNode> messages) throws InterruptedException {
        WebSocket.Builder builder = HttpClient.newHttpClient().newWebSocketBuilder();
        if (!origin.isEmpty()) {
            builder.header("Origin", origin);
        }
        builder.buildAsync(URI.create("ws://localhost:" + latchkey.address.getPort() + "/"), new WebSocket.Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
                        messages.add(Json.MAPPER.readTree(text.toString()));
                        socket.request(1);
                        return null;
                    }
                })
                .join();
        return java.util.Objects.requireNonNull(messages.poll(20, TimeUnit.SECONDS))
                .get("ws_client_id")
                .asString();
    }

    private static HttpResponse<String> begin(String origin, LabUser user, BlockingQueue<JsonNode> messages)
            throws InterruptedException {
        String id = open(origin, messages);
        return user.get(latchkey.address.resolve(
                "/oauth/connect/gh?connect_session_token=" + latchkey.session("gh") + "&ws_client_id=" + id));
    }

    private static HttpResponse<String> begin(String origin) throws InterruptedException {
        return begin(origin, new LabUser(), new LinkedBlockingQueue<>());
    }

    private static void isRefusedAtTheDoor(String origin) {
        assertThatThrownBy(() -> open(origin, new LinkedBlockingQueue<>()))
                .as(origin)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        WebSocketHandshakeException.class,
                        refused ->
                                assertThat(refused.getResponse().statusCode()).isEqualTo(403));
    }

    @Test
    void anyPageMayWaitUntilTheEnvironmentListsSome() throws Exception {
        for (String origin : STRANGERS) {
            assertThat(begin(origin).statusCode()).as(origin).isEqualTo(302);
        }
    }

    @Test
    void aFlowIsRefusedWhoseSocketIsAForeignPages() throws Exception {
        list(latchkey.key, LISTED);
        for (String origin : STRANGERS) {
            BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
            HttpResponse<String> refused = begin(origin, new LabUser(), messages);
            assertThat(refused.statusCode()).as(origin).isEqualTo(400);
            assertThat(refused.headers().firstValue("Location")).isEmpty();
            JsonNode said = java.util.Objects.requireNonNull(messages.poll(20, TimeUnit.SECONDS));
            assertThat(said.get("error_type").asString()).as(origin).isEqualTo("origin_not_allowed");
            // As at Nango: there is no connection, and handlers expect an id all the same.
            assertThat(said.get("connection_id").asString()).as(origin).matches("[0-9a-f-]{36}");
        }
        for (String origin : PARENTS) {
            assertThat(begin(origin).statusCode()).as(origin).isEqualTo(302);
        }
        assertThat(begin(latchkey.address.toString()).statusCode())
                .as("our own page")
                .isEqualTo(302);
        assertThat(begin("").statusCode()).as("no browser").isEqualTo(302);
    }

    @Test
    void aListedPageGetsItsResult() throws Exception {
        list(latchkey.key, LISTED);
        BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
        LabUser user = new LabUser();
        HttpResponse<String> begun = begin("https://app.example.com", user, messages);
        user.get(user.decide(LabUser.location(begun), "allow"));
        assertThat(java.util.Objects.requireNonNull(messages.poll(20, TimeUnit.SECONDS))
                        .get("message_type")
                        .asString())
                .isEqualTo("success");
    }

    @Test
    void noSocketIsOpenedForAPageThatNoEnvironmentLists() throws Exception {
        list(latchkey.key, LISTED);
        list(latchkey.prodKey(), "{\"connect_ui_parents\": [\"https://prod.example\"]}");
        STRANGERS.forEach(SocketOriginTest::isRefusedAtTheDoor);
        for (String origin : PARENTS) {
            assertThat(begin(origin).statusCode()).as(origin).isEqualTo(302);
        }
        assertThat(begin("https://prod.example").statusCode())
                .as("of the other environment")
                .isEqualTo(400);
        assertThat(begin("").statusCode()).isEqualTo(302);
        assertThat(begin(latchkey.address.toString()).statusCode()).isEqualTo(302);
    }
}
