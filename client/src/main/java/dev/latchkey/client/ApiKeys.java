package dev.latchkey.client;

import java.util.List;
import java.util.Map;

/** Secret keys of an environment. Every method throws {@link LatchkeyException}. Thread-safe. */
public final class ApiKeys {
    private static final String ALL = "/environment/api-keys";

    private final Api api;

    ApiKeys(Api api) {
        this.api = api;
    }

    /**
     * All of them, without their text.
     *
     * <pre>{@code
     * latchkey.keys().list().forEach(it -> System.out.println(it.get("name") + " " + it.get("last_used_at")));
     * }</pre>
     */
    public List<Json> list() {
        return api.read(ApiRequest.get(ALL), json -> Required.list(json, "data", one -> one));
    }

    /**
     * Creates one; {@code secret_key} of the result is its text, shown only now.
     *
     * <pre>{@code
     * Json made = latchkey.keys().create(Map.of("name", "worker", "scopes", List.of("environment:connections:read")));
     * }</pre>
     *
     * @param key {@code name, scopes, expires_at, allowed_addresses}
     */
    public Json create(Map<String, ?> key) {
        return api.read(ApiRequest.of("POST", ALL).withBody(key), json -> {
            Required.text(json.get("data"), "secret_key");
            return json.get("data");
        });
    }

    /**
     * Changes expiry and allowed addresses; the others stay.
     *
     * <pre>{@code
     * latchkey.keys().update("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10", Map.of("allowed_addresses", List.of("10.0.0.0/8")));
     * }</pre>
     */
    public Json update(String id, Map<String, ?> change) {
        return api.read(
                ApiRequest.of("PATCH", ALL + "/{id}", id).withBody(change), json -> Required.object(json, "data"));
    }

    /**
     * Refuses calls with it, until it is resumed.
     *
     * <pre>{@code
     * latchkey.keys().pause("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10", "found in a repository");
     * }</pre>
     */
    public void pause(String id, String reason) {
        api.done(ApiRequest.of("POST", ALL + "/{id}/pause", id).withBody(Map.of("reason", reason)));
    }

    /**
     * Accepts it again.
     *
     * <pre>{@code
     * latchkey.keys().resume("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     */
    public void resume(String id) {
        api.done(ApiRequest.of("POST", ALL + "/{id}/resume", id));
    }

    /**
     * Deletes it: it opens nothing from now on.
     *
     * <pre>{@code
     * latchkey.keys().delete("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     */
    public void delete(String id) {
        api.done(ApiRequest.of("DELETE", ALL).withBody(Map.of("id", id)));
    }
}
