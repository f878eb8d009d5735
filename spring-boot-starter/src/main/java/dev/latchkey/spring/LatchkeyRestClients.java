package dev.latchkey.spring;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.springframework.http.HttpRequest;
import org.springframework.web.client.RestClient;

/**
 * {@link RestClient}s that act for a connection: with its token, or through Latchkey's proxy. In Spring MVC the connection is the
 * current user's, unless a request names another:
 *
 * <pre>{@code
 * @Bean
 * RestClient github(RestClient.Builder builder, LatchkeyRestClients latchkey) {
 *     return builder.apply(latchkey.proxy("github")).build();
 * }
 *
 * github.get().uri("/issues").retrieve().body(String.class);
 * github.get().uri("/issues").attributes(LatchkeyRestClients.connection("user-42")).retrieve().body(String.class);
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class LatchkeyRestClients {
    static final String CONNECTION = "dev.latchkey.connection";

    private final UserConnections connections;
    private final Supplier<Optional<String>> currentUser;

    LatchkeyRestClients(UserConnections connections, Supplier<Optional<String>> currentUser) {
        this.connections = connections;
        this.currentUser = currentUser;
    }

    /** For a request's {@code attributes}: it is sent for this connection, and not for the current user's. */
    public static Consumer<Map<String, Object>> connection(String connectionId) {
        return attributes -> attributes.put(CONNECTION, connectionId);
    }

    /** The same for the current user's connection, as {@link LatchkeyConnection} gives it to a controller. */
    public static Consumer<Map<String, Object>> connection(UserConnection connection) {
        return attributes -> attributes.put(CONNECTION, connection);
    }

    /**
     * Sends the connection's token to the provider as {@code Authorization: Bearer}, and another one once after a 401.
     *
     * @param base the provider's API. A request to another host has no token.
     */
    public Consumer<RestClient.Builder> token(String integration, URI base) {
        return builder -> builder.baseUrl(base.toString())
                .requestInterceptor(new TokenInterceptor(base, request -> of(integration, request)));
    }

    /** Sends requests through Latchkey's proxy, which adds the credential of whatever kind; addresses are paths of the provider's API. */
    public Consumer<RestClient.Builder> proxy(String integration) {
        return builder -> builder.baseUrl(ProxyInterceptor.BASE)
                .requestInterceptor(new ProxyInterceptor(request -> of(integration, request)));
    }

    private ActingFor of(String integration, HttpRequest request) {
        Object named = request.getAttributes().get(CONNECTION);
        if (named instanceof UserConnection own) {
            return new ActingFor(own, true);
        }
        return ActingFor.of(
                connections,
                integration,
                named,
                named == null ? currentUser.get() : Optional.empty(),
                "attributes(LatchkeyRestClients.connection(...))");
    }
}
