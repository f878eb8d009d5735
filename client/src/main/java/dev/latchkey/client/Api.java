package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One call to the server: the key, the limits, the retries, and every error response as a typed exception. */
final class Api {
    static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

    /** Waits; the border to the clock, so that tests need none. */
    @FunctionalInterface
    interface Waiting {
        void await(Duration time) throws InterruptedException;
    }

    private final Settings settings;
    private final HttpClient http;
    private final Waiting waiting;

    Api(Settings settings, HttpClient http, Waiting waiting) {
        this.settings = settings;
        this.http = http;
        this.waiting = waiting;
    }

    JsonNode get(String path, Map<String, String> query) {
        return json("GET", path + query(query), Optional.empty());
    }

    JsonNode post(String path, ObjectNode body) {
        return json("POST", path, Optional.of(Sent.json(body)));
    }

    /** A body that is text already. */
    JsonNode send(String method, String path, String type, String text) {
        return json(method, path, Optional.of(new Sent(type, text.getBytes(UTF_8))));
    }

    JsonNode patch(String path, Map<String, String> query, ObjectNode body) {
        return json("PATCH", path + query(query), Optional.of(Sent.json(body)));
    }

    JsonNode delete(String path, Map<String, String> query) {
        return json("DELETE", path + query(query), Optional.empty());
    }

    /** @throws NotConfiguredException without a key; {@code what} begins its sentence */
    String requireKey(String what) {
        return settings.secretKey().orElseThrow(() -> new NotConfiguredException(what));
    }

    private record Sent(String type, byte[] bytes) {
        static Sent json(ObjectNode body) {
            return new Sent("application/json", JSON.writeValueAsBytes(body));
        }
    }

    private JsonNode json(String method, String path, Optional<Sent> body) {
        HttpRequest.Builder request = request("Calling " + path.replaceFirst("\\?.*", ""), path)
                .timeout(settings.timeout())
                .method(
                        method,
                        body.map(sent -> HttpRequest.BodyPublishers.ofByteArray(sent.bytes()))
                                .orElseGet(HttpRequest.BodyPublishers::noBody));
        body.ifPresent(sent -> request.header("Content-Type", sent.type()));
        HttpResponse<byte[]> answer = send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() >= 400) {
            throw Failures.of(answer.statusCode(), answer.headers(), answer.body());
        }
        try {
            return answer.body().length == 0 ? JSON.createObjectNode() : JSON.readTree(answer.body());
        } catch (JacksonException e) {
            throw new LatchkeyException.Unreachable(
                    "What answers at " + settings.host() + " is no Latchkey: its answer is not JSON.", e);
        }
    }

    /** With the key, for calls that are sent as they are. */
    HttpRequest.Builder request(String what, String path) {
        return HttpRequest.newBuilder(URI.create(settings.host() + path))
                .header("Authorization", "Bearer " + requireKey(what));
    }

    /** The response as a stream; the caller closes it. Sent once: the client does not know whether it is safe to repeat. */
    HttpResponse<InputStream> stream(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        boolean repeatable = request.method().equals("GET");
        for (int attempt = 1; ; attempt++) {
            Duration wait;
            try {
                HttpResponse<T> answer = http.send(request, handler);
                Optional<Duration> asked = Failures.retryAfter(answer.headers());
                boolean again = answer.statusCode() == 429 || (repeatable && passing(answer.statusCode()));
                if (!again
                        || attempt >= settings.attempts()
                        || asked.filter(time -> time.compareTo(LONGEST_WAIT) > 0)
                                .isPresent()) {
                    return answer;
                }
                wait = asked.orElse(backOff(attempt));
            } catch (IOException e) {
                // A write whose response was lost may have taken effect; one that reached no server has not.
                boolean neverSent = e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
                if (attempt >= settings.attempts() || !(repeatable || neverSent)) {
                    throw unreachable(e);
                }
                wait = backOff(attempt);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
            try {
                waiting.await(wait);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private static boolean passing(int status) {
        return status == 502 || status == 503 || status == 504;
    }

    /** Doubles, with jitter over its upper half, so that clients that failed together do not retry together. */
    private static Duration backOff(int attempt) {
        long most = FIRST_WAIT.toMillis() << Math.min(attempt - 1, 6);
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
    }

    private LatchkeyException unreachable(IOException e) {
        return new LatchkeyException.Unreachable(
                "No answer from Latchkey at " + settings.host() + ": "
                        + Optional.ofNullable(e.getMessage())
                                .orElse(e.getClass().getSimpleName())
                        + ".",
                e);
    }

    private static LatchkeyException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new LatchkeyException.Unreachable("The call was interrupted.", e);
    }

    /** {@code ?a=b&c=d}, or nothing. */
    static String query(Map<String, String> parameters) {
        List<String> pairs = new ArrayList<>();
        parameters.forEach((name, value) -> pairs.add(encode(name) + "=" + encode(value)));
        return pairs.isEmpty() ? "" : "?" + String.join("&", pairs);
    }

    /** For a path segment and a query component alike. */
    static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }
}
