package dev.latchkey.server.simulation;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** The product's backend, as it calls a node. Thread-safe. */
final class Caller implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final String key;

    Caller(String key) {
        this.key = key;
    }

    /** @return {@link Node.Answer#NONE} when there is none, at the latest after a minute and a half */
    Node.Answer send(int port, String method, String path, String body) {
        if (port < 0) {
            // It listens no more.
            return Node.Answer.NONE;
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(90))
                .header("Authorization", "Bearer " + key)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Node.Answer(
                    answer.statusCode(),
                    answer.body().startsWith("{")
                            ? Optional.of(Json.MAPPER.readTree(answer.body()))
                            : Optional.empty());
        } catch (IOException e) {
            return Node.Answer.NONE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Node.Answer.NONE;
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
