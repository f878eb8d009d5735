package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.server.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The integrations of the key's environment, as a file describes them. */
final class AppliedIntegrations {
    private static final String PATH = "/integrations";
    private static final String DRY_RUN = "?dry_run=true";
    /** Members whose text may not stand in the file. */
    private static final Set<String> SECRETS = Set.of(
            "client_secret",
            "next_client_secret",
            "private_key",
            "webhook_secret",
            "secret_access_key",
            "secretAccessKey",
            "stsApiKey",
            "stsPassword");
    /** What the listing shows, with what an absent member means. */
    private static final Map<String, JsonNode> SHOWN = Map.of(
            "display_name", Json.MAPPER.missingNode(),
            "forward_webhooks", Json.MAPPER.missingNode(),
            "accept_unproven_installations", Json.MAPPER.getNodeFactory().booleanNode(false),
            "on_missing_scopes", Json.MAPPER.getNodeFactory().stringNode("report"),
            "install_return_url", Json.MAPPER.getNodeFactory().stringNode(""),
            "lab", Json.MAPPER.getNodeFactory().booleanNode(false));

    private final ServerApi api;

    AppliedIntegrations(ServerApi api) {
        this.api = api;
    }

    /** Secrets that the file contains, which is for many eyes. */
    static List<String> problems(AppliedFile file) {
        List<String> problems = new ArrayList<>();
        for (AppliedFile.Entry entry : file.entries(AppliedFile.Part.INTEGRATIONS)) {
            written(entry.raw(), entry.place(), problems);
        }
        return problems;
    }

    private static void written(JsonNode raw, String place, List<String> problems) {
        raw.properties().forEach(member -> {
            String at = place + "." + member.getKey();
            JsonNode value = member.getValue();
            if (SECRETS.contains(member.getKey())) {
                if (!value.isNull() && !References.isReference(value)) {
                    problems.add(at + " is a secret: write ${NAME} for an environment variable, or {file: PATH}.");
                }
            } else if (value.isObject() && !References.isFile(value)) {
                written(value, at, problems);
            }
        });
    }

    /**
     * @param untried providers that are not defined yet
     * @param withConnections whether integrations with connections may be deleted
     */
    void plan(AppliedFile file, Set<String> untried, boolean prune, boolean withConnections, Plan plan) {
        if (!file.has(AppliedFile.Part.INTEGRATIONS)) {
            return;
        }
        Map<String, JsonNode> there = new HashMap<>();
        api.get(PATH).path("data").values().forEach(one -> there.put(key(one), one));
        List<String> wanted = new ArrayList<>();
        for (AppliedFile.Entry entry : file.entries(AppliedFile.Part.INTEGRATIONS)) {
            wanted.add(entry.text("unique_key"));
            Optional<JsonNode> before = Optional.ofNullable(there.get(entry.text("unique_key")));
            if (before.isPresent()) {
                change(entry, before.get(), plan);
            } else {
                add(entry, untried, plan);
            }
        }
        if (prune) {
            there.keySet().stream()
                    .sorted()
                    .filter(key -> !wanted.contains(key))
                    .forEach(key -> delete(key, withConnections, plan));
        }
    }

    private static String key(JsonNode integration) {
        return integration.path("unique_key").asString();
    }

    private static String what(AppliedFile.Entry entry) {
        return "integration " + entry.shown("unique_key");
    }

    private void add(AppliedFile.Entry entry, Set<String> untried, Plan plan) {
        ObjectNode body = body(entry);
        if (!untried.contains(entry.text("provider"))) {
            named(entry, () -> api.post(PATH + DRY_RUN, body));
        }
        plan.add(what(entry), entry, Set.of("unique_key"), () -> api.post(PATH, body));
    }

    private void change(AppliedFile.Entry entry, JsonNode before, Plan plan) {
        if (!entry.text("provider").equals(before.path("provider").asString())) {
            throw new ServerApi.Refused(
                    400,
                    "invalid_body",
                    entry.place() + ": the integration " + entry.shown("unique_key") + " is of the provider "
                            + before.path("provider").asString()
                            + ", which cannot be changed; use another unique_key.");
        }
        ObjectNode body = body(entry);
        body.remove(List.of("unique_key", "provider"));
        SHOWN.forEach((name, absent) -> {
            JsonNode now = before.has(name) ? before.path(name) : absent;
            if (body.has(name) && body.path(name).equals(now)) {
                body.remove(name);
            }
        });
        String path = PATH + "/" + encoded(key(before));
        List<Plan.Line> lines = new ArrayList<>();
        if (!body.isEmpty()) {
            named(entry, () -> api.call("PATCH", path + DRY_RUN, Optional.of(body)))
                    .path("changes")
                    .values()
                    .forEach(change -> lines.add(line(change, entry.raw())));
        }
        plan.change(what(entry), lines, () -> api.call("PATCH", path, Optional.of(body)));
    }

