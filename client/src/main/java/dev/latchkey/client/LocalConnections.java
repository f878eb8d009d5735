package dev.latchkey.client;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.catalogue.template.Template;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/** Connections that need no server, in memory: checked as the catalogue says. */
final class LocalConnections {
    private record Key(String provider, String connectionId) {}

    private final VendorProbe probe;
    private final DatastoreCheck datastores;
    private final InstantSource clock;
    private final Map<Key, Connection> made = new ConcurrentHashMap<>();

    LocalConnections(VendorProbe probe, Duration timeout, InstantSource clock) {
        this.probe = probe;
        this.datastores = new DatastoreCheck(timeout);
        this.clock = clock;
    }

    Optional<Connection> find(String provider, String connectionId) {
        return Optional.ofNullable(made.get(new Key(provider, connectionId)));
    }

    Verified connect(Provider provider, String connectionId, Map<String, String> given) {
        AuthFacts facts = provider.auth().facts();
        Map<String, String> values = accept(
                provider,
                facts.datastore().map(driver -> expanded(driver, given)).orElse(given));
        Template.Values typed = valuesOf(values);
        Verified.Proof proof = Verified.Proof.UNCHECKED;
        Credentials credentials = new Credentials.None();
        if (facts.datastore().isPresent()) {
            DatastoreAddress address = DatastoreAddress.of(facts.datastore().get(), values);
            proof = datastores.check(provider, address);
            credentials = CredentialsJson.datastore(address);
        } else if (facts.keyField().isPresent()) {
            proof = probe.check(provider, typed);
            credentials =
                    CredentialsJson.key(values.getOrDefault(facts.keyField().get(), ""));
        } else if (facts.basic().isPresent()) {
            proof = probe.check(provider, typed);
            credentials = CredentialsJson.userAndPassword(
                    facts.basic().get().username().expand(typed).orElse(""),
                    facts.basic().get().password().expand(typed).orElse(""));
        }
        Connection connection = connection(provider, connectionId, credentials, values);
        made.put(new Key(provider.id(), connectionId), connection);
        return new Verified(connection, proof);
    }

    /** Java's own name for it, beside that of the API. */
    private static Map<String, String> expanded(DatastoreDriver driver, Map<String, String> given) {
        Map<String, String> renamed = new LinkedHashMap<>(given);
        Optional.ofNullable(renamed.remove("connectionString"))
                .ifPresent(text -> renamed.put(DatastoreAddress.CONNECTION_STRING, text));
        return DatastoreAddress.expand(driver, renamed);
    }

    /** @throws IllegalArgumentException with every problem, as messages without the values */
    private static Map<String, String> accept(Provider provider, Map<String, String> typed) {
        Map<String, String> accepted = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        typed.forEach((name, value) -> {
            Field field = provider.fields().get(name);
            if (field == null) {
                // The kinds' own names need no field in a definition.
                if (List.of("apiKey", "username", "password").contains(name)) {
                    accepted.put(name, value);
                } else {
                    problems.add("'" + name + "' is no field of " + provider.name());
                }
            } else if (!value.isBlank()) {
                TypedValue checked = TypedValue.of(field, value);
                checked.problem().ifPresent(problem -> problems.add(name + " " + problem));
                accepted.put(name, checked.value());
            }
        });
        for (Field field : provider.fields().values()) {
            if (!accepted.containsKey(field.id())) {
                field.fixed().or(field::defaultValue).ifPresent(value -> accepted.put(field.id(), value));
                if (field.isAsked() && field.required() && !accepted.containsKey(field.id())) {
                    problems.add(field.id() + " is missing");
                }
            }
        }
        provider.auth()
                .facts()
                .keyField()
                .filter(name -> provider.fields().containsKey(name))
                .filter(name -> !accepted.containsKey(name) && problems.isEmpty())
                .ifPresent(name -> problems.add(name + " is missing"));
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return accepted;
    }

    private static Template.Values valuesOf(Map<String, String> values) {
        return reference -> switch (reference.root()) {
            case "config", "secret", "once" -> Optional.ofNullable(values.get(String.join(".", reference.path())));
            default -> Optional.empty();
        };
    }

    private Connection connection(
            Provider provider, String connectionId, Credentials credentials, Map<String, String> values) {
        ObjectNode config = Api.JSON.createObjectNode();
        provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.CONNECTION && values.containsKey(field.id()))
                .forEach(field -> config.put(field.id(), values.get(field.id())));
        Instant now = clock.instant();
        return new Connection(
                connectionId,
                provider.id(),
                provider.id(),
                credentials,
                Optional.empty(),
                Map.of(),
                Api.JSON.createObjectNode(),
                config,
                false,
                new Connection.Times(now, now));
    }
}
