package dev.latchkey.spring;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.WebhookEvent;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import reactor.core.publisher.Mono;

/** A product that uses GitHub for its users, by Spring MVC or WebFlux. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class ExampleApplication {
    /** Who is signed in, as far as this test is concerned. */
    static final String USER = "X-Test-User";

    @Bean
    Events events() {
        return new Events();
    }

    static class Events {
        final List<WebhookEvent.Connected> connected = new CopyOnWriteArrayList<>();
        final List<LatchkeyDelivery> all = new CopyOnWriteArrayList<>();

        @EventListener
        void connected(WebhookEvent.Connected event) {
            connected.add(event);
        }

        @EventListener
        void any(LatchkeyDelivery delivery) {
            if (delivery.event() instanceof WebhookEvent.Deleted) {
                throw new IllegalStateException("the database is away");
            }
            all.add(delivery);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    static class Servlet {
        @Bean
        CurrentUser currentUser() {
            return request -> Optional.ofNullable(request.getHeader(USER));
        }

        @Bean
        Pages pages(Latchkey latchkey, LatchkeyRestClients clients) {
            return new Pages(latchkey, clients);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    static class Reactive {
        @Bean
        ReactiveCurrentUser currentUser() {
            return exchange ->
                    Mono.justOrEmpty(exchange.getRequest().getHeaders().getFirst(USER));
        }

        @Bean
        ReactivePages pages(LatchkeyWebClients clients) {
            return new ReactivePages(clients);
        }
    }
}
