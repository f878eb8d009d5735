package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The secret keys of the key's environment and what they open, as a file describes them: known by their names, never by their text. */
final class AppliedKeys {
    private static final String PATH = "/environment/api-keys";
    private static final String DRY_RUN = "?dry_run=true";
    private static final String SECRET_FILE = "secret_file";
    /** Made from the server's settings of the same names. */
    private static final String OF_SETTINGS = "LATCHKEY_";

    private static final Set<String> UNCOMPARED =
            Set.of("last_used_at", "last_used_from", "current", "paused", "created_at");

    private final ServerApi api;
    private final ServerApi account;

    /** @param account for the keys: only a key of the account, or one with the explicit scope, changes keys */
    AppliedKeys(ServerApi api, ServerApi account) {
        this.api = api;
        this.account = account;
    }

    void plan(AppliedFile file, boolean prune, Plan plan) {
        if (!file.has(AppliedFile.Part.KEYS)) {
            return;
        }
        String environment = environment();
        Map<String, List<JsonNode>> there = list(account, environment).stream()
                .collect(Collectors.groupingBy(one -> one.path("name").asString(), HashMap::new, Collectors.toList()));
        Set<String> wanted = new TreeSet<>();
        for (AppliedFile.Entry entry : file.entries(AppliedFile.Part.KEYS)) {
            wanted.add(entry.text("name"));
            List<JsonNode> found = there.getOrDefault(entry.text("name"), List.of());
            switch (found.size()) {
                case 0 -> add(entry, environment, plan);
                case 1 -> change(entry, found.getFirst(), environment, plan);
                default ->
                    throw new ServerApi.Refused(
                            400,
                            "invalid_body",
                            entry.place() + ": there are " + found.size() + " keys of the name " + entry.shown("name")
                                    + "; `latchkey keys revoke` ends one.");
            }
        }
        if (prune) {
            Set<String> current = current(environment);
            there.forEach((name, keys) -> {
                if (!wanted.contains(name)) {
                    keys.forEach(key -> delete(key, current, environment, plan));
                }
            });
        }
    }

    private String environment() {
        return api.get("/environment").at("/data/id").asString();
    }

    private static List<JsonNode> list(ServerApi api, String environment) {
        return api.get(PATH + "?environment_id=" + environment).path("data").values().stream()
                .toList();
    }

    /** The ids of the keys that this command uses. */
    private Set<String> current(String environment) {
        Set<String> ids = new TreeSet<>();
        for (ServerApi one : List.of(account, api)) {
            list(one, environment).stream()
                    .filter(key -> key.path("current").asBoolean(false))
                    .forEach(key -> ids.add(key.path("id").asString()));
        }
        return ids;
    }

    private static ObjectNode body(AppliedFile.Entry entry, String environment) {
        ObjectNode body = entry.value().deepCopy();
        body.remove(SECRET_FILE);
        return body.put("environment_id", environment);
    }

    private void add(AppliedFile.Entry entry, String environment, Plan plan) {
        if (entry.text(SECRET_FILE).isEmpty()) {
            throw new ServerApi.Refused(
                    400,
                    "invalid_body",
                    entry.place() + ": the key " + entry.shown("name")
                            + " is new: 'secret_file' must name the file that gets its text.");
        }
        Path file = entry.references().path(entry.text(SECRET_FILE));
        if (Files.exists(file)) {
            throw new ServerApi.Refused(
                    400, "invalid_body", entry.place() + ": the file " + file + " exists, and is not overwritten.");
        }
        ObjectNode body = body(entry, environment);
        if (body.path("expires_at").isNull()) {
            body.remove("expires_at");
        }
        if (body.path("allowed_addresses").isArray()
                && body.path("allowed_addresses").isEmpty()) {
            body.remove("allowed_addresses");
        }
        account.post(PATH + DRY_RUN, body);
        plan.add("key " + entry.shown("name"), entry, Set.of("name"), () -> create(body, file));
    }

    /** The file comes first: a key whose text is lost is of no use. */
    private void create(ObjectNode body, Path file) {
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (IOException | UnsupportedOperationException e) {
            throw new ServerApi.Refused(0, "no_file", "The file " + file + " cannot be created.");
        }
        try {
            Files.writeString(
                    file, account.post(PATH, body).at("/data/secret_key").asString() + System.lineSeparator());
        } catch (IOException e) {
            throw new ServerApi.Refused(0, "no_file", "The file " + file + " cannot be written; revoke the key.");
        } catch (ServerApi.Refused e) {
            file.toFile().delete();
            throw e;
        }
    }

    private void change(AppliedFile.Entry entry, JsonNode before, String environment, Plan plan) {
        ObjectNode body = body(entry, environment);
        body.remove("name");
        List.of("scopes", "expires_at", "allowed_addresses").forEach(name -> {
            if (body.has(name) && isSame(body.path(name), before.path(name))) {
                body.remove(name);
            }
        });
        if (body.size() == 1) {
            plan.change("key " + entry.shown("name"), List.of(), () -> {});
            return;
        }
        String path = PATH + "/" + encoded(before.path("id").asString());
        JsonNode after =
                account.call("PATCH", path + DRY_RUN, Optional.of(body)).path("data");
        plan.change(
                "key " + entry.shown("name"),
                Plan.differences(before, after, entry.raw(), UNCOMPARED),
                () -> account.call("PATCH", path, Optional.of(body)));
    }

    private static boolean isSame(JsonNode wanted, JsonNode there) {
        return wanted.equals(there)
                || wanted.isString()
                        && there.isString()
                        && Moments.read(wanted.asString()).isPresent()
                        && Moments.read(wanted.asString()).equals(Moments.read(there.asString()));
    }

    private void delete(JsonNode key, Set<String> current, String environment, Plan plan) {
        String name = key.path("name").asString();
        String id = key.path("id").asString();
        if (current.contains(id)) {
            plan.keep("key " + name, "kept, since this command uses it.");
        } else if (name.startsWith(OF_SETTINGS)) {
            plan.keep("key " + name, "kept, since a setting of the server makes it.");
        } else {
            ObjectNode body = Json.MAPPER.createObjectNode().put("id", id).put("environment_id", environment);
            plan.delete("key " + name, () -> account.call("DELETE", PATH, Optional.of(body)));
        }
    }

    /** Without their texts. @return a sentence for each that is left out */
    List<String> export(ObjectNode file) {
        List<JsonNode> all = list(account, environment()).stream()
                .filter(key -> !key.path("name").asString().startsWith(OF_SETTINGS))
                .toList();
        Map<String, Long> counts = all.stream()
                .collect(Collectors.groupingBy(key -> key.path("name").asString(), Collectors.counting()));
        ArrayNode keys = file.putArray(AppliedFile.Part.KEYS.key());
        all.stream()
                .filter(key ->
                        Long.valueOf(1).equals(counts.get(key.path("name").asString())))
                .forEach(key -> {
                    ObjectNode one = keys.addObject();
                    one.set("name", key.path("name"));
                    one.set("scopes", key.path("scopes"));
                    if (key.path("expires_at").isString()) {
                        one.set("expires_at", key.path("expires_at"));
                    }
                    if (!key.path("allowed_addresses").isEmpty()) {
                        one.set("allowed_addresses", key.path("allowed_addresses"));
                    }
                });
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() > 1)
                .map(entry -> "The " + entry.getValue() + " keys of the name " + entry.getKey() + " are left out.")
                .toList();
    }
}
