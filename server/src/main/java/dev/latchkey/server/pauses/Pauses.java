package dev.latchkey.server.pauses;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.Pause;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.EnvironmentEvent;
import dev.latchkey.server.connections.Event;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.storage.Database;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Stops the use of a connection, an integration, an environment or a key, and allows it again. The row, the audit log, the timeline and
 * the webhooks change in one transaction; each node reads the state with the row that it caches anyway, so that reading a credential
 * needs no further query. Thread-safe.
 */
public final class Pauses {
    public static final int MOST_OF_A_REASON = 500;

    private final Database database;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Timeline timeline;
    private final Connections connections;
    private final Integrations integrations;
    private final Environments environments;
    private final ApiKeys keys;

    public Pauses(
            Database database,
            InstantSource clock,
            AuditLog audit,
            Timeline timeline,
            Connections connections,
            Integrations integrations,
            Environments environments,
            ApiKeys keys) {
        this.database = database;
        this.clock = clock;
        this.audit = audit;
        this.timeline = timeline;
        this.connections = connections;
        this.integrations = integrations;
        this.environments = environments;
        this.keys = keys;
    }

    /**
     * Pauses it. If it is already paused, its start stays and the new reason replaces the old one.
     *
     * @param reason shown to callers that are refused; never a secret
     * @return empty when it does not exist
     * @throws ForbiddenException when the actor may not change it
     */
    public Optional<Pause> pause(Actor actor, Pausable what, String reason) {
        require(actor, what);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Optional<Pause> paused = database.inTransaction(handle -> {
            Optional<Optional<Pause>> before = locked(handle, what);
            if (before.isEmpty()) {
                return Optional.empty();
            }
            Pause pause = new Pause(before.get().map(Pause::since).orElse(now), actor.name(), reason);
            write(handle, what, Optional.of(pause));
            if (before.get().isEmpty()) {
                announce(handle, what, true, Map.of("by", pause.by(), "reason", pause.reason()));
            }
            note(handle, actor, what, "paused ", Map.of("reason", reason));
            return Optional.of(pause);
        });
        forget(what);
        return paused;
    }

    /** Allows its use again. @return false when it was not paused, or does not exist */
    public boolean resume(Actor actor, Pausable what) {
        require(actor, what);
        boolean resumed = database.inTransaction(handle -> {
            Optional<Pause> before = locked(handle, what).flatMap(it -> it);
            if (before.isEmpty()) {
                return false;
            }
            write(handle, what, Optional.empty());
            announce(handle, what, false, Map.of("by", actor.name()));
            note(
                    handle,
                    actor,
                    what,
                    "resumed ",
                    Map.of("paused for", before.get().reason()));
            return true;
        });
        forget(what);
        return resumed;
    }

    private static void require(Actor actor, Pausable what) {
        actor.require(what.environment(), what.scope());
        if (what instanceof Pausable.OfKey key) {
            actor.requireHeld(key.environment(), key.key().scopes(), "This key");
        }
    }

    private static Optional<Optional<Pause>> locked(Handle handle, Pausable what) {
        return what.statements().locked(handle, what.environment(), what.id());
    }

    private static void write(Handle handle, Pausable what, Optional<Pause> pause) {
        what.statements().write(handle, what.environment(), what.id(), pause);
    }

    private void announce(Handle handle, Pausable what, boolean paused, Map<String, String> details) {
        Optional<Event> event = switch (what) {
            case Pausable.OfConnection it ->
                // Its present state: its webhook contains the newest tags.
                connections
                        .byId(handle, it.environment(), it.id())
                        .map(connection -> new ConnectionEvent(
                                paused ? ConnectionEvent.Kind.PAUSED : ConnectionEvent.Kind.RESUMED,
                                connection,
                                details));
            case Pausable.OfIntegration it ->
                Optional.of(new IntegrationEvent(
                        paused ? IntegrationEvent.Kind.PAUSED : IntegrationEvent.Kind.RESUMED,
                        it.integration(),
                        details));
            case Pausable.OfEnvironment it ->
                Optional.of(new EnvironmentEvent(
                        paused ? EnvironmentEvent.Kind.PAUSED : EnvironmentEvent.Kind.RESUMED,
                        it.environment(),
                        details));
            // Only the product is concerned: no user's access changed.
            case Pausable.OfKey _ -> Optional.empty();
        };
        event.ifPresent(it -> timeline.append(handle, it));
        if (what instanceof Pausable.OfConnection it) {
            connections.changed(handle, it.connection());
        }
    }

    private void note(Handle handle, Actor actor, Pausable what, String verb, Map<String, String> details) {
        Map<String, String> all = new HashMap<>(details);
        if (what instanceof Pausable.OfConnection it) {
            all.put("integration", it.connection().integrationKey());
        }
        audit.append(
                handle, List.of(audit.line(handle, actor, what.environment(), verb + what.noun(), what.name(), all)));
    }

    /** On this node at once, on the others by notification. */
    private void forget(Pausable what) {
        switch (what) {
            case Pausable.OfConnection it -> connections.forget(it.connection());
            case Pausable.OfIntegration _ -> integrations.reloadEverywhere();
            case Pausable.OfEnvironment _ -> environments.reloadEverywhere();
            case Pausable.OfKey _ -> keys.reloadEverywhere();
        }
    }
}
