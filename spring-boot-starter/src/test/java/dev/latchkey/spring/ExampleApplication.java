package dev.latchkey.spring;

import dev.latchkey.client.EndUser;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/** A product with one page to connect GitHub, one that uses it, and an ear for what happens. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class ExampleApplication {
    @Bean
    BlockingQueue<WebhookEvent> events() {
        return new LinkedBlockingQueue<>();
    }

    @Bean
    RouterFunction<ServerResponse> pages(Latchkey latchkey) {
        return RouterFunctions.route()
                .GET("/connect", request -> {
                    String user = request.param("user").orElseThrow();
                    return ServerResponse.status(302)
                            .location(latchkey.getAuthUrl("github", user))
                            .build();
                })
                .GET("/token", request -> {
                    String user = request.param("user").orElseThrow();
                    return ServerResponse.ok().body(latchkey.getToken("github", user));
                })
                .GET(
                        "/session",
                        request -> ServerResponse.ok()
                                .body(latchkey.sessions()
                                        .create(EndUser.of("u1"), List.of("github"))
                                        .token()))
                .onError(
                        LatchkeyException.NotFound.class,
                        (e, request) -> ServerResponse.notFound().build())
                .build();
    }

    @Bean
    RouterFunction<ServerResponse> latchkeyEvents(Webhooks webhooks, BlockingQueue<WebhookEvent> events) {
        return LatchkeyWebhookRoute.at("/hooks/latchkey", webhooks, events::add);
    }
}
