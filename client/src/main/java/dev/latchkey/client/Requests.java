package dev.latchkey.client;

import tools.jackson.databind.node.ObjectNode;

/** Writes the bodies of requests. */
final class Requests {
    private Requests() {}

    static ObjectNode endUser(EndUser user) {
        ObjectNode json = Api.JSON.createObjectNode().put("id", user.id());
        user.email().ifPresent(address -> json.put("email", address));
        user.displayName().ifPresent(name -> json.put("display_name", name));
        if (!user.tags().isEmpty()) {
            user.tags().forEach(json.putObject("tags")::put);
        }
        return json;
    }
}
