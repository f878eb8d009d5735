package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Several nodes on one database, behind one public address: any of them may get any request. */
class SeveralNodesTest {
    @Test
    void theNodeThatGetsTheCallbackNeedNotHoldTheWebSocket() throws Exception {
        try (Latchkey first = Latchkey.start();
                Latchkey second = another(first)) {
            first.labIntegration("github", "gh");
            BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
            WebSocket socket = listen(second, messages);
            String id = take(messages).get("ws_client_id").asString();

            // Begun and finished on the first node; the page's socket is on the second.
            LabUser user = new LabUser();
            HttpResponse<String> begun = user.follow(NodeClientTest.start(first, "gh", "&ws_client_id=" + id));
            assertThat(begun.statusCode())
                    .as("the page of the other node's socket led there: " + begun.body())
                    .isEqualTo(302);
            user.get(user.decide(LabUser.location(begun), "allow"));

            JsonNode result = take(messages);
            assertThat(result.get("message_type").asString()).isEqualTo("success");
            assertThat(result.get("provider_config_key").asString()).isEqualTo("gh");
            assertThat(second.call(
                                    "GET",
                                    "/connections/"
                                            + result.get("connection_id").asString() + "?provider_config_key=gh",
                                    "",
                                    200)
                            .at("/credentials/access_token")
                            .asString())
                    .isNotEmpty();
            socket.abort();
        }
    }

    @Test
    void aHundredCallersOfThreeNodesCauseOneTokenRequest() throws Exception {
        try (Latchkey first = Latchkey.start();
                Latchkey second = another(first);
                Latchkey third = another(first)) {
            List<Latchkey> nodes = List.of(first, second, third);
            first.labIntegration("github", "gh");
            new LabUser().connect(NodeClientTest.startNamed(first, "gh", "c1"));
            String path = "/connections/c1?provider_config_key=gh&refresh_token=true";
            JsonNode now = first.call("GET", path, "", 200).get("credentials");
            first.call(
                    "POST",
                    "/connections",
                    """
                    {"provider_config_key": "gh", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "%s",
                     "refresh_token": "%s", "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(
                                    now.get("access_token").asString(),
                                    now.get("refresh_token").asString()),
                    201);

            List<Callable<HttpResponse<String>>> callers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Latchkey node = nodes.get(i % nodes.size());
                callers.add(() -> node.send("GET", path, ""));
            }
            Set<String> tokens = new HashSet<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (Future<HttpResponse<String>> answer : threads.invokeAll(callers)) {
                    assertThat(answer.get().statusCode())
                            .as(answer.get().body())
                            .isEqualTo(200);
                    tokens.add(Json.MAPPER
                            .readTree(answer.get().body())
                            .at("/credentials/access_token")
                            .asString());
                }
            }

            assertThat(tokens).hasSize(1).doesNotContain(now.get("access_token").asString());
            // Each node has a lab of its own.
            long requests = 0;
            for (Latchkey node : nodes) {
                for (JsonNode event : node.call("GET", "/lab/api/github/events", "", 200)) {
                    requests += event.path("grant_type").asString("").equals("refresh_token") ? 1 : 0;
                }
            }
            assertThat(requests).isEqualTo(1);
        }
    }

    private static Latchkey another(Latchkey first) throws Exception {
        return Latchkey.start(Map.of(
                "LATCHKEY_DATABASE_URL", first.settings.get("LATCHKEY_DATABASE_URL"),
                "LATCHKEY_ENCRYPTION_KEY", key(first),
                "LATCHKEY_SECRET_KEY", first.key));
    }

    private static String key(Latchkey node) throws Exception {
        return java.nio.file.Files.readString(
                        java.nio.file.Path.of(node.settings.get("LATCHKEY_DATA_DIR"), "encryption.key"))
                .strip();
    }

    private static JsonNode take(BlockingQueue<JsonNode> messages) throws InterruptedException {
        JsonNode message = messages.poll(10, TimeUnit.SECONDS);
        assertThat(message).isNotNull();
        return message;
    }

    private static WebSocket listen(Latchkey node, BlockingQueue<JsonNode> messages) {
        return HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws://localhost:" + node.address.getPort() + "/"), new WebSocket.Listener() {
                    private final StringBuilder text = new StringBuilder();

                    @Override
                    public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
                        text.append(data);
                        if (last) {
                            messages.add(Json.MAPPER.readTree(text.toString()));
                            text.setLength(0);
                        }
                        webSocket.request(1);
                        return null;
                    }
                })
                .join();
    }
}
