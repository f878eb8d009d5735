package dev.latchkey.spring;

import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import java.util.function.Consumer;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Latchkey's webhooks as a route of Spring MVC.
 *
 * <pre>{@code
 * @Bean
 * RouterFunction<ServerResponse> latchkeyEvents(Webhooks webhooks) {
 *     return LatchkeyWebhookRoute.at("/hooks/latchkey", webhooks, event -> log.info("{}", event));
 * }
 * }</pre>
 */
public final class LatchkeyWebhookRoute {
    private LatchkeyWebhookRoute() {}

    /**
     * Responds 204 once the consumer returns, 401 without calling it for a wrong signature. When the consumer throws, Spring responds
     * 500 and Latchkey retries the delivery.
     */
    public static RouterFunction<ServerResponse> at(String path, Webhooks webhooks, Consumer<WebhookEvent> consumer) {
        return RouterFunctions.route()
                .POST(path, request -> receive(request, webhooks, consumer))
                .build();
    }

    private static ServerResponse receive(ServerRequest request, Webhooks webhooks, Consumer<WebhookEvent> consumer)
            throws Exception {
        WebhookEvent event;
        try {
            event = webhooks.verify(
                    request.body(byte[].class),
                    request.headers().asHttpHeaders().toSingleValueMap());
        } catch (LatchkeyException.InvalidWebhook e) {
            return ServerResponse.status(401).build();
        }
        consumer.accept(event);
        return ServerResponse.noContent().build();
    }
}
