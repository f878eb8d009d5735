package dev.latchkey.client;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where Latchkey sends events, what it has sent, and the keys that sign them. ({@link Webhooks} verifies what arrives.) Every method
 * throws {@link LatchkeyException}. Thread-safe.
 */
public final class WebhookEndpoints {
    private static final String ALL = "/environment/webhooks";
    private static final String ONE = "/environment/webhooks/{id}";
    private static final String DELIVERIES = "/environment/webhook-deliveries";

    private final Api api;

    WebhookEndpoints(Api api) {
        this.api = api;
    }

    /**
     * All endpoints.
     *
     * <pre>{@code
     * latchkey.webhooks().endpoints().forEach(it -> System.out.println(it.get("url")));
     * }</pre>
     */
    public List<Json> endpoints() {
        return api.read(ApiRequest.get(ALL), json -> Required.list(json, "data", one -> one));
    }

    /**
     * One endpoint.
     *
     * <pre>{@code
     * Json health = latchkey.webhooks().endpoint("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10").get("health");
     * }</pre>
     */
    public Json endpoint(String id) {
        return api.read(ApiRequest.get(ONE, id), WebhookEndpoints::data);
    }

    /**
     * Adds an endpoint; it gets every event but {@code connection.refreshed}. A member {@code warning} of the result says why nothing
     * can be delivered there now.
     *
     * <pre>{@code
     * Json made = latchkey.webhooks().addEndpoint(URI.create("https://app.example.com/hooks/latchkey"));
     * made.get("warning").text().ifPresent(System.err::println);
     * }</pre>
     */
    public Json addEndpoint(URI url) {
        return addEndpoint(Map.of("url", url));
    }

    /**
     * The same with the members of {@code POST /environment/webhooks}.
     *
     * <pre>{@code
     * latchkey.webhooks().addEndpoint(Map.of("url", "https://app.example.com/hooks", "events", Map.of("connection.refreshed", true)));
     * }</pre>
     */
    public Json addEndpoint(Map<String, ?> endpoint) {
        return api.read(ApiRequest.of("POST", ALL).withBody(endpoint), WebhookEndpoints::data);
    }

    /**
     * Changes members; the others stay.
     *
     * <pre>{@code
     * latchkey.webhooks().updateEndpoint("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10", Map.of("enabled", true));
     * }</pre>
     */
    public Json updateEndpoint(String id, Map<String, ?> change) {
        return api.read(ApiRequest.of("PATCH", ONE, id).withBody(change), WebhookEndpoints::data);
    }

    /**
     * Removes an endpoint.
     *
     * <pre>{@code
     * latchkey.webhooks().deleteEndpoint("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     */
    public void deleteEndpoint(String id) {
        api.done(ApiRequest.of("DELETE", ONE, id));
    }

    /**
     * Sends {@link WebhookEvent.Test} to an endpoint.
     *
     * <pre>{@code
     * String delivery = latchkey.webhooks().test("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     *
     * @return the delivery's id
     */
    public String test(String id) {
        return api.read(ApiRequest.of("POST", "/environment/webhooks/{id}/test", id), WebhookEndpoints::deliveryId);
    }

    /**
     * The kinds of events.
     *
     * <pre>{@code
     * latchkey.webhooks().events().forEach(it -> System.out.println(it.get("event") + ": " + it.get("description")));
     * }</pre>
     */
    public List<Json> events() {
        return api.read(ApiRequest.get("/environment/webhook-events"), json -> Required.list(json, "data", one -> one));
    }

    /**
     * Deliveries that match, the newest first, page by page as the stream is read.
     *
     * <pre>{@code
     * latchkey.webhooks().deliveries(Map.of("state", "failed")).limit(20).forEach(System.out::println);
     * }</pre>
     *
     * @param filter {@code endpoint_id, event, state, connection_id, provider_config_key, since, until}; empty: all
     */
    public Stream<Json> deliveries(Map<String, String> filter) {
        ApiRequest request = ApiRequest.get(DELIVERIES).withQuery(filter);
        return Pages.linked(cursor -> api.read(Pages.at(request, "before", cursor), Pages.page("data", "next")));
    }

    /**
     * One delivery with its request and each attempt.
     *
     * <pre>{@code
     * Json attempts = latchkey.webhooks().delivery("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10").get("attempt_log");
     * }</pre>
     */
    public Json delivery(String id) {
        return api.read(ApiRequest.get(DELIVERIES + "/{id}", id), WebhookEndpoints::data);
    }

    /**
     * Sends a delivery's event again, with the same id.
     *
     * <pre>{@code
     * latchkey.webhooks().replay("5f0c7a3e-7a0b-4b7e-9d41-3d0c8d3b2a10");
     * }</pre>
     *
     * @return the new delivery's id
     */
    public String replay(String id) {
        return api.read(ApiRequest.of("POST", DELIVERIES + "/{id}/replay", id), WebhookEndpoints::deliveryId);
    }

    /**
     * Sends all failed deliveries since a time again.
     *
     * <pre>{@code
     * long count = latchkey.webhooks().replayFailed(java.time.Instant.now().minusSeconds(3600));
     * }</pre>
     *
     * @return how many are queued by now: at most 1,000, and further ones follow in the background
     */
    public long replayFailed(Instant since) {
        return api.read(
                ApiRequest.of("POST", DELIVERIES + "/replay").withBody(Map.of("since", since)),
                json -> Long.parseLong(Required.text(json.get("data"), "replayed")));
    }

    /**
     * The keys that sign, the newest first, with their text for a key that may read it.
     *
     * <pre>{@code
     * String signingKey = latchkey.webhooks().signingKeys().get(0).get("webhook_signing_key").asText();
     * }</pre>
     */
    public List<Json> signingKeys() {
        return api.read(
                ApiRequest.get("/environment/webhook-signing-key").withQuery("include", "secret"),
                json -> Required.list(json, "data", one -> one));
    }

    /**
     * Makes a new signing key; the old one also signs for this long.
     *
     * <pre>{@code
     * Json made = latchkey.webhooks().rotateSigningKey(24);
     * }</pre>
     *
     * @param previousValidHours 0 to 720
     */
    public Json rotateSigningKey(int previousValidHours) {
        return api.read(
                ApiRequest.of("POST", "/environment/webhook-signing-key/rotate")
                        .withBody(Map.of("previous_valid_hours", previousValidHours)),
                WebhookEndpoints::data);
    }

    private static Json data(Json json) {
        return Required.object(json, "data");
    }

    private static String deliveryId(Json json) {
        return Required.text(json.get("data"), "delivery_id");
    }
}
