package dev.latchkey.server.providers;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.environments.Logo;
import dev.latchkey.server.storage.Database;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The logos that an environment gives to providers, its own and shipped ones. Thread-safe. */
public final class ProviderLogos {
    private static final int MOST = 200;

    /** The result of a change. */
    public enum Outcome {
        DONE,
        /** There is no such provider, or it has no logo of the environment's. */
        UNKNOWN,
        TOO_MANY
    }

    private final Database database;
    private final Providers providers;
    private final InstantSource clock;
    private final AuditLog audit;

    ProviderLogos(Database database, Providers providers, InstantSource clock, AuditLog audit) {
        this.database = database;
        this.providers = providers;
        this.clock = clock;
        this.audit = audit;
    }

    /** In place of the one that it has. */
    public Outcome set(Actor actor, UUID environment, String provider, Logo logo) {
        actor.require(environment, "environment:providers:update");
        return database.inTransaction(handle -> {
            EnvironmentFragments.lock(handle, environment);
            EnvironmentProviders there = providers.now(handle, environment);
            if (there.find(provider).isEmpty()) {
                return Outcome.UNKNOWN;
            }
            if (!there.logos().contains(provider) && there.logos().size() >= MOST) {
                return Outcome.TOO_MANY;
            }
            handle.createUpdate("""
                            INSERT INTO provider_logos (environment_id, provider, media_type, content, updated_at)
                            VALUES (:environment, :provider, :type, :content, :now)
                            ON CONFLICT (environment_id, provider)
                            DO UPDATE SET media_type = EXCLUDED.media_type, content = EXCLUDED.content,
                                          updated_at = EXCLUDED.updated_at""")
                    .bind("environment", environment)
                    .bind("provider", provider)
                    .bind("type", logo.type().mediaType())
                    .bind("content", logo.content())
                    .bind("now", clock.instant().truncatedTo(ChronoUnit.MILLIS).atOffset(ZoneOffset.UTC))
                    .execute();
            providers.changed(handle, environment);
            audit.note(handle, actor, environment, "changed a provider's logo", provider, Map.of());
            return Outcome.DONE;
        });
    }

    /** The one that the operator's folder or the definition has applies again. */
    public Outcome remove(Actor actor, UUID environment, String provider) {
        actor.require(environment, "environment:providers:delete");
        return database.inTransaction(handle -> {
            int removed = handle.createUpdate(
                            "DELETE FROM provider_logos WHERE environment_id = :environment AND provider = :provider")
                    .bind("environment", environment)
                    .bind("provider", provider)
                    .execute();
            if (removed == 0) {
                return Outcome.UNKNOWN;
            }
            providers.changed(handle, environment);
            audit.note(handle, actor, environment, "removed a provider's logo", provider, Map.of());
            return Outcome.DONE;
        });
    }

    /** Recognized again by its bytes. */
    public Optional<Logo> find(UUID environment, String provider) {
        return providers.in(environment).logos().contains(provider)
                ? database.withHandle(handle -> handle.createQuery(
                                "SELECT content FROM provider_logos WHERE environment_id = :environment AND provider = :provider")
                        .bind("environment", environment)
                        .bind("provider", provider)
                        .mapTo(byte[].class)
                        .findOne()
                        .flatMap(Logo::of))
                : Optional.empty();
    }

    /** For messages. */
    public static int most() {
        return MOST;
    }
}
