package dev.latchkey.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bodies are read as HTTP lets them be sent, compressed and in chunks, each within its limit. */
class BoundedBodyTest {
    private static final String SESSION = "{\"end_user\": {\"id\": \"u1\"}}";

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static HttpResponse<String> send(String coding, HttpRequest.BodyPublisher body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(latchkey.address + "/connect/sessions"))
                .header("Authorization", "Bearer " + latchkey.key)
                .header("Content-Type", "application/json");
        if (!coding.isEmpty()) {
            request.header("Content-Encoding", coding);
        }
        return HTTP.send(request.POST(body).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String code(HttpResponse<String> answer) {
        return Json.MAPPER.readTree(answer.body()).at("/error/code").asString();
    }

    @Test
    void inflatesACompressedBody() throws Exception {
        byte[] compressed = gzip(SESSION.getBytes(StandardCharsets.UTF_8));

        assertThat(send("gzip", BodyPublishers.ofByteArray(compressed)).statusCode())
                .isEqualTo(201);
        assertThat(send("x-gzip", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(compressed)))
                        .statusCode())
                .isEqualTo(201);
        assertThat(send("identity", BodyPublishers.ofString(SESSION)).statusCode())
                .isEqualTo(201);
    }

    @Test
    void saysWhatIsWrongWithACompressedBody() throws Exception {
        HttpResponse<String> plain = send("gzip", BodyPublishers.ofString(SESSION));
        assertThat(plain.statusCode()).isEqualTo(400);
        assertThat(code(plain)).isEqualTo("invalid_body");
        HttpResponse<String> unknown = send("br", BodyPublishers.ofString(SESSION));
        assertThat(unknown.statusCode()).isEqualTo(415);
        assertThat(code(unknown)).isEqualTo("invalid_content_encoding");
        HttpResponse<String> bomb = send("gzip", BodyPublishers.ofByteArray(gzip(new byte[BoundedBody.LARGEST + 1])));
        assertThat(bomb.statusCode()).isEqualTo(413);
        assertThat(code(bomb)).isEqualTo("request_too_large");
    }

    @Test
    void keepsTheConnectionOfWhoSendsInChunksAndEndsThatOfWhoSendsTooMuch() throws Exception {
        HttpResponse<String> chunked = send(
                "",
                BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(SESSION.getBytes(StandardCharsets.UTF_8))));
        assertThat(chunked.statusCode()).isEqualTo(201);
        assertThat(chunked.headers().firstValue("Connection")).isNotEqualTo(java.util.Optional.of("close"));

        HttpResponse<String> large = send(
                "", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[BoundedBody.LARGEST + 1])));
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(large.headers().firstValue("Connection")).contains("close");
    }

    @Test
    void limitsWhatAllBodiesTakeTogether() {
        BodyMemory memory = new BodyMemory(1024 * 1024);
        BodyMemory.Share first = new BodyMemory.Share(memory);
        BodyMemory.Share second = new BodyMemory.Share(memory);

        assertThat(first.growTo(1000 * 1024)).isTrue();
        assertThat(second.growTo(BodyMemory.SMALL)).isTrue();
        assertThat(second.growTo(100 * 1024)).isFalse();
        first.release();
        assertThat(second.growTo(100 * 1024)).isTrue();
        second.release();
        assertThat(first.growTo(1024 * 1024)).isTrue();
    }
}
