package dev.latchkey.server.commands;

import dev.latchkey.server.json.Moments;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What callers that read an object here will miss of what they read elsewhere. Values are never named: some are secret. */
final class Changes {
    /** Each system's own. */
    private static final Set<String> OWN =
            Set.of("id", "errors", "updated_at", "last_fetched_at", "logo", "webhook_url", "lab", "created");

    private Changes() {}

    /** Members that are missing here or have another value; what is only here changes nothing. */
    static List<String> between(JsonNode there, JsonNode here) {
        List<String> found = new ArrayList<>();
        there.properties().stream()
                .filter(member -> !OWN.contains(member.getKey()))
                .forEach(member -> compare(member.getKey(), member.getValue(), here.path(member.getKey()), found));
        return found;
    }

    private static void compare(String path, JsonNode there, JsonNode here, List<String> found) {
        if (isEmpty(there) || isSame(there, here)) {
            return;
        }
        if (isEmpty(here)) {
            found.add(path + " is missing here");
        } else if (there.isObject() && here.isObject()) {
            there.properties()
                    .forEach(member -> compare(
                            path + "." + member.getKey(), member.getValue(), here.path(member.getKey()), found));
        } else {
            found.add(path + " is another here");
        }
    }

    private static boolean isEmpty(JsonNode node) {
        return node.isMissingNode()
                || node.isNull()
                || node.isContainer() && node.isEmpty()
                || node.isString() && node.asString().isEmpty();
    }

    private static boolean isSame(JsonNode there, JsonNode here) {
        return there.equals(here) || moment(there).isPresent() && moment(there).equals(moment(here));
    }

    private static Optional<Instant> moment(JsonNode node) {
        return node.isString() && node.asString().contains("T") ? Moments.read(node.asString()) : Optional.empty();
    }
}
