package dev.latchkey.lab;

import dev.latchkey.catalogue.model.CodeGrant;
import java.net.URI;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A valid authorization request (RFC 6749 section 4.1.1).
 *
 * @param scopes by group; the main group's name is empty
 * @param host of the vendor
 */
record AuthorizationRequest(
        String redirectUri, String state, Map<String, String> scopes, Optional<String> challenge, String host) {

    sealed interface Result {
        record InOrder(AuthorizationRequest request) implements Result {}

        /** The browser may be sent back with the error (RFC 6749 section 4.1.2.1). */
        record Redirected(String redirectUri, String state, String error, String description) implements Result {}

        /** Neither the client nor its URL can be trusted: shown to the user, never redirected. */
        record Shown(String problem) implements Result {}
    }

    /** @param base redirect URIs must lie below it */
    static Result read(CodeGrant code, LabApp app, URI base, LabRequest request) {
        Map<String, String> query = request.query();
        Map<String, String> names = code.consent().authorize().names();
        if (!app.clientId().equals(value(query, names, "client_id"))) {
            return new Result.Shown(
                    name(names, "client_id") + " is missing, or is not the lab's app " + app.clientId() + ".");
        }
        String redirectUri = value(query, names, "redirect_uri");
        // Where the vendor wants a name for it (eBay's RuName), the address itself is registered with the app.
        boolean named = code.consent().authorize().params().containsKey("redirect_uri")
                && redirectUri.matches("[A-Za-z0-9_-]+");
        if (!named && !isBelow(base, redirectUri)) {
            return new Result.Shown("The redirect URI is missing, or does not begin with " + base + "/.");
        }
        String state = value(query, names, "state");
        Optional<Map.Entry<String, String>> problem = problem(code, query, names, request);
        if (problem.isPresent()) {
            return new Result.Redirected(
                    redirectUri, state, problem.get().getKey(), problem.get().getValue());
        }
        Map<String, String> scopes = new LinkedHashMap<>();
        scopes.put("", value(query, names, code.consent().authorize().scope().param()));
        code.consent()
                .authorize()
                .groups()
                .forEach((group, parameter) -> scopes.put(group, query.getOrDefault(parameter, "")));
        scopes.values().removeIf(String::isEmpty);
        return new Result.InOrder(new AuthorizationRequest(
                redirectUri,
                state,
                Map.copyOf(scopes),
                Optional.ofNullable(query.get("code_challenge")),
                request.host()));
    }

    private static String name(Map<String, String> names, String standard) {
        return names.getOrDefault(standard, standard);
    }

    private static String value(Map<String, String> query, Map<String, String> names, String standard) {
        return query.getOrDefault(name(names, standard), "");
    }

    private static Optional<Map.Entry<String, String>> problem(
            CodeGrant code, Map<String, String> query, Map<String, String> names, LabRequest request) {
        if (request.repeatsParameters()) {
            return Optional.of(Map.entry("invalid_request", "a parameter is repeated"));
        }
        String responseType = value(query, names, "response_type");
        // Follow Up Boss has a word of its own for it.
        String expected = Optional.ofNullable(
                        code.consent().authorize().params().get("response_type"))
                .flatMap(Endpoints::constant)
                .orElse("code");
        if (!responseType.equals(expected)) {
            return responseType.isEmpty()
                    ? Optional.of(Map.entry("invalid_request", "response_type is missing"))
                    : Optional.of(Map.entry("unsupported_response_type", "response_type must be " + expected));
        }
        if (value(query, names, "state").isEmpty()) {
            return Optional.of(Map.entry("invalid_request", "state is missing"));
        }
        boolean challenged = query.containsKey("code_challenge") || query.containsKey("code_challenge_method");
        boolean s256 = "S256".equals(query.get("code_challenge_method"))
                && query.getOrDefault("code_challenge", "").matches("[A-Za-z0-9_-]{43}");
        return (code.consent().pkce() || challenged) && !s256
                // RFC 7636 section 4.4.1
                ? Optional.of(Map.entry("invalid_request", "a code_challenge with the method S256 is required"))
                : Optional.empty();
    }

    /** Absolute, without user info, fragment (RFC 6749 section 3.1.2) and path steps. */
    private static boolean isBelow(URI base, String redirectUri) {
        URI uri;
        try {
            uri = URI.create(redirectUri);
        } catch (IllegalArgumentException e) {
            return false;
        }
        return base.getScheme().equals(uri.getScheme())
                && base.getRawAuthority().equals(uri.getRawAuthority())
                && uri.getRawUserInfo() == null
                && uri.getRawFragment() == null
                && Arrays.stream(uri.getPath().split("/")).noneMatch(step -> step.equals("..") || step.equals("."))
                && uri.getRawPath().startsWith(base.getRawPath() + "/");
    }
}
