package dev.latchkey.server.webhooks.outbound;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.Rehearsal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** The endpoints of all environments. Thread-safe; another node sees a change within five seconds. */
public final class Endpoints {
    static final String CHANNEL = "latchkey_webhook_endpoints";
    public static final int LONGEST_DESCRIPTION = 500;
    public static final int MOST = 50;

    /** Where an environment's events go, for the sink, which must not ask the pool for a second connection. */
    record Targets(String environmentName, List<Endpoint> endpoints) {}

    public enum Refusal {
        URL_TAKEN,
        ROLE_TAKEN,
        TOO_MANY,
        DESCRIPTION_TOO_LONG
    }

    /** The result of a change. */
    public sealed interface Outcome {
        /** @param warning why nothing can be delivered to it for now */
        record Saved(Endpoint endpoint, Optional<String> warning) implements Outcome {}

        /** Nothing could ever be sent to it. */
        record BadAddress(String reason) implements Outcome {}

        record Refused(Refusal why) implements Outcome {}
    }

    private final Database database;
    private final Ids ids;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Announcements announcements;
    private final WebhookAddresses addresses;
    private final Cache<UUID, Targets> targets = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(Duration.ofSeconds(5))
            .build();

    public Endpoints(
            Database database,
            Ids ids,
            InstantSource clock,
            AuditLog audit,
            Announcements announcements,
            Listener listener,
            WebhookAddresses addresses) {
        this.audit = audit;
        this.addresses = addresses;
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.announcements = announcements;
        listener.listen(CHANNEL, payload -> targets.invalidate(UUID.fromString(payload)), targets::invalidateAll);
    }

    /** In order of creation, those of connections last. */
    public List<Endpoint> list(UUID environment) {
        return database.withHandle(handle -> EndpointRows.list(handle, environment));
    }

    public Optional<Endpoint> find(UUID environment, UUID id) {
        return database.withHandle(handle -> EndpointRows.find(handle, environment, id));
    }

    public Outcome create(Actor actor, UUID environment, Endpoint.Settings draft) {
        Outcome outcome = create(actor, environment, draft, database::inTransaction);
        changed(environment);
        return outcome;
    }

    /** How {@link #create} would end; nothing is kept. */
    public Outcome rehearse(Actor actor, UUID environment, Endpoint.Settings draft) {
        return create(actor, environment, draft, work -> Rehearsal.of(database, work));
    }

    private Outcome create(
            Actor actor,
            UUID environment,
            Endpoint.Settings draft,
            Function<Function<Handle, Outcome>, Outcome> transaction) {
        actor.require(environment, "environment:webhooks:create");
        if (draft.description().length() > LONGEST_DESCRIPTION) {
            return new Outcome.Refused(Refusal.DESCRIPTION_TOO_LONG);
        }
        WebhookAddresses.Verdict verdict = addresses.judge(draft.url());
        if (verdict instanceof WebhookAddresses.Verdict.Refused refused) {
            return new Outcome.BadAddress(refused.reason());
        }
        Instant now = now();
        Endpoint endpoint = new Endpoint(environment, ids.next(), draft, Endpoint.Health.GOOD, now, now);
        return transaction.apply(handle -> {
            List<Endpoint> there = lockedList(handle, environment);
            Optional<Refusal> refusal = refusal(there, endpoint);
            if (refusal.isEmpty()
                    && there.stream()
                                    .filter(one -> one.role() != Endpoint.Role.CONNECTION)
                                    .count()
                            >= MOST) {
                refusal = Optional.of(Refusal.TOO_MANY);
            }
            if (refusal.isPresent()) {
                return new Outcome.Refused(refusal.get());
            }
            EndpointRows.bind(handle.createUpdate("""
                            INSERT INTO webhook_endpoints (environment_id, id, role, url, description, events, legacy_signature, forwarding, enabled,
                                created_at, updated_at)
                            VALUES (:environment, :id, :role, :url, :description, CAST(:events AS jsonb), :legacy, :forwarding, :enabled, :now, :now)"""), endpoint).execute();
            audit.note(handle, actor, environment, "added a webhook endpoint", endpoint.url(), Map.of());
            return new Outcome.Saved(endpoint, warning(verdict));
        });
    }

