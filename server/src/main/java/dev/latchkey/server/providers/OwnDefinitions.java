package dev.latchkey.server.providers;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Succession;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rehearsal;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;

/**
 * Adds, changes and removes an environment's own definitions. They must satisfy the rules of shipped definitions and of egress, since
 * the holder of one environment's key is not trusted with the machine; and no change may leave existing connections unusable.
 * Thread-safe.
 */
public final class OwnDefinitions {
    /** In bytes of UTF-8. */
    public static final int LONGEST = 64 * 1024;

    private static final int MOST = 500;
    private static final int MOST_BYTES = 2 * 1024 * 1024;
    private static final Pattern ID = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    /** Path segments of the lab's own URLs. */
    private static final Set<String> RESERVED = Set.of("api", "assets");

    private final Database database;
    private final Catalogue catalogue;
    private final Providers providers;
    private final Integrations integrations;
    private final Connections connections;
    private final InstantSource clock;
    private final Reach reach;
    private final AuditLog audit;

    public OwnDefinitions(
            Database database,
            Catalogue catalogue,
            Providers providers,
            Integrations integrations,
            Connections connections,
            AddressGuard guard,
            InstantSource clock,
            AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.catalogue = catalogue;
        this.providers = providers;
        this.integrations = integrations;
        this.connections = connections;
        this.clock = clock;
        // A port that one environment's definition named would be open to all of them.
        this.reach = new Reach(false, port -> guard.opens(port) || catalogue.namesPort(port), guard::refusal);
    }

    /**
     * @param readsCredentials whether the actor may read credentials: deciding where they are sent means being able to read them
     * @param newHosts whether sending credentials to new hosts is intended
     */
    private record Rights(boolean readsCredentials, boolean newHosts) {
        static Rights of(Actor actor, UUID environment, boolean newHosts) {
            return new Rights(
                    actor.may(environment, "environment:integrations:read_credentials")
                            && actor.may(environment, "environment:connections:read_credentials"),
                    newHosts);
        }
    }

    /** The result of a change. */
    public sealed interface Outcome {
        record Saved(Provider provider) implements Outcome {}

        record Removed() implements Outcome {}

        record Invalid(List<Problem> problems) implements Outcome {}

        /** An own definition with this id exists. */
        record Taken(String id) implements Outcome {}

        record Unknown() implements Outcome {}

        record TooMany(String limit) implements Outcome {
            public String words() {
                return "An environment has at most " + limit
                        + "; for more, the server's operator can put them into LATCHKEY_PROVIDERS_DIR.";
            }
        }

        /** Integrations would be left without a definition. @param integrations their unique keys */
        record InUse(List<String> integrations) implements Outcome {
            public String words() {
                return "Integrations use it: " + String.join(", ", integrations) + ". Delete these before it.";
            }
        }

        /** @param integrations that use it; none: it would replace a shipped one, which is trusted by its name */
        record NeedsCredentialScopes(List<String> integrations) implements Outcome {
            /** @param whom the required actor */
            public String words(String whom) {
                return (integrations.isEmpty()
                                ? "It replaces a shipped definition"
                                : "Integrations use it (" + String.join(", ", integrations) + ")")
                        + ", and deciding where credentials are sent means being able to read them: this takes " + whom;
            }
        }

        /** @param reasons why connections could not be used any more */
        record Breaks(List<String> reasons) implements Outcome {
            public String words() {
                return "Existing connections would stop working: " + String.join("; ", reasons)
                        + ". Give the new definition an id of its own, or delete the connections.";
            }
        }

        record NewHosts(Set<String> hosts) implements Outcome {
            public String words() {
                return "Credentials of existing connections would be sent to new hosts: " + String.join(", ", hosts)
                        + ".";
            }
        }
    }

    /**
     * A new one; it may replace a shipped one.
     *
     * @param newHosts whether sending credentials to new hosts is intended
     */
    public Outcome add(Actor actor, UUID environment, String text, boolean newHosts) {
        actor.require(environment, "environment:providers:create");
        return save(actor, environment, Optional.empty(), text, Rights.of(actor, environment, newHosts), false);
    }

