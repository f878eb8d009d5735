package dev.latchkey.catalogue.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * A vendor's own words for what is wrong, beside those of RFC 6749 section 5.2. An entry matches the error's code, or a part of
 * its description, without regard to case; one of three digits matches the HTTP status.
 *
 * @param rejected the grant is gone: only its user can restore it
 * @param transientFaults a retry may succeed
 * @param misconfigured the integration's client is wrong: no refresh can succeed
 * @param responses what whole responses mean; these count before the words
 */
public record TokenErrors(
        List<String> rejected, List<String> transientFaults, List<String> misconfigured, List<Response> responses) {
    public static final TokenErrors NONE = new TokenErrors(List.of(), List.of(), List.of(), List.of());

    /** A response that means something by a place in its body, or a header. */
    public record Response(ErrorSign sign, Meaning meaning) {}

    public enum Meaning {
        REJECTED,
        TRANSIENT,
        MISCONFIGURED
    }

    /** What the definition says of a response, if it says anything. @param body where it is JSON */
    public Optional<Meaning> meaningOf(
            int status, Function<String, Optional<String>> headers, Optional<JsonNode> body) {
        return responses.stream()
                .filter(response -> response.sign().isIn(status, headers, body))
                .map(Response::meaning)
                .findFirst();
    }

    /** What the definition says of an error, if it says anything. The code counts before the description, and that before the status. */
    public Optional<Meaning> meaningOf(int status, String code, String description) {
        String words = description.toLowerCase(Locale.ROOT);
        return first(entry -> entry.equalsIgnoreCase(code))
                .or(() -> first(entry -> !isStatus(entry) && words.contains(entry.toLowerCase(Locale.ROOT))))
                .or(() -> first(entry -> isStatus(entry) && entry.equals(Integer.toString(status))));
    }

    private Optional<Meaning> first(java.util.function.Predicate<String> matches) {
        if (misconfigured.stream().anyMatch(matches)) {
            return Optional.of(Meaning.MISCONFIGURED);
        }
        if (transientFaults.stream().anyMatch(matches)) {
            return Optional.of(Meaning.TRANSIENT);
        }
        return rejected.stream().anyMatch(matches) ? Optional.of(Meaning.REJECTED) : Optional.empty();
    }

    private static boolean isStatus(String entry) {
        return entry.matches("[1-5]\\d\\d");
    }
}
