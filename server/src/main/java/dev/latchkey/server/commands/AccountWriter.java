package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Writes what was read into an environment. Existing entries are kept, or replaced where the import asks for it. */
final class AccountWriter {
    private final ServerApi api;

    AccountWriter(ServerApi api) {
        this.api = api;
    }

    /** @return whether it was created; false: an integration with this key existed already and was kept */
    boolean write(Item item) {
        return switch (item) {
            case Item.Definition definition -> {
                if (isThere(definition)) {
                    yield false;
                }
                api.define(
                        "POST",
                        "/providers",
                        definition.body().path("definition").asString());
                yield true;
            }
            case Item.Integration integration -> {
                if (isThere(integration)) {
                    yield false;
                }
                api.post("/integrations", integration.body());
                yield true;
            }
            case Item.Connection connection -> {
                api.post("/connections", connection.body());
                yield true;
            }
        };
    }

    private boolean isThere(Item.Integration integration) {
        return find(integration).isPresent();
    }

    /** The integration of this key. */
    Optional<JsonNode> find(Item.Integration integration) {
        return find("/integrations/"
                        + encoded(integration.body().path("unique_key").asString()) + "?include=credentials")
                .map(found -> found.path("data"));
    }

    private boolean isThere(Item.Definition definition) {
        return find("/providers/" + encoded(definition.body().path("id").asString()))
                .filter(found -> found.at("/data/own").asBoolean(false))
                .isPresent();
    }

    private Optional<JsonNode> find(String path) {
        try {
            return Optional.of(api.get(path));
        } catch (ServerApi.Refused e) {
            if (e.status() == 404) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
