package dev.latchkey.client;

import java.time.Instant;

/** A provider as an environment uses it. @param json as {@code GET /integrations/{key}} returns it */
public record Integration(Json json) {
    /** @throws IllegalArgumentException naming a member that it must have */
    public Integration {
        Required.text(json, "unique_key");
        Required.text(json, "provider");
    }

    static Integration read(Json json) {
        return new Integration(json.get("data"));
    }

    /** Its unique key. */
    public String key() {
        return Required.text(json, "unique_key");
    }

    /** The id in the catalogue, or of the environment's own definition. */
    public String provider() {
        return Required.text(json, "provider");
    }

    /** What users see. */
    public String displayName() {
        return json.get("display_name").text().orElse("");
    }

    /** Whether the environment defines the provider itself. */
    public boolean ownProvider() {
        return Required.flag(json, "own_provider", false);
    }

    /** Whether the provider's webhooks are forwarded to you. */
    public boolean forwardWebhooks() {
        return Required.flag(json, "forward_webhooks", true);
    }

    /** Whether it is paused. */
    public boolean paused() {
        return json.get("paused").hasValue();
    }

    /** When it was made. */
    public Instant createdAt() {
        return Required.time(json, "created_at");
    }

    /** When it was last changed. */
    public Instant updatedAt() {
        return Required.time(json, "updated_at");
    }

    /** Without credentials, which {@link #json} has if they were requested. */
    @Override
    public String toString() {
        return "Integration[" + key() + ", " + provider() + "]";
    }
}
