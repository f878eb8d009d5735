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
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerRequest;
import org.springframework.web.servlet.function.ServerResponse;

/** The webhooks' path in Spring MVC. */
@Configuration(proxyBeanMethods = false)
@Conditional(PropertyGiven.WebhookPath.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(RouterFunction.class)
class ServletWebhookRoute {
    @Bean
    @ConditionalOnMissingBean(name = "latchkeyWebhookRoute")
    RouterFunction<ServerResponse> latchkeyWebhookRoute(
            LatchkeyWebhookProperties properties, ObjectProvider<Webhooks> webhooks, ApplicationEventPublisher events) {
        WebhookReceiver receiver = new WebhookReceiver(webhooks::getIfAvailable, events);
        return RouterFunctions.route()
                .POST(String.valueOf(properties.path()), request -> receive(request, receiver))
                .build();
    }

    private static ServerResponse receive(ServerRequest request, WebhookReceiver receiver) throws Exception {
        byte[] body = request.servletRequest().getInputStream().readNBytes(WebhookReceiver.LARGEST + 1);
        int status = receiver.receive(body, request.headers().asHttpHeaders().toSingleValueMap());
        return ServerResponse.status(status).build();
    }
}