    /**
     * How {@link #add}, or {@link #change} of an existing one, would end; nothing is kept.
     *
     * @param id of an existing one
     */
    public Outcome rehearse(Actor actor, UUID environment, Optional<String> id, String text, boolean newHosts) {
        actor.require(environment, id.isPresent() ? "environment:providers:update" : "environment:providers:create");
        return save(actor, environment, id, text, Rights.of(actor, environment, newHosts), true);
    }

    /** An existing one. */
    public Outcome change(Actor actor, UUID environment, String id, String text, boolean newHosts) {
        actor.require(environment, "environment:providers:update");
        return save(actor, environment, Optional.of(id), text, Rights.of(actor, environment, newHosts), false);
    }

    /** If it replaced a shipped one, that one applies again. */
    public Outcome remove(Actor actor, UUID environment, String id, boolean newHosts) {
        actor.require(environment, "environment:providers:delete");
        Rights rights = Rights.of(actor, environment, newHosts);
        Outcome outcome = removed(actor, environment, id, rights);
        if (outcome instanceof Outcome.Removed) {
            providers.announce(environment, id);
        }
        return outcome;
    }

    private Outcome removed(Actor actor, UUID environment, String id, Rights rights) {
        return database.inTransaction(handle -> {
            EnvironmentProviders there = locked(handle, environment);
            if (!there.isOwn(id)) {
                return new Outcome.Unknown();
            }
            Optional<Provider> shipped = catalogue.find(id);
            List<String> users = integrations.keysOf(handle, environment, id);
            if (shipped.isEmpty() && !users.isEmpty()) {
                return new Outcome.InUse(users);
            }
            Optional<Outcome> refusal = shipped.flatMap(after -> refusal(handle, environment, there, after, rights));
            if (refusal.isPresent()) {
                return refusal.get();
            }
            handle.createUpdate("DELETE FROM own_providers WHERE environment_id = :environment AND id = :id")
                    .bind("environment", environment)
                    .bind("id", id)
                    .execute();
            providers.changed(handle, environment);
            audit.note(handle, actor, environment, "removed a provider definition", id, Map.of());
            return new Outcome.Removed();
        });
    }

    private Outcome save(
            Actor actor, UUID environment, Optional<String> known, String text, Rights rights, boolean rehearsed) {
        if (bytes(text) > LONGEST) {
            return new Outcome.Invalid(List.of(
                    new Problem("the definition", 0, List.of(), "it has more than " + LONGEST / 1024 + " KiB")));
        }
        Provider provider;
        try {
            provider = catalogue.read(text, reach);
        } catch (CatalogueException e) {
            return new Outcome.Invalid(e.problems());
        }
        Optional<Problem> wrongId = wrongId(provider.id(), known);
        if (wrongId.isPresent()) {
            return new Outcome.Invalid(List.of(wrongId.get()));
        }
        Outcome outcome = store(actor, environment, known, provider, text, rights, rehearsed);
        if (outcome instanceof Outcome.Saved && !rehearsed) {
            providers.announce(environment, provider.id());
        }
        return outcome;
    }

