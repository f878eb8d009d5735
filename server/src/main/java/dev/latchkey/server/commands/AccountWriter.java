package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

/** Puts what was read into an environment. What is there already is left as it is, or replaced where an import means that. */
final class AccountWriter {
    private final ServerApi api;

    AccountWriter(ServerApi api) {
        this.api = api;
    }

    /** @return whether it was made; false: an integration of this key was there already and is left alone */
    boolean write(Item item) {
        return switch (item) {
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

    boolean isThere(Item.Integration integration) {
        try {
            api.get("/integrations/"
                    + encoded(integration.body().path("unique_key").asString()));
            return true;
        } catch (ServerApi.Refused e) {
            if (e.status() == 404) {
                return false;
            }
            throw e;
        }
    }
}
