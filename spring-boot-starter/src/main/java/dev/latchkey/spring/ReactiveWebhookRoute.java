package dev.latchkey.spring;

import dev.latchkey.client.Webhooks;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The webhooks' path in WebFlux. */
@Configuration(proxyBeanMethods = false)
@Conditional(PropertyGiven.WebhookPath.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnClass(RouterFunction.class)
class ReactiveWebhookRoute {
    @Bean
    @ConditionalOnMissingBean(name = "latchkeyWebhookRoute")
    RouterFunction<ServerResponse> latchkeyWebhookRoute(
            LatchkeyWebhookProperties properties, ObjectProvider<Webhooks> webhooks, ApplicationEventPublisher events) {
        WebhookReceiver receiver = new WebhookReceiver(webhooks::getIfAvailable, events);
        return RouterFunctions.route()
                .POST(String.valueOf(properties.path()), request -> receive(request, receiver))
                .build();
    }

    private static Mono<ServerResponse> receive(ServerRequest request, WebhookReceiver receiver) {
        return DataBufferUtils.join(request.body(BodyExtractors.toDataBuffers()), WebhookReceiver.LARGEST)
                .map(ReactiveWebhookRoute::bytes)
                .defaultIfEmpty(new byte[0])
                // Listeners may block.
                .publishOn(Schedulers.boundedElastic())
                .map(body ->
                        receiver.receive(body, request.headers().asHttpHeaders().toSingleValueMap()))
                .onErrorResume(DataBufferLimitException.class, e -> Mono.just(413))
                .flatMap(status -> ServerResponse.status(status).build());
    }

    private static byte[] bytes(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }
}
