package dev.latchkey.server.integrations;

import dev.latchkey.server.vault.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A provider as one environment uses it.
 *
 * @param secrets by name as the API knows them: {@code client_secret}, {@code webhook_secret}, {@code private_key}
 * @param settings values of fields with scope integration, and {@code app.*} values that are not secret
 * @param lab users are sent to the provider lab instead of to the vendor
 */
public record Integration(
        UUID environment,
        UUID id,
        String uniqueKey,
        String provider,
        String displayName,
        Optional<String> clientId,
        Map<String, Secret> secrets,
        List<String> scopes,
        Map<String, String> settings,
        boolean forwardWebhooks,
        boolean lab,
        Instant createdAt,
        Instant updatedAt) {
    public Optional<Secret> clientSecret() {
        return Optional.ofNullable(secrets.get("client_secret"));
    }
}
