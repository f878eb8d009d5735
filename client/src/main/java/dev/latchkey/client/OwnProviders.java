package dev.latchkey.client;

import java.util.List;
import java.util.Map;

/**
 * The provider definitions of an environment's own: YAML or JSON, as Latchkey's guide to providers has it. One of an id that ships
 * takes its place in this environment alone. Every method throws {@link LatchkeyException}. Thread-safe.
 */
public final class OwnProviders {
    private final Api api;

    OwnProviders(Api api) {
        this.api = api;
    }

    /**
     * Those that the environment defines itself, in order of id.
     *
     * <pre>{@code
     * latchkey.providers().list().forEach(it -> System.out.println(it.id() + " " + it.name()));
     * }</pre>
     */
    public List<OwnProvider> list() {
        return api.get("/providers", Map.of()).path("data").values().stream()
                .filter(one -> one.path("own").asBoolean(false))
                .map(Answers::provider)
                .toList();
    }

    /**
     * Adds one.
     *
     * <pre>{@code
     * OwnProvider acme = latchkey.providers().add("""
     *         id: acme
     *         name: Acme
     *         api_docs: https://developers.acme.example
     *         fields: { apiKey: { scope: secret } }
     *         auth: { kind: api_key }
     *         api: { base: https://api.acme.example, headers: { x-key: "${secret.apiKey}" } }
     *         verify: { call: GET /me }
     *         """);
     * }</pre>
     *
     * @param definition YAML or JSON
     * @throws LatchkeyException.Refused when it is wrong, naming line and key, or its id is taken by an own one
     */
    public OwnProvider add(String definition) {
        return Answers.provider(
                api.send("POST", "/providers", type(definition), definition).path("data"));
    }

    /**
     * Replaces one; connections go on with it.
     *
     * <pre>{@code
     * latchkey.providers().change("acme", definition);
     * }</pre>
     *
     * @throws LatchkeyException.Refused also when there are connections that could not be used any more, or whose credentials would
     *     go to hosts where they did not go before
     */
    public OwnProvider change(String id, String definition) {
        return Answers.provider(
                api.send("PUT", path(id), type(definition), definition).path("data"));
    }

    /**
     * As {@link #change}, to hosts where credentials of its connections did not go before.
     *
     * <pre>{@code
     * latchkey.providers().changeWithHosts("acme", definition);
     * }</pre>
     */
    public OwnProvider changeWithHosts(String id, String definition) {
        return Answers.provider(api.send("PUT", path(id) + "?allow_new_hosts=true", type(definition), definition)
                .path("data"));
    }

    /**
     * Removes one that no integration uses.
     *
     * <pre>{@code
     * latchkey.providers().remove("acme");
     * }</pre>
     */
    public void remove(String id) {
        api.delete(path(id), Map.of());
    }

    private static String path(String id) {
        return "/providers/" + Api.encode(id);
    }

    private static String type(String definition) {
        return definition.stripLeading().startsWith("{") ? "application/json" : "application/yaml";
    }
}
