package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.kinds.AppRegistration;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.secrets.Secret;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Integrations as the API returns them. */
final class IntegrationJson {
    static final String READ_CREDENTIALS = "environment:integrations:read_credentials";

    /** Members of a request that hold credentials, or settings that may. */
    private static final List<String> CREDENTIALS =
            List.of("credentials", "custom", "integration_config", "webhook_secret", "next_client_secret");
    /** Settings that have members of their own. */
    private static final List<String> BESIDE =
            List.of(Integration.ACCEPT_UNPROVEN, Integration.ON_MISSING_SCOPES, Integration.INSTALL_RETURN_URL);
    /** Secrets that are members of the request itself, and not of its credentials. */
    private static final Set<String> TOP_LEVEL = Set.of("webhook_secret", "next_client_secret");
    /** What changes with every change, and what is compared by value. */
    private static final Set<String> UNCOMPARED = Set.of("updated_at", "client_secret_rotation", "secrets");

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

    /**
     * What the operator set up, in the form in which it is sent, without secrets: {@code secrets} has the places of those that are set.
     * An app that the lab has registered is left out, since {@code "lab": true} registers one.
     */
    ObjectNode settings(Integration integration) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        ArrayNode secrets = json.putArray("secrets");
        places(integration).keySet().forEach(secrets::add);
        String type = type(integration);
        AppRegistration.Sent sent = registration(integration).sent(type);
        if (!integration.lab() && !sent.members().isEmpty()) {
            ObjectNode credentials = json.putObject("credentials").put("type", type);
            sent.members().forEach(credentials::put);
        }
        json.put("scopes", String.join(",", integration.scopes()));
        Map<String, String> further = new TreeMap<>(integration.settings());
        further.keySet().removeAll(sent.settings());
        BESIDE.forEach(further::remove);
        if (!further.isEmpty()) {
            ObjectNode custom = json.putObject("custom");
            further.forEach(custom::put);
        }
        return json;
    }

    /** The secrets that are set, by their place in a request. The lab's own app has none to show. */
    private Map<String, Secret> places(Integration integration) {
        Map<String, Secret> places = new TreeMap<>();
        AppRegistration.Sent sent = registration(integration).sent(type(integration));
        boolean hasCredentials = !sent.members().isEmpty();
        integration.secrets().forEach((name, secret) -> {
            String member = sent.secrets().get(name);
            if (member != null && !(name.equals("webhook_secret") && !hasCredentials)) {
                places.put("credentials." + member, secret);
            } else if (TOP_LEVEL.contains(name)) {
                places.put(name, secret);
            } else {
                places.put("custom." + name, secret);
            }
        });
        if (integration.lab()) {
            places.keySet().removeIf(place -> place.startsWith("credentials."));
        }
        return places;
    }

    private String type(Integration integration) {
        return providers
                .of(integration)
                .map(provider -> provider.auth().facts().mode())
                .orElse("");
    }

    private static AppRegistration registration(Integration integration) {
        return new AppRegistration(integration.clientId(), integration.secrets(), integration.settings());
    }

    /** One changed member of an integration; without values if it is secret. */
    private record Changed(
            String name, @Nullable JsonNode from, @Nullable JsonNode to) {}

    /**
     * What a change would change. Whether a secret would be another is told only to those who may read it; to others each that is given
     * is a change.
     */
    ArrayNode changes(Actor actor, Integration before, Integration after, ObjectNode given) {
        List<Changed> all = new ArrayList<>();
        compare("", of(before), of(after), all);
        if (actor.may(before.environment(), READ_CREDENTIALS)) {
            compare("", settings(before), settings(after), all);
            Map<String, Secret> old = places(before);
            Map<String, Secret> changed = places(after);
            Set<String> names = new TreeSet<>(old.keySet());
            names.addAll(changed.keySet());
            names.stream()
                    .filter(name -> !Objects.equals(old.get(name), changed.get(name)))
                    .forEach(name -> all.add(new Changed(name, null, null)));
        } else {
            CREDENTIALS.stream().filter(given::has).forEach(name -> all.add(new Changed(name, null, null)));
        }
        ArrayNode json = Json.MAPPER.createArrayNode();
        all.forEach(change -> {
            ObjectNode one = json.addObject().put("name", change.name());
            if (change.from() != null || change.to() != null) {
                one.set("from", change.from());
                one.set("to", change.to());
            }
        });
        return json;
    }

    private static void compare(String path, JsonNode before, JsonNode after, List<Changed> changes) {
        Set<String> names = new TreeSet<>(before.propertyNames());
        names.addAll(after.propertyNames());
        for (String name : names) {
            JsonNode from = before.path(name);
            JsonNode to = after.path(name);
            if (UNCOMPARED.contains(path + name) || from.equals(to)) {
                continue;
            }
            if (from.isObject() && (to.isObject() || to.isMissingNode()) || to.isObject() && from.isMissingNode()) {
                compare(path + name + ".", from, to, changes);
            } else {
                changes.add(new Changed(path + name, orNull(from), orNull(to)));
            }
        }
    }

    private static JsonNode orNull(JsonNode node) {
        return node.isMissingNode() ? Json.MAPPER.nullNode() : node;
    }

    private static @Nullable String text(Actor actor, Integration integration, String name) {
        return Optional.ofNullable(integration.secrets().get(name))
                .flatMap(secret -> Disclosure.of(secret, actor, integration.environment(), READ_CREDENTIALS))
                .orElse(null);
    }
}
