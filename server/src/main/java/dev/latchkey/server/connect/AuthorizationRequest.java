package dev.latchkey.server.connect;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.tokens.ValuesOf;
import java.net.URI;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The URL that a user's browser is sent to (RFC 6749 section 4.1.1), made as the definition says. */
final class AuthorizationRequest {
    /**
     * A caller may neither change nor remove them: they carry the flow's security. With another {@code response_mode} a code would
     * arrive where nothing accepts it, and stay in the browser.
     */
    private static final Set<String> RESERVED = Set.of(
            "response_type",
            "client_id",
            "redirect_uri",
            "state",
            "response_mode",
            "code_challenge",
            "code_challenge_method",
            "request_uri",
            "request");

    private AuthorizationRequest() {}

    /**
     * @param scopes in the requested order
     * @param groups further scopes by group ({@code user})
     * @param overrides parameters of the caller; {@code undefined} removes one
     * @throws FlowRefusedException when an override is not allowed
     * @throws IllegalArgumentException when a value that the URL needs is missing
     */
    static Map<String, String> parameters(
            CodeGrant code,
            ValuesOf values,
            URI redirectUri,
            String state,
            Optional<String> verifier,
            Collection<String> scopes,
            Map<String, String> groups,
            Map<String, String> overrides) {
        Auth.Authorize authorize = code.consent().authorize();
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("client_id", values.clientId().orElse(""));
        query.put("redirect_uri", redirectUri.toString());
        String scope = String.join(authorize.scope().join(), scopes);
        if (!scope.isEmpty()) {
            query.put(authorize.scope().param(), scope);
        }
        query.put("state", state);
        authorize.groups().forEach((group, parameter) -> {
            String more = groups.getOrDefault(group, "");
            if (!more.isEmpty()) {
                query.put(parameter, String.join(authorize.scope().join(), List.of(more.split(","))));
            }
        });
        authorize.params().forEach((name, text) -> text.expand(values).ifPresent(value -> query.put(name, value)));
        verifier.ifPresent(text -> {
            query.put("code_challenge", challenge(text));
            query.put("code_challenge_method", "S256");
        });
        overrides.forEach((name, value) -> {
            if (isReserved(authorize, name)) {
                throw new FlowRefusedException(
                        "invalid_query_params", "The parameter " + name + " may not be overridden.");
            }
            if (value.equals("undefined")) {
                query.remove(name);
            } else {
                query.put(name, value);
            }
        });
        query.values().removeIf(value -> value.isEmpty() && authorize.dropEmpty());
        return query;
    }

    /** By its own name, by the vendor's, and by what a lenient server reads as either: PHP reads {@code redirect uri} as one. */
    private static boolean isReserved(Auth.Authorize authorize, String name) {
        String read = readLeniently(name);
        return RESERVED.stream()
                .anyMatch(reserved -> read.equals(reserved)
                        || read.equals(readLeniently(authorize.names().getOrDefault(reserved, reserved))));
    }

    static String readLeniently(String name) {
        String whole = name.strip().toLowerCase(Locale.ROOT);
        int array = whole.indexOf("[]");
        return (array > 0 ? whole.substring(0, array) : whole).replaceAll("[\\s.+\\[]", "_");
    }

    /** The parameters by the vendor's own names, to be pushed (RFC 9126 section 2.1). */
    static Map<String, String> named(Auth.Authorize authorize, Map<String, String> parameters) {
        Map<String, String> named = new LinkedHashMap<>();
        parameters.forEach((name, value) -> named.put(authorize.names().getOrDefault(name, name), value));
        return named;
    }

    /** @throws IllegalArgumentException when a value that the URL needs is missing */
    static URI address(Auth.Authorize authorize, Template.Values values, Map<String, String> parameters) {
        String address = authorize
                .url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing"));
        return URI.create(join(
                address, encoded(parameters, authorize), authorize.fragment().orElse("")));
    }

    /** PKCE S256 (RFC 7636 section 4.2). */
    static String challenge(String verifier) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(HashFunction.SHA_256.digest(verifier));
    }

    /** What the flow needs, then what the connection or the integration asks for, or else the definition's own, each once. */
    static Set<String> scopes(Scopes definition, List<String> asked) {
        return definition.requested(asked);
    }

    private static String encoded(Map<String, String> query, Auth.Authorize authorize) {
        StringBuilder text = new StringBuilder();
        query.forEach((name, value) -> {
            boolean raw =
                    authorize.scope().raw() && name.equals(authorize.scope().param());
            String encoded = raw ? rawScope(value) : PercentEncoding.encode(value);
            text.append(text.isEmpty() ? "" : "&")
                    .append(PercentEncoding.encode(authorize.names().getOrDefault(name, name)))
                    .append('=')
                    .append(encoded);
        });
        return text.toString();
    }

    /** Some vendors require unencoded separators between scopes; everything that could end the parameter is still encoded. */
    private static String rawScope(String value) {
        StringBuilder text = new StringBuilder();
        for (char c : value.toCharArray()) {
            boolean plain = Character.isLetterOrDigit(c) && c < 128 || ":/.,_-~*+".indexOf(c) >= 0;
            text.append(plain ? String.valueOf(c) : PercentEncoding.encode(String.valueOf(c)));
        }
        return text.toString();
    }

    private static String join(String address, String query, String fragment) {
        if (!fragment.isEmpty()) {
            return address + "#" + fragment + "?" + query;
        }
        // A page may want a fragment of its own, as WeChat's does (#wechat_redirect): behind the query, or it would
        // swallow it.
        int end = address.indexOf('#') < 0 ? address.length() : address.indexOf('#');
        String page = address.substring(0, end);
        return page + (page.contains("?") ? "&" : "?") + query + address.substring(end);
    }
}
