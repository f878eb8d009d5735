package dev.latchkey.server.proxy;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** F23 for programs: a stream through the proxy ends with the right to it, and not before. */
class ProxyStreamRightsTest {
    private static final Duration PROMISED = Duration.ofSeconds(25);

    /** Each way in which a key's call to a connection is not allowed any more. */
    private enum End {
        KEY_DELETED,
        KEY_PAUSED,
        CONNECTION_DELETED,
        CONNECTION_PAUSED,
        INTEGRATION_DELETED,
        INTEGRATION_PAUSED,
        NONE
    }

    @Test
    void aStreamEndsWithKeyConnectionAndIntegrationAndWhenTheyArePaused() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (ProxyFixture fixture = ProxyFixture.oauth2()) {
            fixture.upstream.answers((asked, out) -> {
                Upstream.raw(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
                while (!done.await(200, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                    Upstream.raw(out, "data: on\n\n");
                }
                return false;
            });
            fixture.latchkey.sql(
                    "UPDATE api_keys SET scopes = scopes || '{environment:api_keys:write}' WHERE name = 'first key'");
            await().atMost(PROMISED)
                    .until(() -> fixture.latchkey
                                    .send(
                                            "POST",
                                            "/environment/api-keys",
                                            "{\"name\": \"probe\", \"scopes\": [\"environment:proxy\"]}")
                                    .statusCode()
                            == 201);
            List<Opened> streams = new ArrayList<>();
            for (End end : End.values()) {
                streams.add(new Opened(fixture, end));
            }
            streams.forEach(stream -> await().atMost(PROMISED).until(() -> stream.read > 0));

            streams.forEach(Opened::end);

            for (Opened stream : streams) {
                if (stream.end != End.NONE) {
                    await(stream.end.name()).atMost(PROMISED).until(() -> stream.ended);
                }
            }
            Opened allowed = streams.getLast();
            int before = allowed.read;
            await().atMost(PROMISED).until(() -> allowed.read > before);
            assertThat(allowed.ended).isFalse();
            done.countDown();
        }
    }

    /** A stream with a key, an integration and a connection of its own. */
    private static final class Opened {
        final End end;
        volatile int read;
        volatile boolean ended;
        private final ProxyFixture fixture;
        private final String keyId;
        private final String name;

        Opened(ProxyFixture fixture, End end) throws Exception {
            this.fixture = fixture;
            this.end = end;
            this.name = end.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            fixture.integration(name);
            fixture.latchkey.call("POST", "/connections", """
                    {"provider_config_key": "%1$s", "connection_id": "%1$s", "credentials": {"type": "OAUTH2", "access_token": "at"}}""".formatted(name), 201);
            JsonNode key = fixture.latchkey.call("POST", "/environment/api-keys", """
                    {"name": "%s", "scopes": ["environment:proxy"]}""".formatted(name), 201);
            this.keyId = key.at("/data/id").asString();
            String text = key.at("/data/secret_key").asString();
            HttpResponse<InputStream> answer = fixture.http.send(
                    HttpRequest.newBuilder(URI.create(fixture.latchkey.address + "/proxy/stream"))
                            .header("Authorization", "Bearer " + text)
                            .header("Provider-Config-Key", name)
                            .header("Connection-Id", name)
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            Thread.ofVirtual().start(() -> {
                try (InputStream body = answer.body()) {
                    byte[] some = new byte[64];
                    for (int got = body.read(some); got >= 0; got = body.read(some)) {
                        read += got;
                    }
                } catch (java.io.IOException e) {
                    // A stream that breaks off has ended.
                }
                ended = true;
            });
        }

        void end() {
            String why = "{\"reason\": \"a test\"}";
            String connection = "/connections/" + name;
            String query = "?provider_config_key=" + name;
            int status = switch (end) {
                case KEY_DELETED -> send("DELETE", "/environment/api-keys", "{\"id\": \"" + keyId + "\"}");
                case KEY_PAUSED -> send("POST", "/environment/api-keys/" + keyId + "/pause", why);
                case CONNECTION_DELETED -> send("DELETE", connection + query, "");
                case CONNECTION_PAUSED -> send("POST", connection + "/pause" + query, why);
                case INTEGRATION_DELETED -> send("DELETE", "/integrations/" + name, "");
                case INTEGRATION_PAUSED -> send("POST", "/integrations/" + name + "/pause", why);
                case NONE -> 200;
            };
            assertThat(status).as(end.name()).isEqualTo(200);
        }

        private int send(String method, String path, String body) {
            return fixture.latchkey.send(method, path, body).statusCode();
        }
    }
}
