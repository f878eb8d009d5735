package dev.latchkey.server.mcp;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * From an MCP server's address to its authorization server: protected resource metadata (RFC 9728), then authorization server
 * metadata (RFC 8414) or OpenID Connect discovery. Results are kept for ten minutes. Redirects are not followed; responses are bounded
 * by egress. Thread-safe.
 */
public final class Discovery {
    private static final Pattern METADATA = Pattern.compile("resource_metadata=\"([^\"]{1,2000})\"");

    private final Egress egress;
    private final Cache<URI, Found> cache = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(Duration.ofMinutes(10))
            .build();

    public Discovery(Egress egress) {
        this.egress = egress;
    }

    /**
     * @param resource the resource that tokens are requested for (RFC 8707)
     * @param scopes that the resource knows
     * @param server the authorization server's metadata
     */
    public record Found(String resource, List<String> scopes, String issuer, JsonNode server) {
        String required(String name) {
            String value = server.path(name).asString("");
            if (value.isEmpty()) {
                throw McpException.wrong("the authorization server " + issuer + " names no " + name);
            }
            return address(value).toString();
        }

        Optional<String> optional(String name) {
            return server.path(name).asString("").isEmpty() ? Optional.empty() : Optional.of(required(name));
        }

        boolean promises(String name) {
            return server.path(name).asBoolean(false);
        }

        List<String> list(String name) {
            return texts(server.path(name));
        }
    }

    /**
     * @param place maps a URL to the one to call: the lab plays a server under its own
     * @throws McpException when there is no metadata, or it contradicts itself
     */
    public Found of(URI server, UnaryOperator<URI> place) {
        URI key = place.apply(server);
        Found known = cache.getIfPresent(key);
        if (known == null) {
            known = find(address(server.toString()), place);
            cache.put(key, known);
        }
        return known;
    }

    private Found find(URI server, UnaryOperator<URI> place) {
        JsonNode resource = protectedResource(server, place)
                .orElseThrow(() -> McpException.wrong(server.getHost()
                        + " has no protected resource metadata (RFC 9728); is this an MCP server that needs sign-in?"));
        String name = resource.path("resource").asString("");
        // RFC 9728 section 3.3: metadata of another resource must not be used. A server may speak for its whole origin.
        if (name.isEmpty() || !isPart(server, name)) {
            throw McpException.wrong(server.getHost() + " describes another resource than the requested one");
        }
        List<String> issuers = texts(resource.path("authorization_servers"));
        String issuer = issuers.isEmpty() ? origin(server) : issuers.getFirst();
        return new Found(name, texts(resource.path("scopes_supported")), issuer, authorizationServer(issuer, place));
    }

    private Optional<JsonNode> protectedResource(URI server, UnaryOperator<URI> place) {
        String path = server.getRawPath() == null ? "" : server.getRawPath().replaceFirst("/$", "");
        List<String> places = new ArrayList<>();
        challenge(server, place).ifPresent(places::add);
        places.add(origin(server) + "/.well-known/oauth-protected-resource" + path);
        places.add(origin(server) + "/.well-known/oauth-protected-resource");
        return places.stream()
                .distinct()
                .map(one -> json(one, place))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** RFC 9728 section 5.1: the response to a refused request names the URL. */
    private Optional<String> challenge(URI server, UnaryOperator<URI> place) {
        try {
            Egress.Response answer = egress.send(new Egress.Request(
                    "GET",
                    place.apply(server),
                    Map.of("accept", "application/json, text/event-stream"),
                    Optional.empty()));
            Matcher named = METADATA.matcher(answer.headers().getOrDefault("www-authenticate", ""));
            return answer.status() == 401 && named.find() ? Optional.of(named.group(1)) : Optional.empty();
        } catch (EgressException e) {
            throw failed(e);
        }
    }

    /** RFC 8414 section 3.1, then OpenID Connect discovery in both of its places. The issuer must be the requested one (3.3). */
    public JsonNode authorizationServer(String issuer, UnaryOperator<URI> place) {
        URI uri = address(issuer);
        String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceFirst("/$", "");
        for (String metadata : List.of(
                origin(uri) + "/.well-known/oauth-authorization-server" + path,
                origin(uri) + "/.well-known/openid-configuration" + path,
                origin(uri) + path + "/.well-known/openid-configuration")) {
            Optional<JsonNode> found = json(metadata, place);
            if (found.isPresent()) {
                if (!found.get().path("issuer").asString("").equals(issuer)) {
                    throw McpException.wrong("the metadata of " + issuer + " belongs to another issuer");
                }
                return found.get();
            }
        }
        throw McpException.wrong("the authorization server " + issuer + " has no metadata (RFC 8414)");
    }

    private Optional<JsonNode> json(String metadata, UnaryOperator<URI> place) {
        URI uri = address(metadata);
        try {
            Egress.Response answer = egress.send(new Egress.Request(
                    "GET", place.apply(uri), Map.of("accept", "application/json"), Optional.empty()));
            if (answer.status() >= 500 || answer.status() == 429) {
                throw new McpException(uri.getHost() + " answered " + answer.status(), true);
            }
            return answer.status() == 200
                    ? Optional.of(Storable.of(Json.MAPPER.readTree(answer.body())))
                            .filter(JsonNode::isObject)
                    : Optional.empty();
        } catch (EgressException e) {
            throw failed(e);
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    static McpException failed(EgressException e) {
        return new McpException(String.valueOf(e.getMessage()), e.kind() != EgressException.Kind.FORBIDDEN);
    }

    /**
     * A URL from an untrusted source. It must not be a template, which could refer to our secrets; with https it must have a name, not
     * an IP address (egress allows http only where the operator does).
     */
    static URI address(String text) {
        try {
            URI uri = URI.create(text);
            String host = uri.getHost() == null ? "" : uri.getHost();
            boolean number = host.startsWith("[") || host.matches("[0-9.]+");
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme()) && !number;
            if (web
                    && !host.isEmpty()
                    && uri.getRawFragment() == null
                    && uri.getRawUserInfo() == null
                    && text.indexOf('$') < 0) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Reported below, without the text.
        }
        throw McpException.wrong("a URL in the server's metadata is invalid, or not https with a host name");
    }

    private static boolean isPart(URI server, String resource) {
        URI whole = address(resource);
        String path = whole.getRawPath() == null ? "" : whole.getRawPath().replaceFirst("/$", "");
        String asked = server.getRawPath() == null ? "" : server.getRawPath().replaceFirst("/$", "");
        return origin(whole).equals(origin(server)) && (asked.equals(path) || asked.startsWith(path + "/"));
    }

    private static String origin(URI uri) {
        return uri.getScheme() + "://" + uri.getRawAuthority();
    }

    private static List<String> texts(JsonNode list) {
        List<String> found = new ArrayList<>();
        list.forEach(one -> {
            if (one.isString() && one.asString().indexOf('$') < 0) {
                found.add(one.asString());
            }
        });
        return List.copyOf(found);
    }
}
