package dev.latchkey.spring;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * {@link WebClient}s that act for a connection, which each request names:
 *
 * <pre>{@code
 * @Bean
 * WebClient github(WebClient.Builder builder, LatchkeyWebClients latchkey) {
 *     return builder.apply(latchkey.token("github", URI.create("https://api.github.com"))).build();
 * }
 *
 * github.get().uri("/issues").attributes(LatchkeyWebClients.connection("user-42")).retrieve().bodyToMono(String.class);
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class LatchkeyWebClients {
    private final UserConnections connections;

    LatchkeyWebClients(UserConnections connections) {
        this.connections = connections;
    }

    /** For a request's {@code attributes}: the connection that it is sent for. */
    public static Consumer<Map<String, Object>> connection(String connectionId) {
        return attributes -> attributes.put(LatchkeyRestClients.CONNECTION, connectionId);
    }

    /** The same for the current user's connection, as {@link LatchkeyConnection} gives it to a controller. */
    public static Consumer<Map<String, Object>> connection(UserConnection connection) {
        return attributes -> attributes.put(LatchkeyRestClients.CONNECTION, connection);
    }

    /**
     * Sends the connection's token to the provider as {@code Authorization: Bearer}, and another one once after a 401.
     *
     * @param base the provider's API. A request to another host has no token.
     */
    public Consumer<WebClient.Builder> token(String integration, URI base) {
        return builder ->
                builder.baseUrl(base.toString()).filter((request, next) -> sent(integration, base, request, next));
    }

    private Mono<ClientResponse> sent(String integration, URI base, ClientRequest request, ExchangeFunction next) {
        if (!TokenInterceptor.isAt(base, request.url())) {
            return next.exchange(request);
        }
        Object named = request.attributes().get(LatchkeyRestClients.CONNECTION);
        ActingFor connection = named instanceof UserConnection own
                ? new ActingFor(own, true)
                : ActingFor.of(
                        connections,
                        integration,
                        named,
                        Optional.empty(),
                        "attributes(LatchkeyWebClients.connection(...))");
        return Mono.fromFuture(connection::tokenAsync)
                .flatMap(token -> next.exchange(with(request, token))
                        .flatMap(response -> response.statusCode().isSameCodeAs(HttpStatus.UNAUTHORIZED)
                                ? response.releaseBody()
                                        // It blocks while another token is fetched.
                                        .then(Mono.fromCallable(() -> connection.replaceToken(token))
                                                .subscribeOn(Schedulers.boundedElastic()))
                                        .flatMap(another -> next.exchange(with(request, another)))
                                : Mono.just(response)));
    }

    private static ClientRequest with(ClientRequest request, String token) {
        return ClientRequest.from(request)
                .headers(headers -> headers.setBearerAuth(token))
                .build();
    }
}
