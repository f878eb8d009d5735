package dev.latchkey.server.proxy;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.server.egress.Incoming;
import dev.latchkey.server.json.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What a provider's response means to the proxy: by its status, and by its headers and body where the definition names errors
 * ({@code api.errors}) or says that the body gives the wait.
 *
 * <p>A body is only read ahead where a definition needs it, and up to a bound: a failure's up to 64 KiB; of a success, only JSON that
 * is no stream, and so little that an error fits but a list hardly does. What is longer is passed on as it arrives.
 */
final class Verdicts {
    private static final int MOST_OF_A_FAILURE = 64 * 1024;
    private static final int MOST_OF_A_SUCCESS = 8 * 1024;

    private Verdicts() {}

    /**
     * @param response in place of the given one: its body is complete
     * @param limited there were too many calls, and nothing was done
     * @param unauthorized the credential is refused
     * @param left calls until then, if it says so
     * @param again when the provider allows the next call, if it says so
     * @param retryAt when this call may be sent again: the end of a window in which calls are left is none
     */
    record Verdict(
            Incoming response,
            boolean limited,
            boolean unauthorized,
            Optional<Integer> left,
            Optional<Instant> again,
            Optional<Instant> retryAt) {}

    static Verdict of(Api.Refusals rules, Incoming given, Instant now) {
        Incoming response = given;
        Optional<JsonNode> body = Optional.empty();
        int most = toBeRead(rules, given, now);
        if (most > 0) {
            try {
                Incoming.Peeked peeked = given.peek(most);
                body = tree(given, peeked.start(), most);
                response = peeked.response();
            } catch (IOException e) {
                // The response was cut off: the caller will see that.
                body = Optional.empty();
            }
        }
        boolean limited = given.status() == 429 || says(rules, Api.Error.Meaning.LIMITED, given, body);
        boolean unauthorized = given.status() == 401 || says(rules, Api.Error.Meaning.UNAUTHORIZED, given, body);
        Optional<Integer> left = left(rules.retry(), given);
        Optional<Instant> again = again(rules, given, body, limited, now);
        boolean mayCall = !limited && left.filter(count -> count > 0).isPresent();
        Optional<Instant> retryAt =
                mayCall ? given.header("retry-after").flatMap(value -> NextCallTimes.after(value, now)) : again;
        return new Verdict(response, limited, unauthorized, left, again, retryAt);
    }

    private static Optional<Integer> left(Api.Retry retry, Incoming response) {
        return retry.remaining()
                .flatMap(response::header)
                .map(String::strip)
                .filter(value -> value.matches("\\d{1,9}"))
                .map(Integer::parseInt);
    }

    /** Bytes; 0 if the head alone says enough. */
    private static int toBeRead(Api.Refusals rules, Incoming response, Instant now) {
        int status = response.status();
        if (status >= 400) {
            boolean waits = status == 429
                    && rules.retry().body().isPresent()
                    && NextCallTimes.fromHeaders(rules.retry(), response, now).isEmpty();
            return waits || inBody(rules.errors(), status) ? MOST_OF_A_FAILURE : 0;
        }
        return inBody(rules.errors(), status) && isJson(response) && response.length() < MOST_OF_A_SUCCESS
                ? MOST_OF_A_SUCCESS
                : 0;
    }

    private static boolean inBody(List<Api.Error> errors, int status) {
        return errors.stream().anyMatch(error -> error.sign().needsBody(status));
    }

    /** A stream of JSON texts may never end. */
    private static boolean isJson(Incoming response) {
        String type = response.header("content-type").orElse("").toLowerCase(Locale.ROOT);
        return type.matches("application/([a-z0-9.+-]+\\+)?json( *;.*)?") && !type.contains("stream");
    }

    private static Optional<JsonNode> tree(Incoming response, byte[] start, int most) {
        if (start.length == 0) {
            return Optional.empty();
        }
        try {
            byte[] decoded = Decoding.of(response)
                    .decode(new ByteArrayInputStream(start))
                    .readNBytes(most);
            return Optional.of(Json.MAPPER.readTree(decoded)).filter(JsonNode::isContainer);
        } catch (IOException | JacksonException e) {
            // No JSON, or longer than an error is.
            return Optional.empty();
        }
    }

    private static boolean says(
            Api.Refusals rules, Api.Error.Meaning meaning, Incoming response, Optional<JsonNode> body) {
        return rules.errors().stream()
                .anyMatch(error ->
                        error.meaning() == meaning && error.sign().isIn(response.status(), response::header, body));
    }

    private static Optional<Instant> again(
            Api.Refusals rules, Incoming response, Optional<JsonNode> body, boolean limited, Instant now) {
        Api.Retry retry = rules.retry();
        if (response.status() < 400 && !limited && retry.remaining().isEmpty()) {
            return Optional.empty();
        }
        return NextCallTimes.fromHeaders(retry, response, now)
                .or(() -> limited
                        ? retry.body().flatMap(hint -> body.flatMap(tree -> NextCallTimes.fromBody(hint, tree, now)))
                        : Optional.empty());
    }
}
