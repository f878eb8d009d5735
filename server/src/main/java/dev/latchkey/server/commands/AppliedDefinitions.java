package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.catalogue.Catalogue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The provider definitions of the key's environment, as a file describes them. */
final class AppliedDefinitions {
    private static final String PATH = "/providers";

    private final ServerApi api;
    private final boolean newHosts;

    /** @param newHosts whether sending credentials to new hosts is intended */
    AppliedDefinitions(ServerApi api, boolean newHosts) {
        this.api = api;
        this.newHosts = newHosts;
    }

    /** @return the ids of those that are added: integrations of them cannot be tried yet */
    Set<String> plan(AppliedFile file, boolean prune, Plan plan) {
        Set<String> added = new HashSet<>();
        if (!file.has(AppliedFile.Part.PROVIDERS)) {
            return added;
        }
        Set<String> wanted = new HashSet<>();
        List<String> own = own();
        for (AppliedFile.Definition definition : file.definitions()) {
            String id = Catalogue.idOf(definition.text())
                    .orElseThrow(() -> new ServerApi.Refused(
                            400, "invalid_body", definition.place() + ": the definition has no id."));
            if (!wanted.add(id)) {
                throw new ServerApi.Refused(
                        400, "invalid_body", definition.place() + ": the id " + id + " stands twice.");
            }
            if (own.contains(id)) {
                change(definition, id, plan);
            } else {
                added.add(id);
                tried(definition, "POST", PATH);
                plan.add("provider " + id, List.of(), () -> api.define("POST", PATH + query(false), definition.text()));
            }
        }
        if (prune) {
            own.stream()
                    .filter(id -> !wanted.contains(id))
                    .forEach(id -> plan.delete("provider " + id, () -> api.delete(at(id) + query(false))));
        }
        return added;
    }

    private void change(AppliedFile.Definition definition, String id, Plan plan) {
        JsonNode before = parsed(api.get(at(id)).at("/data/definition").asString());
        List<Plan.Line> lines = Plan.differences(before, parsed(definition.text()), definition(), Set.of());
        if (!lines.isEmpty()) {
            tried(definition, "PUT", at(id));
        }
        plan.change("provider " + id, lines, () -> api.define("PUT", at(id) + query(false), definition.text()));
    }

    private void tried(AppliedFile.Definition definition, String method, String path) {
        try {
            api.define(method, path + query(true), definition.text());
        } catch (ServerApi.Refused e) {
            throw new ServerApi.Refused(e.status(), e.code(), definition.place() + ": " + e.getMessage());
        }
    }

    /** Nothing in a definition is taken from elsewhere. */
    private static JsonNode definition() {
        return AppliedFile.YAML.getNodeFactory().objectNode();
    }

    /** A comment is no difference. */
    private static JsonNode parsed(String text) {
        try {
            return AppliedFile.YAML.readTree(text);
        } catch (JacksonException e) {
            return definition();
        }
    }

    private static String at(String id) {
        return PATH + "/" + encoded(id);
    }

    private String query(boolean dryRun) {
        List<String> flags = new ArrayList<>();
        if (dryRun) {
            flags.add("dry_run=true");
        }
        if (newHosts) {
            flags.add("allow_new_hosts=true");
        }
        return flags.isEmpty() ? "" : "?" + String.join("&", flags);
    }

    private List<String> own() {
        return api.get(PATH).path("data").values().stream()
                .filter(one -> one.path("own").asBoolean(false))
                .map(one -> one.path("name").asString())
                .toList();
    }

    /** Their texts, with comments. */
    void export(ObjectNode file) {
        ArrayNode all = file.putArray(AppliedFile.Part.PROVIDERS.key());
        own().forEach(id -> all.add(api.get(at(id)).at("/data/definition").asString()));
    }
}
