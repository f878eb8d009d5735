package dev.latchkey.server.commands;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The API of a running server (or of a compatible one), for commands. Thread-safe. */
final class ServerApi {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
    /** Of a request that is refused for its rate alone. */
    private static final int ATTEMPTS = 6;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final URI host;
    private final String key;

    ServerApi(URI host, String key) {
        this.host = host;
        this.key = key;
    }

    /** Shown to the person at the terminal unchanged. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int status;
        private final String code;

        Refused(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }

        /** 0: no response. */
        int status() {
            return status;
        }

        String code() {
            return code;
        }
    }

    URI host() {
        return host;
    }

    JsonNode get(String path) {
        return call("GET", path, Optional.empty());
    }

    JsonNode post(String path, JsonNode body) {
        return call("POST", path, Optional.of(body));
    }

    /** @param definition YAML or JSON of a provider */
    JsonNode define(String method, String path, String definition) {
        boolean json = definition.stripLeading().startsWith("{");
        return exchange(method, path, json ? "application/json" : "application/yaml", Optional.of(definition));
    }

    JsonNode delete(String path) {
        return call("DELETE", path, Optional.empty());
    }

    /** What is no JSON. */
    record File(String mediaType, byte[] content) {}

    /** @throws Refused as {@link #call} */
    File file(String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(host + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + key)
                .build();
        HttpResponse<byte[]> answer = send(request, HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw new Refused(answer.statusCode(), "no_file", host + path + " answered " + answer.statusCode() + ".");
        }
        return new File(answer.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", ""), answer.body());
    }

    /** @throws Refused when the response is an error, or there is none */
    JsonNode call(String method, String path, Optional<JsonNode> body) {
        return exchange(method, path, "application/json", body.map(JsonNode::toString));
    }

    private JsonNode exchange(String method, String path, String type, Optional<String> body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(host + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", type)
                .method(
                        method,
                        body.map(HttpRequest.BodyPublishers::ofString).orElseGet(HttpRequest.BodyPublishers::noBody))
                .build();
        HttpResponse<String> answer = send(request);
        for (int attempt = 1; answer.statusCode() == 429 && attempt < ATTEMPTS; attempt++) {
            pause(answer);
            answer = send(request);
        }
        if (answer.statusCode() >= 300) {
            throw refused(answer);
        }
        try {
            return answer.body().isEmpty() ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(answer.body());
        } catch (JacksonException e) {
            throw new Refused(answer.statusCode(), "not_json", host + " does not serve this API.");
        }
    }

    private HttpResponse<String> send(HttpRequest request) {
        return send(request, HttpResponse.BodyHandlers.ofString());
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) {
        try {
            return http.send(request, body);
        } catch (ConnectException e) {
            throw new Refused(0, "unreachable", "No server responds at " + host + ": start it, or give --host.");
        } catch (IOException e) {
            throw new Refused(0, "unreachable", host + " did not answer: " + e.getMessage() + ".");
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /** As long as the server says, within limits. */
    private static void pause(HttpResponse<String> answer) {
        long seconds = answer.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("\\d{1,5}"))
                .map(Long::parseLong)
                .orElse(1L);
        try {
            Thread.sleep(Duration.ofSeconds(Math.clamp(seconds, 1, LONGEST_PAUSE.toSeconds())));
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static Refused interrupted() {
        Thread.currentThread().interrupt();
        return new Refused(0, "interrupted", "Interrupted.");
    }

    private Refused refused(HttpResponse<String> answer) {
        try {
            JsonNode error = Json.MAPPER.readTree(answer.body()).path("error");
            String code = error.path("code").asString("error");
            StringBuilder message = new StringBuilder(error.path("message").asString(code));
            for (JsonNode one : error.path("errors").values()) {
                message.append(System.lineSeparator())
                        .append("  ")
                        .append(String.join(
                                ".",
                                one.path("path").values().stream()
                                        .map(JsonNode::asString)
                                        .toList()))
                        .append(": ")
                        .append(one.path("message").asString(one.path("code").asString("")));
            }
            return new Refused(answer.statusCode(), code, message.toString());
        } catch (JacksonException e) {
            return new Refused(answer.statusCode(), "not_json", host + " answered " + answer.statusCode() + ".");
        }
    }

    /** For a path or a query. */
    static String encoded(String text) {
        return PercentEncoding.encode(text);
    }
}