    /** Replaces the draft's settings; an endpoint that is enabled again starts healthy. Empty: it does not exist. */
    public Optional<Outcome> update(Actor actor, UUID environment, UUID id, Endpoint.Settings draft) {
        Optional<Outcome> outcome = update(actor, environment, id, draft, database::inTransaction);
        changed(environment);
        return outcome;
    }

    /** How {@link #update} would end; nothing is kept. */
    public Optional<Outcome> rehearse(Actor actor, UUID environment, UUID id, Endpoint.Settings draft) {
        return update(actor, environment, id, draft, work -> Rehearsal.of(database, work));
    }

    private Optional<Outcome> update(
            Actor actor,
            UUID environment,
            UUID id,
            Endpoint.Settings draft,
            Function<Function<Handle, Optional<Outcome>>, Optional<Outcome>> transaction) {
        actor.require(environment, "environment:webhooks:update");
        if (draft.description().length() > LONGEST_DESCRIPTION) {
            return Optional.of(new Outcome.Refused(Refusal.DESCRIPTION_TOO_LONG));
        }
        WebhookAddresses.Verdict verdict = addresses.judge(draft.url());
        return transaction.apply(handle -> {
            List<Endpoint> there = lockedList(handle, environment);
            return there.stream().filter(one -> one.id().equals(id)).findFirst().map(before -> {
                boolean moves = before.role() != Endpoint.Role.CONNECTION
                        && !before.url().equals(draft.url());
                if (moves && verdict instanceof WebhookAddresses.Verdict.Refused refused) {
                    return new Outcome.BadAddress(refused.reason());
                }
                boolean switchedOn = draft.enabled() && !before.enabled();
                Endpoint after = new Endpoint(
                        environment,
                        id,
                        new Endpoint.Settings(
                                before.role() == Endpoint.Role.CONNECTION ? before.role() : draft.role(),
                                before.role() == Endpoint.Role.CONNECTION ? before.url() : draft.url(),
                                draft.description(),
                                draft.events(),
                                draft.legacySignature(),
                                draft.enabled(),
                                draft.forwarding()),
                        switchedOn ? Endpoint.Health.GOOD : before.health(),
                        before.createdAt(),
                        now());
                Optional<Refusal> refusal = refusal(there, after);
                if (refusal.isPresent()) {
                    return new Outcome.Refused(refusal.get());
                }
                if (!draft.enabled()) {
                    // The queue before the endpoint, in the deliverer's order of locks, to avoid deadlocks.
                    Backlog.giveUp(handle, environment, id, "the endpoint was disabled", now());
                }
                EndpointRows.bind(handle.createUpdate("""
                                UPDATE webhook_endpoints SET role = :role, url = :url, description = :description,
                                    events = CAST(:events AS jsonb), legacy_signature = :legacy, forwarding = :forwarding, updated_at = :now,
                                    disabled_at = CASE WHEN :enabled THEN NULL ELSE COALESCE(disabled_at, :now) END,
                                    disabled_reason = CASE WHEN :enabled THEN NULL ELSE disabled_reason END,
                                    failures = CASE WHEN enabled THEN failures ELSE 0 END,
                                    failing_since = CASE WHEN enabled THEN failing_since END,
                                    paused_until = CASE WHEN enabled THEN paused_until END,
                                    enabled = :enabled
                                WHERE environment_id = :environment AND id = :id"""), after).execute();
                audit.note(handle, actor, environment, "changed a webhook endpoint", after.url(), Map.of());
                return new Outcome.Saved(
                        EndpointRows.find(handle, environment, id).orElse(after),
                        moves ? warning(verdict) : Optional.empty());
            });
        });
    }

    private static Optional<String> warning(WebhookAddresses.Verdict verdict) {
        return verdict instanceof WebhookAddresses.Verdict.Unknown unknown
                ? Optional.of(unknown.warning())
                : Optional.empty();
    }

