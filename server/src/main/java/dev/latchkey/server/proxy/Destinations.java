package dev.latchkey.server.proxy;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a call goes: the definition's base and the endpoint, or a URL from the caller, as long as the definition or the
 * operator allows its host. Thread-safe.
 */
final class Destinations {
    /** Some clients merge the two slashes of a URL within a path into one. */
    private static final Pattern ABSOLUTE = Pattern.compile("(?i)(https?):/{1,2}(?=[^/])");

    private static final String ILLEGAL = "\"<>\\^`{|} ";

    private final List<String> operatorsHosts;

    /** @param operatorsHosts names, {@code *.example.com}, or {@code *} for any */
    Destinations(List<String> operatorsHosts) {
        this.operatorsHosts = operatorsHosts.stream()
                .map(host -> host.toLowerCase(Locale.ROOT))
                .toList();
    }

    /** @param mayCarryCredentials false: the host is not one of the provider's */
    record Destination(URI uri, boolean mayCarryCredentials) {}

    /**
     * @param base the definition's, with the connection's values; empty if it has none
     * @param proof query parameters that take precedence over the caller's
     * @throws IllegalArgumentException when there is no URL, with a message
     */
    Destination of(ProxyCall call, Optional<String> base, Map<String, String> proof) {
        String endpoint = call.endpoint();
        var absolute = ABSOLUTE.matcher(endpoint);
        String address;
        if (absolute.lookingAt()) {
            address = absolute.group(1).toLowerCase(Locale.ROOT) + "://" + endpoint.substring(absolute.end());
        } else {
            String chosen = call.options()
                    .base()
                    .map(Destinations::plainBase)
                    .or(() -> base)
                    .orElseThrow(
                            () -> new IllegalArgumentException(
                                    "the address of " + call.provider().name()
                                            + " is not known for this connection: give Base-Url-Override, or its connection_config"));
            address = chosen + (endpoint.startsWith("/") || endpoint.isEmpty() ? "" : "/") + endpoint;
        }
        String query = withProof(call.query(), proof);
        URI uri = uri(legal(query.isEmpty() ? address : address + (address.indexOf('?') < 0 ? "?" : "&") + query));
        return new Destination(uri, isAllowed(call.provider(), base, uri));
    }

    /** Clients differ in what they encode; the characters that no URI has (RFC 3986 section 2) are encoded for them. */
    private static String legal(String address) {
        StringBuilder encoded = null;
        for (int i = 0; i < address.length(); i++) {
            char c = address.charAt(i);
            boolean illegal = c < 0x7f && ILLEGAL.indexOf(c) >= 0;
            if (illegal && encoded == null) {
                encoded = new StringBuilder(address.substring(0, i));
            }
            if (encoded != null) {
                encoded.append(illegal ? "%" + Integer.toHexString(c).toUpperCase(Locale.ROOT) : Character.toString(c));
            }
        }
        return encoded == null ? address : encoded.toString();
    }

    private static URI uri(String address) {
        try {
            URI uri = URI.create(address);
            if (uri.getHost() == null) {
                throw new IllegalArgumentException("the address names no host");
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the address is not a URL: percent-encode invalid characters");
        }
    }

    private static String plainBase(String base) {
        URI uri = uri(base);
        boolean web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
        if (!web || uri.getRawUserInfo() != null || uri.getRawFragment() != null || uri.getRawQuery() != null) {
            throw new IllegalArgumentException("Base-Url-Override must be an address such as https://api.example.com");
        }
        return base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }

    /** Whether the provider's credential may go there. */
    boolean isAllowed(Provider provider, Optional<String> base, URI uri) {
        if (base.isPresent() && sameOrigin(URI.create(base.get()), uri)) {
            return true;
        }
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        return provider.api().further().hosts().stream().anyMatch(pattern -> matches(pattern, host))
                || operatorsHosts.stream().anyMatch(pattern -> matches(pattern, host));
    }

    static boolean sameOrigin(URI one, URI other) {
        return one.getScheme().equalsIgnoreCase(other.getScheme())
                && one.getHost() != null
                && one.getHost().equalsIgnoreCase(other.getHost())
                && port(one) == port(other);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    private static boolean matches(String pattern, String host) {
        return pattern.equals("*")
                || pattern.equals(host)
                || pattern.startsWith("*.") && host.endsWith(pattern.substring(1));
    }

    private static String withProof(String query, Map<String, String> proof) {
        if (proof.isEmpty()) {
            return query;
        }
        StringBuilder merged = new StringBuilder();
        for (String pair : query.split("&")) {
            String name = pair.split("=", 2)[0];
            if (!pair.isEmpty() && !proof.containsKey(decoded(name))) {
                merged.append(merged.isEmpty() ? "" : "&").append(pair);
            }
        }
        proof.forEach((name, value) -> merged.append(merged.isEmpty() ? "" : "&")
                .append(PercentEncoding.encode(name))
                .append('=')
                .append(PercentEncoding.encode(value)));
        return merged.toString();
    }

    private static String decoded(String name) {
        try {
            return URLDecoder.decode(name, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return name;
        }
    }
}
