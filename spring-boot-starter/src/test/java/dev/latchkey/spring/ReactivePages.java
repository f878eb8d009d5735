package dev.latchkey.spring;

import dev.latchkey.client.Connection;
import java.net.URI;
import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** The example's pages in WebFlux. */
@RestController
class ReactivePages {
    private final LatchkeyWebClients clients;

    ReactivePages(LatchkeyWebClients clients) {
        this.clients = clients;
    }

    @GetMapping("/token")
    Mono<String> token(@LatchkeyConnection("github") UserConnection github) {
        return Mono.fromFuture(github::tokenAsync);
    }

    @GetMapping("/provider")
    String provider(@LatchkeyConnection("github") Connection github) {
        return github.provider();
    }

    @GetMapping("/direct")
    Mono<String> direct(
            @RequestParam URI api, @RequestParam URI to, @LatchkeyConnection("github") UserConnection github) {
        return WebClient.builder()
                .apply(clients.token("github", api))
                .build()
                .get()
                .uri(to)
                .attributes(LatchkeyWebClients.connection(github))
                .retrieve()
                .bodyToMono(String.class);
    }

    @GetMapping("/named")
    Mono<Map<String, String>> named(@RequestParam URI api, @RequestParam String id) {
        return WebClient.builder()
                .apply(clients.token("github", api))
                .build()
                .get()
                .uri("/echo")
                .attributes(LatchkeyWebClients.connection(id))
                .retrieve()
                .bodyToMono(String.class)
                .map(text -> Map.of("text", text));
    }
}