    private Outcome store(
            Actor actor,
            UUID environment,
            Optional<String> known,
            Provider provider,
            String text,
            Rights rights,
            boolean rehearsed) {
        Function<Handle, Outcome> work = handle -> {
            EnvironmentProviders there = locked(handle, environment);
            boolean own = there.isOwn(provider.id());
            if (own != known.isPresent()) {
                return own ? new Outcome.Taken(provider.id()) : new Outcome.Unknown();
            }
            if (catalogue.has(provider.id()) && !rights.readsCredentials()) {
                return new Outcome.NeedsCredentialScopes(integrations.keysOf(handle, environment, provider.id()));
            }
            Optional<Outcome> refusal = nameTaken(there, provider)
                    .or(() -> tooMany(there, provider.id(), text))
                    .or(() -> refusal(handle, environment, there, provider, rights));
            if (refusal.isPresent()) {
                return refusal.get();
            }
            handle.createUpdate("""
                            INSERT INTO own_providers (environment_id, id, definition, created_at, updated_at)
                            VALUES (:environment, :id, :definition, :now, :now)
                            ON CONFLICT (environment_id, id)
                            DO UPDATE SET definition = EXCLUDED.definition, updated_at = EXCLUDED.updated_at""")
                    .bind("environment", environment)
                    .bind("id", provider.id())
                    .bind("definition", text)
                    .bind("now", clock.instant().truncatedTo(ChronoUnit.MILLIS).atOffset(ZoneOffset.UTC))
                    .execute();
            providers.changed(handle, environment);
            audit.note(
                    handle,
                    actor,
                    environment,
                    known.isPresent() ? "changed a provider definition" : "added a provider definition",
                    provider.id(),
                    Map.of("name", provider.name(), "allow_new_hosts", Boolean.toString(rights.newHosts())));
            return new Outcome.Saved(provider);
        };
        return rehearsed ? Rehearsal.of(database, work) : database.inTransaction(work);
    }

    /** One change of an environment's definitions at a time, so that what was checked still holds when it is written. */
    private EnvironmentProviders locked(Handle handle, UUID environment) {
        EnvironmentFragments.lock(handle, environment);
        return providers.now(handle, environment);
    }

    private static Optional<Problem> wrongId(String id, Optional<String> known) {
        if (!ID.matcher(id).matches()) {
            return Optional.of(ofId("an id has at most 63 small letters, digits and hyphens, none of them at an end"));
        }
        if (RESERVED.contains(id)) {
            return Optional.of(ofId("the id '" + id + "' is reserved"));
        }
        return known.filter(expected -> !expected.equals(id))
                .map(expected -> ofId("the id is '" + id + "', but '" + expected + "' is to be changed"));
    }

    private static Problem ofId(String message) {
        return new Problem("the definition", 0, List.of("id"), message);
    }

    /** People choose by name. */
    private static Optional<Outcome> nameTaken(EnvironmentProviders there, Provider provider) {
        return there.own().keySet().stream()
                .filter(id -> !id.equals(provider.id()))
                .filter(id -> there.find(id)
                        .filter(other -> other.name().equals(provider.name()))
                        .isPresent())
                .findFirst()
                .map(id -> new Outcome.Invalid(List.of(new Problem(
                        "the definition",
                        0,
                        List.of("name"),
                        "the name '" + provider.name() + "' is taken by the definition '" + id + "'"))));
    }

    private static Optional<Outcome> tooMany(EnvironmentProviders there, String id, String text) {
        long bytes = there.own().values().stream()
                        .filter(one -> !one.id().equals(id))
                        .mapToLong(one -> bytes(one.text()))
                        .sum()
                + bytes(text);
        if (!there.isOwn(id) && there.own().size() >= MOST) {
            return Optional.of(new Outcome.TooMany(MOST + " definitions"));
        }
        return bytes > MOST_BYTES
                ? Optional.of(new Outcome.TooMany(MOST_BYTES / 1024 / 1024 + " MiB of definitions"))
                : Optional.empty();
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** Why integrations that use the id now may not have this definition instead. */
    private Optional<Outcome> refusal(
            Handle handle, UUID environment, EnvironmentProviders there, Provider after, Rights rights) {
        List<String> users = integrations.keysOf(handle, environment, after.id());
        if (users.isEmpty()) {
            return Optional.empty();
        }
        if (!rights.readsCredentials()) {
            return Optional.of(new Outcome.NeedsCredentialScopes(users));
        }
        Optional<Provider> before = there.find(after.id());
        if (before.isEmpty() || !connections.areThereOf(handle, environment, after.id())) {
            return Optional.empty();
        }
        List<String> reasons = Succession.problems(before.get(), after);
        if (!reasons.isEmpty()) {
            return Optional.of(new Outcome.Breaks(reasons));
        }
        Set<String> hosts = Succession.newHosts(before.get(), after);
        return hosts.isEmpty() || rights.newHosts() ? Optional.empty() : Optional.of(new Outcome.NewHosts(hosts));
    }
}
