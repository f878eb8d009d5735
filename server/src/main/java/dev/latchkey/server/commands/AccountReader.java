package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads a whole environment through the API that Nango and we share. */
final class AccountReader {
    private static final int PAGE = 500;

    private final ServerApi api;
    private final Map<String, String> appIds = new HashMap<>();

    AccountReader(ServerApi api) {
        this.api = api;
    }

    /** An existing connection, not read yet. */
    record Place(String integration, String connection) {
        String name() {
            return Item.Connection.name(integration, connection);
        }
    }

    /** With their client secrets. */
    List<Item.Integration> integrations() {
        return readIntegrations().stream().map(Item::integration).toList();
    }

    /** The same as they were answered. */
    List<JsonNode> readIntegrations() {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode one : list()) {
            JsonNode read =
                    api.get("/integrations/" + encoded(one.path("unique_key").asString()) + "?include=credentials");
            JsonNode data = read.path("data");
            String appId = data.at("/credentials/app_id").asString("");
            if (!appId.isEmpty()) {
                appIds.put(data.path("unique_key").asString(), appId);
            }
            found.add(data);
        }
        return found;
    }

    /** The environment's own providers; integrations name them. */
    List<Item.Definition> definitions() {
        return api.get("/providers").path("data").values().stream()
                .filter(one -> one.path("own").asBoolean(false))
                .map(one -> one.path("name").asString())
                .map(id -> Item.Definition.of(
                        id,
                        api.get("/providers/" + encoded(id))
                                .at("/data/definition")
                                .asString()))
                .toList();
    }

    private List<JsonNode> list() {
        JsonNode answer = api.get("/integrations");
        JsonNode integrations = answer.has("data") ? answer.path("data") : answer.path("configs");
        return new ArrayList<>(integrations.values());
    }

    /** Each once, even where connections come and go while the pages are read. */
    List<Place> connections() {
        Set<Place> places = new LinkedHashSet<>();
        for (int page = 0; ; page++) {
            JsonNode found =
                    api.get("/connections?limit=" + PAGE + "&page=" + page).path("connections");
            found.values()
                    .forEach(one -> places.add(new Place(
                            one.path("provider_config_key").asString(),
                            one.path("connection_id").asString())));
            if (found.size() < PAGE) {
                return List.copyOf(places);
            }
        }
    }

    /** @throws ServerApi.Refused also when its credential does not work any more */
    Item.Connection connection(Place place) {
        return importable(place, read(place));
    }

    /** As it was answered. */
    JsonNode read(Place place) {
        return api.get("/connections/" + encoded(place.connection()) + "?provider_config_key="
                + encoded(place.integration()) + "&refresh_token=true");
    }

    Item.Connection importable(Place place, JsonNode read) {
        return Item.connection(read, Optional.ofNullable(appIds.get(place.integration())));
    }
}
