package dev.latchkey.spring;

import java.security.Principal;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Who sent a request, in WebFlux: the id of their connections. See {@link CurrentUser}. */
@FunctionalInterface
public interface ReactiveCurrentUser {
    /** Empty if nobody is signed in. It must come from the session or a verified token, and never from what the caller may choose. */
    Mono<String> id(ServerWebExchange exchange);

    /** The principal's name. */
    static ReactiveCurrentUser principal() {
        return exchange -> exchange.getPrincipal().map(Principal::getName);
    }
}
