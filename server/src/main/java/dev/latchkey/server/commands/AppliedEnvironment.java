package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The settings, the look and the webhook endpoints of the key's environment, as a file describes them. */
final class AppliedEnvironment {
    private static final String SETTINGS = "/environment";
    private static final String BRANDING = "/environment/branding";
    private static final String WEBHOOKS = "/environment/webhooks";
    private static final String DRY_RUN = "?dry_run=true";
    private static final Set<String> UNCOMPARED = Set.of("updated_at", "health", "warning");
    private static final List<String> OF_WEBHOOK =
            List.of("url", "role", "description", "enabled", "legacy_signature", "forwarding", "events");

    private final ServerApi api;

    AppliedEnvironment(ServerApi api) {
        this.api = api;
    }

    /** @return why the file is not for this environment */
    Optional<String> mismatch(AppliedFile file) {
        Optional<String> named = file.one(AppliedFile.Part.ENVIRONMENT)
                .map(entry -> entry.text("name"))
                .filter(name -> !name.isEmpty());
        if (named.isEmpty()) {
            return Optional.empty();
        }
        String real = settings().path("name").asString();
        return named.filter(name -> !name.equals(real))
                .map(name -> "The file is for the environment " + name + ", and the key is of " + real + ".");
    }

    private JsonNode settings() {
        return api.get(SETTINGS).path("data");
    }

    void plan(AppliedFile file, boolean prune, Plan plan) {
        file.one(AppliedFile.Part.ENVIRONMENT).ifPresent(entry -> {
            ObjectNode wanted = entry.value().deepCopy();
            wanted.remove("name");
            change("environment settings", SETTINGS, wanted, entry.raw(), plan);
        });
        file.one(AppliedFile.Part.BRANDING)
                .ifPresent(entry -> change("branding", BRANDING, entry.value(), entry.raw(), plan));
        if (file.has(AppliedFile.Part.WEBHOOKS)) {
            webhooks(file.entries(AppliedFile.Part.WEBHOOKS), prune, plan);
        }
    }

    /** The server says what a change would make of it. */
    private void change(String what, String path, ObjectNode wanted, JsonNode raw, Plan plan) {
        JsonNode before = api.get(path).path("data");
        JsonNode after = api.call("PATCH", path + DRY_RUN, Optional.of(wanted)).path("data");
        plan.change(
                what,
                Plan.differences(before, after, raw, UNCOMPARED),
                () -> api.call("PATCH", path, Optional.of(wanted)));
    }

    private void webhooks(List<AppliedFile.Entry> wanted, boolean prune, Plan plan) {
        Map<String, JsonNode> left = new HashMap<>();
        List<JsonNode> there = endpoints();
        there.forEach(one -> left.put(one.path("id").asString(), one));
        for (AppliedFile.Entry entry : wanted) {
            String what = "webhook endpoint " + entry.shown("url");
            Optional<JsonNode> before = match(entry, left.values().stream().toList());
            if (before.isEmpty()) {
                api.post(WEBHOOKS + DRY_RUN, entry.value());
                plan.add(what, entry, Set.of("url"), () -> api.post(WEBHOOKS, entry.value()));
            } else {
                left.remove(before.get().path("id").asString());
                change(
                        what,
                        WEBHOOKS + "/" + encoded(before.get().path("id").asString()),
                        entry.value(),
                        entry.raw(),
                        plan);
            }
        }
        if (prune) {
            there.stream()
                    .filter(one -> left.containsKey(one.path("id").asString()))
                    .forEach(one -> plan.delete(
                            "webhook endpoint " + one.path("url").asString(),
                            () -> api.delete(
                                    WEBHOOKS + "/" + encoded(one.path("id").asString()))));
        }
    }

    /** By its address; a primary or secondary one, of which there is one each, by its role. */
    private static Optional<JsonNode> match(AppliedFile.Entry wanted, List<JsonNode> there) {
        String role = wanted.text("role");
        return there.stream()
                .filter(one -> one.path("url").asString().equals(wanted.text("url")))
                .findFirst()
                .or(() -> there.stream()
                        .filter(one -> Set.of("primary", "secondary").contains(role)
                                && one.path("role").asString().equals(role))
                        .findFirst());
    }

    /** Those of connections belong to them. */
    private List<JsonNode> endpoints() {
        return api.get(WEBHOOKS).path("data").values().stream()
                .filter(one -> !one.path("role").asString().equals("connection"))
                .toList();
    }

    /** All of it in the file's format. */
    void export(ObjectNode file) {
        JsonNode settings = settings();
        ObjectNode environment = file.putObject(AppliedFile.Part.ENVIRONMENT.key());
        environment.set("name", settings.path("name"));
        if (!settings.path("callback_url").equals(settings.path("default_callback_url"))) {
            environment.set("callback_url", settings.path("callback_url"));
        }
        List.of("return_urls", "connect_ui_parents", "confirm_user", "webhook_forwarding")
                .forEach(name -> environment.set(name, settings.path(name)));
        JsonNode look = api.get(BRANDING).path("data");
        ObjectNode branding = file.putObject(AppliedFile.Part.BRANDING.key());
        List.of("product_name", "theme", "colors", "show_watermark", "texts")
                .forEach(name -> branding.set(name, look.path(name)));
        Map.of("logo", "logo_url", "logo_dark", "logo_dark_url")
                .forEach((member, address) -> Optional.of(look.path(address))
                        .filter(JsonNode::isString)
                        .ifPresent(url -> branding.put(member, image(url.asString()))));
        ArrayNode webhooks = file.putArray(AppliedFile.Part.WEBHOOKS.key());
        endpoints().forEach(one -> {
            ObjectNode kept = webhooks.addObject();
            OF_WEBHOOK.forEach(name -> kept.set(name, one.path(name)));
        });
    }

    /** From the server that is asked, whatever its public address. */
    private String image(String url) {
        ServerApi.File file = api.file(url.substring(url.indexOf("/connect/logos/")));
        return "data:" + file.mediaType() + ";base64," + Base64.getEncoder().encodeToString(file.content());
    }
}
