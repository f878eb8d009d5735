package dev.latchkey.client;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Where a user's browser is sent to connect. */
final class ConnectLinks {
    private final Settings settings;
    private final Api api;
    private final Integrations integrations;
    private final Supplier<Catalogue> catalogue;

    ConnectLinks(Settings settings, Api api, Integrations integrations, Supplier<Catalogue> catalogue) {
        this.settings = settings;
        this.api = api;
        this.integrations = integrations;
        this.catalogue = catalogue;
    }

    /** The provider's own page if that is enough, otherwise the page that asks for what is needed. */
    URI of(String integration, ConnectSession session, Map<String, String> config) {
        if (!opensPage(integration, config)) {
            return session.link();
        }
        Map<String, String> query = new LinkedHashMap<>();
        query.put("connect_session_token", session.token());
        config.forEach((name, value) -> query.put("params[" + name + "]", value));
        return URI.create(browserHost(session) + "/oauth/connect/" + Api.encode(integration) + Api.query(query));
    }

    /** As messages name what is connected. */
    String name(String integration) {
        return catalogue.get().find(integration).map(Provider::name).orElse("'" + integration + "'");
    }

    /** Browsers may know the server by another name than the backend does: the one that its own links carry. */
    private String browserHost(ConnectSession session) {
        String link = session.link().toString();
        int path = link.indexOf("/connect/?");
        return path > 0 ? link.substring(0, path) : settings.host().toString();
    }

    /** Whether the provider's page can be opened at once, without any input first. */
    private boolean opensPage(String integration, Map<String, String> config) {
        Integration found = integrations
                .find(integration)
                .orElseThrow(() -> new LatchkeyException.NotFound(
                        404, "not_found", "There is no integration '" + integration + "'; create it first."));
        Optional<Provider> provider =
                found.ownProvider() ? Optional.empty() : catalogue.get().find(found.provider());
        if (provider.isEmpty()) {
            return definedThere(
                    api.get("/providers/" + Api.encode(found.provider()), Map.of())
                            .path("data"),
                    config);
        }
        return provider.get().auth().facts().opensPage()
                && provider.get().fields().values().stream()
                        .filter(field -> field.isAsked() && field.required())
                        .allMatch(field -> field.defaultValue().isPresent() || config.containsKey(field.id()));
    }

    /** As before, for a definition of the server's or the environment's own. */
    private static boolean definedThere(JsonNode provider, Map<String, String> config) {
        return provider.path("opens_page").asBoolean(false)
                && Stream.of("connection_config", "credentials")
                        .flatMap(group -> provider.path(group).properties().stream())
                        .filter(field -> !field.getValue().path("optional").asBoolean(false)
                                && !field.getValue().path("automated").asBoolean(false)
                                && !field.getValue().has("default_value"))
                        .allMatch(field -> config.containsKey(field.getKey()));
    }
}
