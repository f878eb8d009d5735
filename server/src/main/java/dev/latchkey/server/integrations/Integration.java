package dev.latchkey.server.integrations;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A provider as one environment uses it.
 *
 * @param broken present while the vendor refuses the client: every connection's refresh would fail alike
 * @param pause present while no caller gets its connections' credentials and no user can connect
 */
public record Integration(
        UUID environment,
        UUID id,
        String uniqueKey,
        String provider,
        Setup setup,
        Optional<Broken> broken,
        Instant createdAt,
        Instant updatedAt,
        Optional<Pause> pause) {

    /**
     * What the operator sets.
     *
     * @param secrets by name as the API knows them: {@code client_secret}, {@code webhook_secret}, {@code private_key}
     * @param settings values of fields with scope integration, and {@code app.*} values that are not secret
     * @param lab users are sent to the provider lab instead of to the vendor
     */
    public record Setup(
            String displayName,
            Optional<String> clientId,
            Map<String, Secret> secrets,
            List<String> scopes,
            Map<String, String> settings,
            boolean forwardWebhooks,
            boolean lab) {
        private Setup with(Optional<String> clientId, Map<String, Secret> secrets, Map<String, String> settings) {
            return new Setup(displayName, clientId, Map.copyOf(secrets), scopes, settings, forwardWebhooks, lab);
        }
    }

    /** What the kind {@code aws_role} reads of an integration and no other kind may. */
    public static final Set<String> SECRET_SETTINGS = Set.of("secretAccessKey", "stsApiKey", "stsPassword");

    /** Set to {@code true}: a callback is trusted to name the account, if the vendor cannot confirm it. */
    public static final String ACCEPT_UNPROVEN = "accept_unproven_installations";

    /** {@code report} or {@code refuse}: how to treat a grant of fewer scopes than requested. */
    public static final String ON_MISSING_SCOPES = "on_missing_scopes";

    /** The product's page that receives users who began at the vendor; without it no such flow begins. */
    public static final String INSTALL_RETURN_URL = "install_return_url";

    /** The setting that chooses between the kinds of authentication of a provider that has two: one of the API's {@code auth_mode}s. */
    public static final String AUTH_MODE = "auth_mode";

    /** @param probeAt when one of its connections retries */
    public record Broken(Instant since, String reason, Instant probeAt) {}

    /** @throws dev.latchkey.server.access.PausedException while it is paused */
    public void requireRunning() {
        Pause.refuse(pause, "integration", uniqueKey);
    }

    /** The operator has allowed users to name any account. */
    public boolean acceptsUnproven() {
        return Boolean.parseBoolean(settings().get(ACCEPT_UNPROVEN));
    }

    /** A grant that lacks scopes is not stored; otherwise the missing ones are listed with the connection. */
    public boolean refusesMissingScopes() {
        return "refuse".equals(settings().get(ON_MISSING_SCOPES));
    }

    /** Where a flow that began at the vendor ends; empty: none begins. */
    public Optional<String> installReturnUrl() {
        return Optional.ofNullable(settings().get(INSTALL_RETURN_URL)).filter(url -> !url.isEmpty());
    }

    public Optional<Secret> clientSecret() {
        return Optional.ofNullable(secrets().get("client_secret"));
    }

    /** What proves the provider's webhooks. An empty one is none: anyone could prove it. */
    public Optional<Secret> webhookSecret() {
        return Optional.ofNullable(secrets().get("webhook_secret"))
                .filter(secret -> !secret.reveal().isEmpty());
    }

    /** The secret that replaces {@link #clientSecret} while both are known to the vendor, or will be. */
    public Optional<Secret> nextClientSecret() {
        return Optional.ofNullable(secrets().get("next_client_secret"));
    }

    /** The same without secrets among the settings; an existing secret is the newer one. */
    Integration sealed() {
        Map<String, Secret> all = new HashMap<>(secrets());
        Map<String, String> open = new HashMap<>(settings());
        for (String name : SECRET_SETTINGS) {
            Optional.ofNullable(open.remove(name)).ifPresent(value -> all.putIfAbsent(name, new Secret(value)));
        }
        return with(uniqueKey, setup.with(clientId(), all, Map.copyOf(open)));
    }

    /** The same with other secrets. */
    public Integration withSecrets(Map<String, Secret> changed) {
        return with(uniqueKey, setup.with(clientId(), changed, settings()));
    }

    /** The same with another OAuth client, as one connection may bring its own. */
    public Integration withClient(String id, Optional<Secret> secret) {
        Map<String, Secret> changed = new HashMap<>(secrets());
        changed.remove("client_secret");
        changed.remove("next_client_secret");
        secret.ifPresent(it -> changed.put("client_secret", it));
        return with(uniqueKey, setup.with(Optional.of(id), changed, settings()));
    }

    /** The same with another of its provider's kinds, as one connection may be of it. */
    public Integration ofMode(String mode) {
        Map<String, String> changed = new HashMap<>(settings());
        changed.put(AUTH_MODE, mode);
        return with(uniqueKey, setup.with(clientId(), secrets(), Map.copyOf(changed)));
    }

    /** The same, set up in another way and perhaps renamed. */
    public Integration with(String uniqueKey, Setup setup) {
        return new Integration(environment, id, uniqueKey, provider, setup, broken, createdAt, updatedAt, pause);
    }

    Integration updatedAt(Instant now) {
        return new Integration(environment, id, uniqueKey, provider, setup, broken, createdAt, now, pause);
    }

    public String displayName() {
        return setup.displayName();
    }

    public Optional<String> clientId() {
        return setup.clientId();
    }

    public Map<String, Secret> secrets() {
        return setup.secrets();
    }

    public List<String> scopes() {
        return setup.scopes();
    }

    public Map<String, String> settings() {
        return setup.settings();
    }

    public boolean forwardWebhooks() {
        return setup.forwardWebhooks();
    }

    public boolean lab() {
        return setup.lab();
    }

    /** Scopes as stored and typed: separated by commas, spaces are ignored. */
    public static List<String> scopes(String joined) {
        return Arrays.stream(joined.split(","))
                .map(String::strip)
                .filter(scope -> !scope.isEmpty())
                .toList();
    }
}
