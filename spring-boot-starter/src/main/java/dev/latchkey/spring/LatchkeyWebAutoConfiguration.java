package dev.latchkey.spring;

import dev.latchkey.client.Latchkey;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.client.RestClient;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.result.method.annotation.ArgumentResolverConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Connections of the current user in controllers and HTTP clients, and failures as problem details. */
@AutoConfiguration(after = LatchkeyAutoConfiguration.class)
public class LatchkeyWebAutoConfiguration {
    @Bean
    UserConnections latchkeyUserConnections(Latchkey latchkey, LatchkeyProperties properties) {
        return new UserConnections(latchkey, Optional.ofNullable(properties.returnUrl()));
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(RestClient.class)
    static class RestClients {
        @Bean
        @ConditionalOnMissingBean
        LatchkeyRestClients latchkeyRestClients(
                UserConnections connections, ObjectProvider<CurrentRequestUser> currentUser) {
            return new LatchkeyRestClients(
                    connections,
                    () -> Optional.ofNullable(currentUser.getIfAvailable()).flatMap(CurrentRequestUser::id));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(WebClient.class)
    static class WebClients {
        @Bean
        @ConditionalOnMissingBean
        LatchkeyWebClients latchkeyWebClients(UserConnections connections) {
            return new LatchkeyWebClients(connections);
        }
    }

    /** The user of the request that the current thread works on. */
    @FunctionalInterface
    interface CurrentRequestUser {
        Optional<String> id();
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({WebMvcConfigurer.class, HttpServletRequest.class})
    static class Servlet {
        @Bean
        @ConditionalOnMissingBean
        CurrentUser latchkeyCurrentUser() {
            return CurrentUser.principal();
        }

        @Bean
        CurrentRequestUser latchkeyCurrentRequestUser(CurrentUser users) {
            return () -> RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes
                    ? users.id(attributes.getRequest())
                    : Optional.empty();
        }

        @Bean
        WebMvcConfigurer latchkeyArguments(UserConnections connections, CurrentUser users) {
            return new WebMvcConfigurer() {
                @Override
                public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
                    resolvers.add(new UserConnectionResolver(connections, users));
                }
            };
        }

        @Bean
        @ConditionalOnProperty(name = "latchkey.problem-details.enabled", matchIfMissing = true)
        LatchkeyProblems latchkeyProblems() {
            return new LatchkeyProblems();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    @ConditionalOnClass(WebFluxConfigurer.class)
    static class Reactive {
        @Bean
        @ConditionalOnMissingBean
        ReactiveCurrentUser latchkeyCurrentUser() {
            return ReactiveCurrentUser.principal();
        }

        @Bean
        WebFluxConfigurer latchkeyArguments(UserConnections connections, ReactiveCurrentUser users) {
            return new WebFluxConfigurer() {
                @Override
                public void configureArgumentResolvers(ArgumentResolverConfigurer resolvers) {
                    resolvers.addCustomResolver(new ReactiveUserConnectionResolver(connections, users));
                }
            };
        }

        @Bean
        @ConditionalOnProperty(name = "latchkey.problem-details.enabled", matchIfMissing = true)
        ReactiveLatchkeyProblems latchkeyProblems() {
            return new ReactiveLatchkeyProblems();
        }
    }
}
