package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Maps an error's envelope to its exception. */
final class Failures {
    private Failures() {}

    static LatchkeyException of(int status, HttpHeaders headers, byte[] body) {
        JsonNode error = envelope(body).path("error");
        String code = Answers.text(error, "code");
        String said = Answers.optional(error, "message").orElse("The server gave no reason.");
        String message = said + " (" + status + (code.isEmpty() ? ")" : ", " + code + ")");
        if (code.equals("invalid_credentials") || status == 424) {
            return new LatchkeyException.Reauthorize(status, code, message);
        }
        if (status == 404 || code.equals("unknown_connection") || code.equals("unknown_provider_config")) {
            return new LatchkeyException.NotFound(status, code, message);
        }
        return switch (status) {
            case 401 -> new LatchkeyException.Unauthorized(status, code, message);
            case 403 -> new LatchkeyException.Forbidden(status, code, message);
            case 429 -> new LatchkeyException.RateLimited(status, code, message, retryAfter(headers));
            default ->
                status >= 500
                        ? new LatchkeyException.ServerFailed(status, code, message)
                        : new LatchkeyException.Refused(status, code, message, details(error));
        };
    }

    /** A proxy or load balancer in front of the server responds in its own format. */
    private static JsonNode envelope(byte[] body) {
        try {
            return Api.JSON.readTree(new String(body, UTF_8));
        } catch (JacksonException e) {
            return Api.JSON.createObjectNode();
        }
    }

    private static List<LatchkeyException.Detail> details(JsonNode error) {
        return Answers.list(
                error.path("errors"),
                one -> new LatchkeyException.Detail(
                        Answers.text(one, "code"),
                        Answers.text(one, "message"),
                        Answers.list(one.path("path"), JsonNode::asString)));
    }

    /** In seconds, as our server writes it (RFC 9110 section 10.2.3 also allows a date, which is not read). */
    static Optional<Duration> retryAfter(HttpHeaders headers) {
        return headers.firstValue("Retry-After")
                .filter(text -> text.matches("\\d{1,6}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)));
    }
}
