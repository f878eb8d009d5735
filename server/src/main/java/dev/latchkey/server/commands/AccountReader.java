package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
            return "connection " + integration + " " + connection;
        }
    }

    /** With their client secrets. */
    List<Item.Integration> integrations() {
        List<Item.Integration> found = new ArrayList<>();
        for (JsonNode one : list()) {
            JsonNode read =
                    api.get("/integrations/" + encoded(one.path("unique_key").asString()) + "?include=credentials");
            JsonNode data = read.path("data");
            String appId = data.at("/credentials/app_id").asString("");
            if (!appId.isEmpty()) {
                appIds.put(data.path("unique_key").asString(), appId);
            }
            found.add(Item.integration(data));
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

    List<Place> connections() {
        List<Place> places = new ArrayList<>();
        for (int page = 0; ; page++) {
            JsonNode found =
                    api.get("/connections?limit=" + PAGE + "&page=" + page).path("connections");
            found.values()
                    .forEach(one -> places.add(new Place(
                            one.path("provider_config_key").asString(),
                            one.path("connection_id").asString())));
            if (found.size() < PAGE) {
                return places;
            }
        }
    }

    /** @throws ServerApi.Refused also when its credential does not work any more */
    Item.Connection connection(Place place) {
        JsonNode read = api.get("/connections/" + encoded(place.connection()) + "?provider_config_key="
                + encoded(place.integration()) + "&refresh_token=true");
        return Item.connection(read, Optional.ofNullable(appIds.get(place.integration())));
    }
}
