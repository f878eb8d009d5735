package dev.latchkey.spring;

import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/** A property that is not empty: {@code ${KEY:}} without the variable counts as absent, for {@code ConditionalOnProperty} it does not. */
abstract class PropertyGiven implements Condition {
    private final String name;

    PropertyGiven(String name) {
        this.name = name;
    }

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
        return StringUtils.hasText(context.getEnvironment().getProperty(name));
    }

    static final class WebhookPath extends PropertyGiven {
        WebhookPath() {
            super("latchkey.webhook.path");
        }
    }

    static final class SigningKey extends PropertyGiven {
        SigningKey() {
            super("latchkey.webhook.signing-key");
        }
    }
}
