package dev.latchkey.server.connections;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks a person's input against the definition's fields, and separates secrets from the rest. */
public final class ConfigFields {
    /** For mutual TLS: any connection may have them, and they are secret without a declaration. */
    private static final String SCOPES_OVERRIDE = "oauth_scopes_override";

    private static final Set<String> CERTIFICATE = Set.of("client_certificate", "client_private_key");

    /** A client of the product's customer, instead of the integration's. */
    public static final String CLIENT_ID = "oauth_client_id_override";

    public static final String CLIENT_SECRET = "oauth_client_secret_override";

    /** Values that kinds have without a field of the definition, and a connection's own client. */
    private static final Set<String> CREDENTIALS = Set.of(
            "apiKey",
            "password",
            "client_secret",
            "token_id",
            "token_secret",
            "consumer_secret",
            CLIENT_SECRET,
            DatastoreAddress.CONNECTION_STRING);

    private ConfigFields() {}

    /** Values that the server itself stores in a connection's config: {@code pending}, and the issuer of an MCP server's tokens. */
    public static final String PENDING = "pending";

    public static final String MCP_ISSUER = "mcp_issuer";
    private static final Set<String> OWN = Set.of(PENDING, MCP_ISSUER);

    /**
     * What a person has no say in: values that the vendor, this server or the product's backend fills. A backend that imports a
     * connection may give them, since it answers for all of it.
     */
    public static List<Problem> notTyped(Provider provider, Set<String> names) {
        return names.stream()
                .sorted()
                // An account that the vendor lists may be named: it is taken only if it is listed.
                .filter(name -> !isListed(provider, name))
                .flatMap(name -> why(provider, name).map(message -> new Problem(name, message)).stream())
                .toList();
    }

    /** The same of a session's presets: it speaks for its user, but what a backend is to fill, it may. */
    public static List<Problem> notPreset(Provider provider, Set<String> names) {
        return notTyped(provider, names).stream()
                .filter(problem -> !isOfBackend(provider, problem.field()))
                .toList();
    }

    private static boolean isOfBackend(Provider provider, String name) {
        Field field = provider.fields().get(name);
        return field != null && field.source().orElse(null) instanceof Field.Source.Backend;
    }

    private static boolean isListed(Provider provider, String name) {
        Field field = provider.fields().get(name);
        return field != null && field.fixed().isEmpty() && provider.listed().contains(name);
    }

    private static Optional<String> why(Provider provider, String name) {
        Field field = provider.fields().get(name);
        if (field == null) {
            return OWN.contains(name) ? Optional.of("is kept by the server and cannot be given") : Optional.empty();
        }
        if (field.fixed().isPresent()) {
            return Optional.of("is fixed by the definition and cannot be given");
        }
        return field.source().map(source -> switch (source) {
            case Field.Source.Callback it -> "comes from " + provider.name() + "'s callback and cannot be given";
            case Field.Source.Token it -> "comes with " + provider.name() + "'s token and cannot be given";
            case Field.Source.AfterConnectStep it -> "is learned from " + provider.name() + " and cannot be given";
            case Field.Source.Generated it -> "is made here and cannot be given; GET /connect/session shows it";
            case Field.Source.Backend _ ->
                "is for the product's backend to preset in the session (integrations_config_defaults) and cannot be given";
        });
    }

    /**
     * The values given for fields, by our names or Nango's, that have no text: a list or an object. Beside the fields, a backend may keep
     * any value; but scopes are a text or a list of texts.
     */
    public static List<Problem> notText(Provider provider, ObjectNode given) {
        Stream<Problem> scopes = Stream.ofNullable(given.get(SCOPES_OVERRIDE))
                .filter(value -> !areScopes(value))
                .map(wrong -> new Problem(SCOPES_OVERRIDE, "must be a text, or a list of texts"));
        return Stream.concat(scopes, fieldsWithoutText(provider, given)).toList();
    }

    private static boolean areScopes(JsonNode value) {
        return value.isString()
                || value.isNull()
                || value.isArray() && value.valueStream().allMatch(JsonNode::isString);
    }

    private static Stream<Problem> fieldsWithoutText(Provider provider, ObjectNode given) {
        return given.properties().stream()
                .filter(entry -> entry.getValue().isContainer())
                .map(Map.Entry::getKey)
                .filter(name -> provider.fields().containsKey(name)
                        || provider.nango().config().containsKey(name)
                        || isSecret(provider, name))
                .map(name -> new Problem(name, "must be a text"));
    }

    /** Whether the name alone marks a value as secret, if the definition has no such field. */
    static boolean isCredential(String name) {
        return CREDENTIALS.contains(name);
    }

    /** Whether a value of this name must never be shown. */
    public static boolean isSecret(Provider provider, String name) {
        Field field = provider.fields().get(name);
        return field == null
                ? CERTIFICATE.contains(name) || isCredential(name)
                : field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE;
    }

    /** What a connection that is imported again keeps unless the import names it. */
    static ObjectNode kept(ObjectNode config) {
        return config.deepCopy().remove(OWN);
    }

    public record Problem(String field, String message) {}

    /** @param config stored in plain text, secrets stored encrypted */
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
                if (isSecret(provider, name)) {
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
            // A value that is used once is as secret in transit as a stored one.
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
                    problems.add(new Problem(field.id(), field.label().title().orElse(field.id()) + " is missing"));
                }
            }
        }
        return new Accepted(config, secrets, problems);
    }
}
