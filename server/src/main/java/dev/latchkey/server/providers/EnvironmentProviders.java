package dev.latchkey.server.providers;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.integrations.Integration;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What can be connected in one environment: the catalogue, and over it the environment's own definitions, each read when it is first
 * requested. Immutable: a change creates another one. Thread-safe.
 */
public final class EnvironmentProviders {
    private static final Logger LOG = LoggerFactory.getLogger(EnvironmentProviders.class);

    private final Catalogue catalogue;
    private final UUID environment;
    private final Map<String, OwnDefinition> own;
    private final Set<String> logos;
    private final Map<String, Optional<Provider>> read = new ConcurrentHashMap<>();

    EnvironmentProviders(Catalogue catalogue, UUID environment, Rows rows) {
        this.catalogue = catalogue;
        this.environment = environment;
        this.own = rows.definitions();
        this.logos = rows.logos();
    }

    /** What is stored of an environment. @param logos the ids of the providers to which it gave one */
    record Rows(Map<String, OwnDefinition> definitions, Set<String> logos) {
        static final Rows NONE = new Rows(Map.of(), Set.of());

        Rows {
            definitions = Map.copyOf(definitions);
            logos = Set.copyOf(logos);
        }
    }

    /** The same with other definitions: unchanged ones are not read again. */
    EnvironmentProviders with(Rows changed) {
        EnvironmentProviders next = new EnvironmentProviders(catalogue, environment, changed);
        read.forEach((id, provider) -> {
            if (Objects.equals(own.get(id), next.own.get(id))) {
                next.read.put(id, provider);
            }
        });
        return next;
    }

    /** Empty also for an own definition that this version of Latchkey does not understand any more. */
    public Optional<Provider> find(String id) {
        OwnDefinition mine = own.get(id);
        if (mine == null) {
            return catalogue.find(id);
        }
        Optional<Provider> known = read.get(id);
        return known != null ? known : read.computeIfAbsent(id, missing -> read(mine));
    }

    /**
     * The definitions that an integration's connections may be of: its own first, then the one of the other kind that Nango's callers
     * mean by the same id, or that they do not.
     */
    public List<Provider> kinds(Integration integration) {
        List<Provider> both = kinds(integration.provider());
        return both.stream()
                .sorted(Comparator.comparing(
                        one -> !mode(one).equals(integration.settings().get(Integration.AUTH_MODE))))
                .toList();
    }

    /** The definition of an id, and the one of Nango's kind if that is another. */
    public List<Provider> kinds(String id) {
        Optional<Provider> named = find(id);
        return Stream.concat(named.stream(), named.flatMap(it -> it.nango().definition()).flatMap(this::find).stream())
                .toList();
    }

    public Optional<Provider> of(Integration integration) {
        return kinds(integration).stream().findFirst();
    }

    /** The one whose kind of credentials it holds. */
    public Optional<Provider> of(Connection connection) {
        List<Provider> both = kinds(connection.provider());
        return both.size() < 2
                ? both.stream().findFirst()
                : both.stream()
                        .filter(one -> mode(one).equals(CredentialsJson.type(connection.credentials())))
                        .findFirst()
                        .or(() -> both.stream().findFirst());
    }

    private static String mode(Provider provider) {
        return provider.auth().facts().mode();
    }

    /** In order of id. */
    public Collection<Provider> all() {
        if (own.isEmpty()) {
            return catalogue.all();
        }
        Map<String, Provider> all = new TreeMap<>();
        catalogue.all().forEach(provider -> all.put(provider.id(), provider));
        own.keySet().forEach(id -> find(id).ifPresentOrElse(provider -> all.put(id, provider), () -> all.remove(id)));
        return Collections.unmodifiableCollection(all.values());
    }

    /** Whether the environment itself defines it. */
    public boolean isOwn(String id) {
        return own.containsKey(id);
    }

    public Optional<OwnDefinition> definition(String id) {
        return Optional.ofNullable(own.get(id));
    }

    /** The definition in force, as a template for another: the environment's own, or a shipped one. An operator's file is not shown. */
    public Optional<String> text(String id) {
        OwnDefinition mine = own.get(id);
        return mine == null ? catalogue.text(id) : Optional.of(mine.text());
    }

    public boolean hasText(String id) {
        return isOwn(id) || catalogue.ships(id);
    }

    /** The environment's own, in order of id. */
    public List<OwnDefinition> definitions() {
        return own.values().stream()
                .sorted(Comparator.comparing(OwnDefinition::id))
                .toList();
    }

    Map<String, OwnDefinition> own() {
        return own;
    }

    /** The providers to which the environment gave a logo. */
    Set<String> logos() {
        return logos;
    }

    /** The last steps of its logo's URL: an environment's own logo is public, but belongs to its environment. */
    public String logo(String id) {
        return isOwn(id) || logos.contains(id) ? environment + "/" + id : id;
    }

    private Optional<Provider> read(OwnDefinition mine) {
        try {
            return Optional.of(catalogue.read(mine.text(), Reach.PUBLIC));
        } catch (CatalogueException e) {
            LOG.warn(
                    "The definition '{}' of environment {} is not, or no longer, valid, so it cannot be connected: {}",
                    mine.id(),
                    environment,
                    e.problems().getFirst());
            return Optional.empty();
        }
    }
}
