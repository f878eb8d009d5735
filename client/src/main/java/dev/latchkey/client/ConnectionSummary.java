package dev.latchkey.client;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A connection in a list: never with its credential. @param json as {@code GET /connections} returns it */
public record ConnectionSummary(Json json) {
    /** @throws IllegalArgumentException naming a member that it must have */
    public ConnectionSummary {
        Required.text(json, "connection_id");
        Required.text(json, "provider_config_key");
    }

    /** Your name for it, unique within its integration. */
    public String connectionId() {
        return Required.text(json, "connection_id");
    }

    /** The key of the integration ({@code provider_config_key}). */
    public String integration() {
        return Required.text(json, "provider_config_key");
    }

    /** The id of the provider in the catalogue. */
    public String provider() {
        return Required.text(json, "provider");
    }

    /** Your user. */
    public Optional<EndUser> endUser() {
        return EndUser.read(json.get("end_user"));
    }

    /** By name, in lower case. */
    public Map<String, String> tags() {
        return Required.texts(json.get("tags"));
    }

    /** Any values of yours, as plain Java ({@link Json#toObject}). */
    public Map<String, @Nullable Object> metadata() {
        return json.get("metadata").toMap();
    }

    /** What was requested and not granted. */
    public List<String> missingScopes() {
        return json.get("missing_scopes").items().stream().map(Json::asText).toList();
    }

    /** Whether the last refresh was refused. */
    public boolean failing() {
        return !json.get("errors").items().isEmpty();
    }

    /** Whether it is paused. */
    public boolean paused() {
        return json.get("paused").hasValue();
    }

    /** When it was made. */
    public Instant createdAt() {
        return Required.time(json, "created");
    }

    @Override
    public String toString() {
        return "ConnectionSummary[" + integration() + ", " + connectionId() + "]";
    }
}