    private static Plan.Line line(JsonNode change, JsonNode raw) {
        String name = change.path("name").asString();
        JsonNode there = raw;
        for (String step : name.split("\\.")) {
            there = there.path(step);
        }
        if (change.has("from") || change.has("to")) {
            return new Plan.Line(name, Plan.words(change.path("from"), change.path("to"), there));
        }
        return new Plan.Line(
                name, References.isReference(there) ? "changed to " + References.shown(there) : "changed (not shown)");
    }

    private static JsonNode named(AppliedFile.Entry entry, java.util.function.Supplier<JsonNode> call) {
        try {
            return call.get();
        } catch (ServerApi.Refused e) {
            throw new ServerApi.Refused(e.status(), e.code(), entry.place() + ": " + e.getMessage());
        }
    }

    /** Scopes may be a list. */
    private static ObjectNode body(AppliedFile.Entry entry) {
        ObjectNode body = entry.value().deepCopy();
        if (body.path("scopes").isArray()) {
            body.put(
                    "scopes",
                    String.join(
                            ",",
                            body.path("scopes").values().stream()
                                    .map(JsonNode::asString)
                                    .toList()));
        }
        return body;
    }

    private void delete(String key, boolean withConnections, Plan plan) {
        String what = "integration " + key;
        boolean used = !api.get("/connections?limit=1&integrationId=" + encoded(key))
                .path("connections")
                .isEmpty();
        if (withConnections) {
            plan.delete(used ? what + " with its connections" : what, () -> api.delete(PATH + "/" + encoded(key)));
        } else if (used) {
            plan.keep(what, "kept, since it has connections; --delete-connections deletes both.");
        } else {
            // The server asks again: a user may have connected in the meantime.
            plan.delete(what, () -> api.delete(PATH + "/" + encoded(key) + "?only_unused=true"));
        }
    }

    /** Secrets as references to environment variables, which are named after the integration. */
    void export(ObjectNode file) {
        ArrayNode all = file.putArray(AppliedFile.Part.INTEGRATIONS.key());
        for (JsonNode one : api.get(PATH).path("data").values()) {
            JsonNode read = api.get(PATH + "/" + encoded(key(one)) + "?include=settings")
                    .path("data");
            if (!read.has("settings")) {
                throw new ServerApi.Refused(
                        403, "forbidden", "This takes a key with the scope environment:integrations:read_credentials.");
            }
            ObjectNode kept = all.addObject();
            List.of("unique_key", "provider", "display_name", "forward_webhooks", "lab")
                    .forEach(name -> copy(read, kept, name));
            List.of("on_missing_scopes", "install_return_url").forEach(name -> copy(read, kept, name));
            if (read.path("accept_unproven_installations").asBoolean(false)) {
                copy(read, kept, "accept_unproven_installations");
            }
            JsonNode settings = read.path("settings");
            List.of("credentials", "custom").forEach(name -> copy(settings, kept, name));
            if (!settings.path("scopes").asString("").isEmpty()) {
                ArrayNode scopes = kept.putArray("scopes");
                List.of(settings.path("scopes").asString().split(",")).forEach(scopes::add);
            }
            settings.path("secrets").values().forEach(place -> refer(kept, key(one), place.asString()));
        }
    }

    private static void copy(JsonNode from, ObjectNode to, String name) {
        if (from.has(name)) {
            to.set(name, from.path(name));
        }
    }

    private static void refer(ObjectNode integration, String key, String place) {
        int dot = place.indexOf('.');
        String member = place.substring(dot + 1);
        ObjectNode parent = dot < 0 ? integration : integration.withObjectProperty(place.substring(0, dot));
        parent.put(member, "${" + variable(key) + "_" + variable(member) + "}");
    }

    private static String variable(String text) {
        String name = text.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                .toUpperCase(Locale.ROOT)
                .replaceAll("[^A-Z0-9]+", "_");
        return Character.isDigit(name.charAt(0)) ? "_" + name : name;
    }
}
