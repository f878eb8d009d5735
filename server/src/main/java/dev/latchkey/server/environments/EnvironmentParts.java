package dev.latchkey.server.environments;

import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.secrets.Secret;
import java.util.Map;

/** Environments, their keys and how their pages look. */
public final class EnvironmentParts {
    public final Environments environments;
    public final ApiKeys keys;
    public final KeyUses keyUses;
    public final SigningKeys signingKeys;
    public final Brandings brandings;
    /** Keys made by this start, by environment. */
    public final Map<String, Secret> newKeys;

    public EnvironmentParts(Ground ground) {
        environments = new Environments(
                ground.database,
                ground.vault,
                ground.ids,
                ground.random,
                ground.audit,
                ground.announcements,
                ground.listener);
        keys = new ApiKeys(
                ground.database,
                environments,
                ground.ids,
                ground.random,
                ground.clock,
                ground.audit,
                ground.announcements,
                ground.listener);
        keyUses = ground.shutdown.keep(new KeyUses(ground.database, ground.clock));
        signingKeys = new SigningKeys(ground.database, ground.vault, ground.random, ground.clock, ground.audit);
        brandings = new Brandings(ground.database, ground.audit);
        newKeys = environments.createFirst(
                ground.configuration.access().secretKey(),
                ground.configuration.access().accountKey(),
                ground.configuration.access().signingKey());
    }
}
