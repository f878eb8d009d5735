package dev.latchkey.client;

import java.util.Map;
import java.util.stream.Stream;

/** The log: flows, refreshes, calls and webhooks, step by step. Every method throws {@link LatchkeyException}. Thread-safe. */
public final class Logs {
    private final Api api;

    Logs(Api api) {
        this.api = api;
    }

    /**
     * Lines that match, the newest first, page by page as the stream is read.
     *
     * <pre>{@code
     * latchkey.logs().list(Map.of("type", "refresh", "state", "failed")).limit(10)
     *         .forEach(it -> System.out.println(it.get("created_at") + " " + it.get("message")));
     * }</pre>
     *
     * @param filter {@code type, state, integration, connection, operation, search, from, to}; empty: all
     */
    public Stream<Json> list(Map<String, String> filter) {
        ApiRequest request = ApiRequest.get("/logs").withQuery(filter);
        return Pages.linked(cursor -> api.read(Pages.at(request, "before", cursor), Pages.page("data", "next")));
    }

    /**
     * One line.
     *
     * <pre>{@code
     * Json line = latchkey.logs().get("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     */
    public Json get(String id) {
        return api.read(ApiRequest.get("/logs/{id}", id), json -> Required.object(json, "data"));
    }
}
