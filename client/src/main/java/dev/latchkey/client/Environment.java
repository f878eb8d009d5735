package dev.latchkey.client;

import java.util.List;
import java.util.Map;

/** Settings of the environment that the key is for. Every method throws {@link LatchkeyException}. Thread-safe. */
public final class Environment {
    private final Api api;

    Environment(Api api) {
        this.api = api;
    }

    /**
     * Its settings, as {@code GET /environment} returns them.
     *
     * <pre>{@code
     * String name = latchkey.environment().settings().get("name").asText();
     * }</pre>
     */
    public Json settings() {
        return api.read(ApiRequest.get("/environment"), Environment::data);
    }

    /**
     * Changes settings; the others stay.
     *
     * <pre>{@code
     * latchkey.environment().update(Map.of("return_urls", List.of("https://app.example.com/settings")));
     * }</pre>
     *
     * @return the settings as they are now
     */
    public Json update(Map<String, ?> change) {
        return api.read(ApiRequest.of("PATCH", "/environment").withBody(change), Environment::data);
    }

    /**
     * Stops handing out credentials, and connecting; refreshes continue.
     *
     * <pre>{@code
     * latchkey.environment().pause("we are moving");
     * }</pre>
     */
    public void pause(String reason) {
        api.done(ApiRequest.of("POST", "/environment/pause").withBody(Map.of("reason", reason)));
    }

    /**
     * Hands them out again.
     *
     * <pre>{@code
     * latchkey.environment().resume();
     * }</pre>
     */
    public void resume() {
        api.done(ApiRequest.of("POST", "/environment/resume"));
    }

    /**
     * Counts of what happened, by the hour.
     *
     * <pre>{@code
     * latchkey.environment().activity(24).forEach(it -> System.out.println(it.get("measure") + " " + it.get("count")));
     * }</pre>
     *
     * @param hours 1 to 744
     */
    public List<Json> activity(int hours) {
        return api.read(
                ApiRequest.get("/environment/activity").withQuery("hours", Integer.toString(hours)),
                json -> Required.list(json, "data", one -> one));
    }

    /**
     * How the Connect UI looks.
     *
     * <pre>{@code
     * String theme = latchkey.environment().branding().get("theme").asText();
     * }</pre>
     */
    public Json branding() {
        return api.read(ApiRequest.get("/environment/branding"), Environment::data);
    }

    /**
     * Changes how the Connect UI looks; null sets a member back.
     *
     * <pre>{@code
     * latchkey.environment().updateBranding(Map.of("product_name", "Acme"));
     * }</pre>
     */
    public Json updateBranding(Map<String, ?> change) {
        return api.read(ApiRequest.of("PATCH", "/environment/branding").withBody(change), Environment::data);
    }

    /**
     * Incidents of providers, the newest first, those that are over among them.
     *
     * <pre>{@code
     * latchkey.environment().incidents().forEach(System.out::println);
     * }</pre>
     */
    public List<Json> incidents() {
        return api.read(ApiRequest.get("/incidents"), json -> Required.list(json, "data", one -> one));
    }

    /**
     * The server's metrics, in the text format of Prometheus.
     *
     * <pre>{@code
     * String metrics = latchkey.environment().metrics();
     * }</pre>
     */
    public String metrics() {
        ApiAnswer answer = Transport.join(api.send(ApiRequest.get("/metrics")));
        String text = new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8);
        if (!text.contains("latchkey_")) {
            throw new LatchkeyException.Unexpected(
                    "What answers at " + api.settings.host() + " is no Latchkey: its response has no metrics.");
        }
        return text;
    }

    private static Json data(Json json) {
        return Required.object(json, "data");
    }
}
