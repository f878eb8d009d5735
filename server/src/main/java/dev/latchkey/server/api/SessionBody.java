package dev.latchkey.server.api;

import dev.latchkey.server.connect.Presets;
import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.SharedNames;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.providers.Providers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Reads what the requests for connect sessions and for reconnect sessions have in common. */
final class SessionBody {
    private static final String CONFIG = "connection_config";

    /** A preset of this name is not a field's. */
    static final String WEBHOOK_URL = "webhook_url";

    private final Integrations integrations;
    private final Providers providers;
    private final WebhookOverride webhookOverride;

    SessionBody(Integrations integrations, Providers providers, WebhookOverride webhookOverride) {
        this.integrations = integrations;
        this.providers = providers;
        this.webhookOverride = webhookOverride;
    }

    /** What both kinds of sessions take. */
    record Common(
            Optional<Connection.Organization> organization,
            Presets presets,
            Map<String, String> help,
            Optional<String> webhookUrlOverride,
            Optional<String> challenge,
            Optional<Integer> maxConnections,
            Optional<String> returnUrl) {
        /**
         * @param whose the user of the connections that come of it
         * @param named the end user that the request names, who implies tags
         * @param tags that the request names, which take precedence
         */
        SessionRequest request(
                Optional<Connection.EndUser> whose,
                Optional<Connection.EndUser> named,
                Map<String, String> tags,
                List<String> allowed,
                SessionRequest.Target target) {
            return new SessionRequest(
                    whose.map(user -> EndUsers.inOrganization(user, organization)),
                    EndUsers.tags(named, organization, tags),
                    allowed,
                    presets,
                    help,
                    webhookUrlOverride,
                    challenge,
                    maxConnections,
                    returnUrl,
                    target);
        }
    }

    Common read(Body body, Router.Call call) {
        Optional<Connection.Organization> organization = EndUsers.organization(body);
        List<String> earlier = new ArrayList<>();
        Optional<Body> presets = body.child("integrations_config_defaults");
        presets.ifPresent(all -> all.json().properties().forEach(entry -> {
            known(body, call, entry.getKey(), "integrations_config_defaults", entry.getKey());
            all.child(entry.getKey()).ifPresent(one -> {
                one.text("user_scopes");
                one.textsByName("authorization_params");
                one.object(CONFIG).ifPresent(values -> presets(one, call, entry.getKey(), values));
                webhookUrl(one).ifPresent(earlier::add);
            });
        }));
        Map<String, String> help = new HashMap<>();
        body.child("overrides")
                .ifPresent(all -> all.json().properties().forEach(entry -> {
                    known(body, call, entry.getKey(), "overrides", entry.getKey());
                    all.child(entry.getKey())
                            // Nango ignores what else it has, and so do the programs that send it.
                            .map(SessionBody::allowingAll)
                            .flatMap(one -> one.text("docs_connect"))
                            .ifPresent(page -> help.put(entry.getKey(), page));
                }));
        Optional<String> webhook = body.json().has(WebhookOverride.NAME)
                ? webhookOverride.read(body)
                : earlier.stream().findFirst();
        Optional<String> challenge = FinishRoutes.challenge(body);
        int most = body.number("max_connections", 0, 1, 100);
        Optional<String> returnUrl = body.text("return_url");
        returnUrl
                .filter(url -> !call.environment().returnUrls().contains(url))
                .ifPresent(url -> body.problem(
                        "custom", "this address is not on the environment's list of return URLs", "return_url"));
        return new Common(
                organization,
                presets.map(all -> Presets.of(withoutWebhookUrls(all.json()))).orElse(Presets.NONE),
                help,
                webhook,
                challenge,
                most == 0 ? Optional.empty() : Optional.of(most),
                returnUrl);
    }

    private static Body allowingAll(Body body) {
        body.json().propertyNames().forEach(body::allow);
        return body;
    }

    /** Before there was {@code webhook_url_override}, Nango read it from a preset of any integration. */
    private Optional<String> webhookUrl(Body preset) {
        if (!(preset.json().get(CONFIG) instanceof ObjectNode config) || !config.has(WEBHOOK_URL)) {
            return Optional.empty();
        }
        String url = config.get(WEBHOOK_URL).asString("");
        webhookOverride.refusal(url).ifPresent(reason -> preset.problem("invalid_format", reason, CONFIG, WEBHOOK_URL));
        return Optional.of(url).filter(text -> !text.isEmpty());
    }

    private static ObjectNode withoutWebhookUrls(ObjectNode presets) {
        ObjectNode all = presets.deepCopy();
        all.properties().forEach(entry -> {
            if (entry.getValue().get(CONFIG) instanceof ObjectNode config) {
                config.remove(WEBHOOK_URL);
            }
        });
        return all;
    }

    /** A session speaks for its user: it cannot give what comes from the vendor either. */
    private void presets(Body body, Router.Call call, String key, ObjectNode values) {
        integrations
                .find(call.environmentId(), key)
                .flatMap(it -> providers.of(it))
                .ifPresent(provider -> {
                    SharedNames.acceptConfig(values, provider);
                    ConfigFields.notPreset(provider, Set.copyOf(values.propertyNames()))
                            .forEach(problem -> body.problem(
                                    "custom",
                                    "'" + problem.field() + "' " + problem.message(),
                                    "connection_config",
                                    problem.field()));
                    ConfigFields.notText(provider, values)
                            .forEach(problem -> body.problem(
                                    "invalid_type", problem.message(), "connection_config", problem.field()));
                });
    }

    void known(Body body, Router.Call call, String key, String... path) {
        if (integrations.remains(call.environmentId(), key).isEmpty()) {
            body.problem("custom", "there is no integration with this key", path);
        }
    }
}