    /** Its waiting deliveries are given up; its deliveries stay in the log. */
    public boolean delete(Actor actor, UUID environment, UUID id) {
        actor.require(environment, "environment:webhooks:delete");
        boolean deleted = database.inTransaction(handle -> {
            Backlog.giveUp(handle, environment, id, "the endpoint was deleted", now());
            Optional<String> url = handle.createQuery(
                            "DELETE FROM webhook_endpoints WHERE environment_id = :environment AND id = :id RETURNING url")
                    .bind("environment", environment)
                    .bind("id", id)
                    .mapTo(String.class)
                    .findOne();
            url.ifPresent(it -> audit.note(handle, actor, environment, "deleted a webhook endpoint", it, Map.of()));
            return url.isPresent();
        });
        changed(environment);
        return deleted;
    }

    /** Where the environment's events go, at most five seconds old. */
    Targets targets(Handle handle, UUID environment) {
        Targets known = targets.getIfPresent(environment);
        if (known != null) {
            return known;
        }
        Targets read = new Targets(
                EnvironmentFragments.name(handle, environment).orElse(""), EndpointRows.list(handle, environment));
        targets.put(environment, read);
        return read;
    }

    /** The endpoint of a connection's own URL, created if there is none. */
    Endpoint ofConnection(Handle handle, UUID environment, String url) {
        Optional<Endpoint> known = targets(handle, environment).endpoints().stream()
                .filter(one ->
                        one.role() == Endpoint.Role.CONNECTION && one.url().equals(url))
                .findFirst();
        if (known.isPresent()) {
            return known.get();
        }
        Instant now = now();
        Endpoint endpoint = new Endpoint(
                environment,
                ids.next(),
                new Endpoint.Settings(
                        Endpoint.Role.CONNECTION,
                        url,
                        "",
                        Map.of(),
                        true,
                        true,
                        EnvironmentFragments.forwarding(handle, environment)),
                Endpoint.Health.GOOD,
                now,
                now);
        EndpointRows.bind(handle.createUpdate("""
                        INSERT INTO webhook_endpoints (environment_id, id, role, url, description, events, legacy_signature, forwarding, enabled,
                            created_at, updated_at)
                        VALUES (:environment, :id, :role, :url, :description, CAST(:events AS jsonb), :legacy, :forwarding, :enabled, :now, :now)
                        ON CONFLICT DO NOTHING"""), endpoint).execute();
        // The cache must contain only committed data.
        handle.afterCommit(() -> changed(environment));
        return EndpointRows.list(handle, environment).stream()
                .filter(one ->
                        one.role() == Endpoint.Role.CONNECTION && one.url().equals(url))
                .findFirst()
                .orElse(endpoint);
    }

    /** Notifies every node. */
    void changed(UUID environment) {
        targets.invalidate(environment);
        announcements.announce(CHANNEL, environment.toString());
    }

    private static Optional<Refusal> refusal(List<Endpoint> there, Endpoint wanted) {
        boolean unique = wanted.role() == Endpoint.Role.PRIMARY || wanted.role() == Endpoint.Role.SECONDARY;
        for (Endpoint other : there) {
            if (other.id().equals(wanted.id())) {
                continue;
            }
            boolean sameKind =
                    (other.role() == Endpoint.Role.CONNECTION) == (wanted.role() == Endpoint.Role.CONNECTION);
            if (sameKind && other.url().equals(wanted.url())) {
                return Optional.of(Refusal.URL_TAKEN);
            }
            if (unique && other.role() == wanted.role()) {
                return Optional.of(Refusal.ROLE_TAKEN);
            }
        }
        return Optional.empty();
    }

    /** One change of an environment's endpoints at a time, so that what was checked still holds when it is written. */
    private static List<Endpoint> lockedList(Handle handle, UUID environment) {
        EnvironmentFragments.lock(handle, environment);
        return EndpointRows.list(handle, environment);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
