package dev.latchkey.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One entry of the catalogue.
 *
 * @param json as {@code GET /providers} of a server has it
 */
public record Connector(Json json) {
    /** Kinds whose credential is typed, and that renew nothing. */
    private static final Set<String> ALONE = Set.of("API_KEY", "BASIC", "DIGEST", "DATASTORE", "NONE");

    /** A value that a person enters. @param secret whether to hide it during input */
    public record Input(String name, String title, boolean required, boolean secret) {}

    /** @throws IllegalArgumentException naming a member that it must have */
    public Connector {
        Required.text(json, "name");
        Required.text(json, "auth_mode");
    }

    /** What an integration names as its provider, such as {@code github}. */
    public String id() {
        return Required.text(json, "name");
    }

    /** For people. */
    public String name() {
        return json.get("display_name").text().orElse(id());
    }

    /** What it is for. */
    public List<String> tags() {
        return json.get("categories").items().stream().map(Json::asText).toList();
    }

    /** {@code OAUTH2, API_KEY, DATASTORE ...} */
    public String authMode() {
        return Required.text(json, "auth_mode");
    }

    /** Whether connecting needs a Latchkey server; without it, {@link Latchkey#connect} does it. */
    public boolean needsServer() {
        return Required.flag(json, "needs_server", !ALONE.contains(authMode()));
    }

    /** Whether users connect on a page of the provider's; otherwise a credential is typed. */
    public boolean opensPage() {
        return Required.flag(json, "opens_page", false);
    }

    /** What {@link Latchkey#connect} takes. */
    public List<Input> fields() {
        List<Input> inputs = new ArrayList<>();
        add(json.get("connection_config"), false, inputs);
        add(json.get("credentials"), true, inputs);
        return List.copyOf(inputs);
    }

    private static void add(Json group, boolean secret, List<Input> to) {
        group.members().forEach((name, field) -> {
            if (!field.get("automated").isTrue()) {
                boolean required = !field.get("optional").isTrue()
                        && !field.get("default_value").exists();
                String title = field.get("title")
                        .text()
                        .filter(text -> !text.isEmpty())
                        .orElse(name);
                to.add(new Input(name, title, required, secret));
            }
        });
    }

    @Override
    public String toString() {
        return "Connector[" + id() + "]";
    }
}
