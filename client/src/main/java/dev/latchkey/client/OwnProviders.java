package dev.latchkey.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;

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
        return all().stream()
                .filter(one -> one.get("own").isTrue())
                .map(OwnProvider::new)
                .toList();
    }

    /**
     * Every provider that the server knows, its own ones among them, as {@code GET /providers} returns them.
     *
     * <pre>{@code
     * long count = latchkey.providers().all().size();
     * }</pre>
     */
    public List<Json> all() {
        return api.read(ApiRequest.get("/providers"), json -> Required.list(json, "data", one -> one));
    }

    /**
     * One of them, with its definition; empty if the server has none of this id.
     *
     * <pre>{@code
     * Optional<String> yaml = latchkey.providers().find("github").flatMap(it -> it.get("definition").text());
     * }</pre>
     */
    public Optional<Json> find(String id) {
        try {
            return Optional.of(api.read(one("GET", id), json -> Required.object(json, "data")));
        } catch (LatchkeyException.NotFound e) {
            return Optional.empty();
        }
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
        ApiRequest request = ApiRequest.of("POST", "/providers").withBody(type(definition), definition);
        return api.read(request, OwnProvider::read);
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
        return api.read(one("PUT", id).withBody(type(definition), definition), OwnProvider::read);
    }

    /**
     * As {@link #change}, and allows sending the credentials of its connections to new hosts.
     *
     * <pre>{@code
     * latchkey.providers().changeWithHosts("acme", definition);
     * }</pre>
     */
    public OwnProvider changeWithHosts(String id, String definition) {
        ApiRequest request = one("PUT", id).withQuery("allow_new_hosts", "true");
        return api.read(request.withBody(type(definition), definition), OwnProvider::read);
    }

    /**
     * Removes one that no integration uses.
     *
     * <pre>{@code
     * latchkey.providers().remove("acme");
     * }</pre>
     */
    public void remove(String id) {
        api.done(one("DELETE", id));
    }

    /**
     * Gives a provider a logo, an own one or one of the catalogue.
     *
     * <pre>{@code
     * latchkey.providers().setLogo("acme", "data:image/svg+xml;base64,PHN2Zy8+");
     * }</pre>
     *
     * @param dataUrl of a PNG, JPEG, WebP or SVG of at most 256 KiB
     */
    public void setLogo(String id, String dataUrl) {
        ApiRequest request = ApiRequest.of("PUT", "/providers/{name}/logo", id).withBody(Map.of("logo", dataUrl));
        api.read(request, OwnProvider::read);
    }

    /**
     * Takes it away again.
     *
     * <pre>{@code
     * latchkey.providers().removeLogo("acme");
     * }</pre>
     */
    public void removeLogo(String id) {
        api.done(ApiRequest.of("DELETE", "/providers/{name}/logo", id));
    }

    private static ApiRequest one(String method, String id) {
        return ApiRequest.of(method, "/providers/{name}", id);
    }

    private static String type(String definition) {
        return definition.stripLeading().startsWith("{") ? "application/json" : "application/yaml";
    }
}
