package dev.latchkey.server.connections;

import dev.latchkey.catalogue.DatastoreAddress;
import dev.latchkey.catalogue.Field;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.catalogue.TypedValue;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Secret;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Holds what a person typed against the definition's fields, and splits the secret from the rest. */
public final class ConfigFields {
    /** Of mutual TLS: any connection may have them, and they are secret without being declared. */
    private static final Set<String> CERTIFICATE = Set.of("client_certificate", "client_private_key");

    /** What kinds hold without a field of the definition, and clients that a connection brings along. */
    private static final Set<String> CREDENTIALS = Set.of(
            "apiKey",
            "password",
            "client_secret",
            "token_id",
            "token_secret",
            "oauth_client_secret_override",
            DatastoreAddress.CONNECTION_STRING);

    private ConfigFields() {}

    /** Whether a value of this name is for nobody's eyes. */
    public static boolean isSecret(Provider provider, String name) {
        Field field = provider.fields().get(name);
        return field == null
                ? CERTIFICATE.contains(name) || CREDENTIALS.contains(name)
                : field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE;
    }

    public record Problem(String field, String message) {}

    /** @param config what is stored openly, secrets what is encrypted */
    public record Accepted(ObjectNode config, Map<String, Secret> secrets, List<Problem> problems) {}

    /**
     * @param typed values by field; values of no known field are kept as they are
     * @param complete whether a required field that is missing is a problem
     */
    public static Accepted accept(Provider provider, Map<String, String> typed, boolean complete) {
        ObjectNode config = Json.MAPPER.createObjectNode();
        Map<String, Secret> secrets = new HashMap<>();
        List<Problem> problems = new ArrayList<>();
        typed.forEach((name, value) -> {
            Field field = provider.fields().get(name);
            if (field == null) {
                if (CERTIFICATE.contains(name)) {
                    secrets.put(name, new Secret(value));
                } else {
                    config.put(name, value);
                }
                return;
            }
            if (value.isBlank()) {
                return;
            }
            TypedValue checked = TypedValue.of(field, value);
            String cut = checked.value();
            checked.problem().ifPresent(message -> problems.add(new Problem(name, message)));
            // What is used once is as secret on its way as what is kept.
            if (field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE) {
                secrets.put(name, new Secret(cut));
            } else if (field.scope() == Field.Scope.CONNECTION) {
                config.put(name, cut);
            }
        });
        for (Field field : provider.fields().values()) {
            boolean there = config.has(field.id()) || secrets.containsKey(field.id());
            if (field.scope() == Field.Scope.SECRET && !there) {
                field.fixed().or(field::defaultValue).ifPresent(value -> secrets.put(field.id(), new Secret(value)));
            }
            if (field.scope() == Field.Scope.CONNECTION && !there) {
                field.fixed().or(field::defaultValue).ifPresent(value -> config.put(field.id(), value));
                if (complete && field.isAsked() && field.required() && !config.has(field.id())) {
                    problems.add(new Problem(field.id(), field.title().orElse(field.id()) + " is missing"));
                }
            }
        }
        return new Accepted(config, secrets, problems);
    }
}
