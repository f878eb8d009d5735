package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.Providers;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Integrations as the API returns them. */
final class IntegrationJson {
    static final String READ_CREDENTIALS = "environment:integrations:read_credentials";

    private final Providers providers;
    private final ProviderJson providerJson;

    IntegrationJson(Providers providers, ProviderJson providerJson) {
        this.providers = providers;
        this.providerJson = providerJson;
    }

    ObjectNode of(Integration integration) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("unique_key", integration.uniqueKey())
                .put("provider", integration.provider())
                .put("display_name", integration.displayName())
                .put("logo", providerJson.logo(providers.in(integration.environment()), integration.provider()))
                .put("forward_webhooks", integration.forwardWebhooks())
                .put("created_at", Times.text(integration.createdAt()))
                .put("updated_at", Times.text(integration.updatedAt()));
        if (integration.lab()) {
            json.put("lab", true);
        }
        if (providers.of(integration).filter(Provenance::isInQuestion).isPresent()) {
            json.put(Integration.ACCEPT_UNPROVEN, integration.acceptsUnproven());
        }
        if (integration.refusesMissingScopes()) {
            json.put(Integration.ON_MISSING_SCOPES, "refuse");
        }
        integration.installReturnUrl().ifPresent(url -> json.put(Integration.INSTALL_RETURN_URL, url));
        if (providers.in(integration.environment()).isOwn(integration.provider())) {
            json.put("own_provider", true);
        }
        json.set("paused", PauseJson.of(integration.pause()));
        json.put("client_secret_rotation", integration.nextClientSecret().isPresent());
        return json;
    }

    /** As far as the actor may see them. */
    JsonNode credentials(Actor actor, Integration integration) {
        Optional<AuthFacts> facts =
                providers.of(integration).map(provider -> provider.auth().facts());
        ObjectNode json = Json.MAPPER.createObjectNode();
        facts.ifPresent(it -> json.put("type", it.mode()));
        boolean app = facts.flatMap(AuthFacts::installedApp).isPresent();
        boolean client = facts.filter(AuthFacts::showsClient).isPresent();
        if (app) {
            json.put("app_id", integration.settings().get("id"))
                    .put("app_link", integration.settings().get("publicLink"));
            json.put("private_key", text(actor, integration, "private_key"));
        }
        if (client || app && integration.clientId().isPresent()) {
            json.put("client_id", integration.clientId().orElse(null));
            json.put("client_secret", text(actor, integration, "client_secret"));
        }
        if (client) {
            json.put("scopes", String.join(",", integration.scopes()));
            json.put("webhook_secret", text(actor, integration, "webhook_secret"));
        }
        return json.size() <= 1 ? Json.MAPPER.nullNode() : json;
    }

    private static @Nullable String text(Actor actor, Integration integration, String name) {
        return Optional.ofNullable(integration.secrets().get(name))
                .flatMap(secret -> Disclosure.of(secret, actor, integration.environment(), READ_CREDENTIALS))
                .orElse(null);
    }
}
