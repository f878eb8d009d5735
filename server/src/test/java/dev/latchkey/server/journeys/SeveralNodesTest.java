package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.operations.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
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
                Latchkey second = Latchkey.start(Map.of(
                        "LATCHKEY_DATABASE_URL", first.settings.get("LATCHKEY_DATABASE_URL"),
                        "LATCHKEY_ENCRYPTION_KEY", key(first),
                        "LATCHKEY_SECRET_KEY", first.key))) {
            first.labIntegration("github", "gh");
            BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
            WebSocket socket = listen(second, messages);
            String id = take(messages).get("ws_client_id").asString();

            // Begun and finished on the first node; the page's socket is on the second.
            new LabUser().connect(NodeClientTest.start(first, "gh", "&ws_client_id=" + id));

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
