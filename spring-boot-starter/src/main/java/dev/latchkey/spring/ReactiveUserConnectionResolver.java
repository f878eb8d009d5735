package dev.latchkey.spring;

import org.springframework.core.MethodParameter;
import org.springframework.web.reactive.BindingContext;
import org.springframework.web.reactive.result.method.HandlerMethodArgumentResolver;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** {@link LatchkeyConnection} in WebFlux. */
final class ReactiveUserConnectionResolver implements HandlerMethodArgumentResolver {
    private final UserConnections connections;
    private final ReactiveCurrentUser users;

    ReactiveUserConnectionResolver(UserConnections connections, ReactiveCurrentUser users) {
        this.connections = connections;
        this.users = users;
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return UserConnections.isOne(parameter);
    }

    @Override
    public Mono<Object> resolveArgument(MethodParameter parameter, BindingContext context, ServerWebExchange exchange) {
        String integration = UserConnections.integration(parameter);
        return users.id(exchange)
                .switchIfEmpty(Mono.error(UserConnections::notSignedIn))
                .map(user -> connections.of(integration, user))
                .flatMap(connection -> parameter.getParameterType() == UserConnection.class
                        ? Mono.just(connection)
                        : Mono.fromFuture(connection::getAsync));
    }
}
