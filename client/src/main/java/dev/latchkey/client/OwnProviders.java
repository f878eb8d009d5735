package dev.latchkey.client;

import java.util.List;
import java.util.Map;

/**
 * An environment's own provider definitions: YAML or JSON, as described in Latchkey's guide to providers. One with a shipped id
 * replaces it in this environment only. Every method throws {@link LatchkeyException}. Thread-safe.
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
     * Replaces one; existing connections continue with it.
     *
     * <pre>{@code
     * latchkey.providers().change("acme", definition);
     * }</pre>
     *
     * @throws LatchkeyException.Refused also when existing connections would become unusable, or their credentials would be sent to
     *     new hosts
     */
    public OwnProvider change(String id, String definition) {
        return Answers.provider(
                api.send("PUT", path(id), type(definition), definition).path("data"));
    }

    /**
     * As {@link #change}, and allows sending the credentials of its connections to new hosts.
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
