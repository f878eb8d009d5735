package dev.latchkey.client;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A user's account at a provider, with a credential that works now. {@code toString} shows no secret; {@link #json} has all that the
 * server returned, the credential too.
 *
 * @param json as {@code GET /connections/{id}} returns it
 */
public record Connection(Json json) {
    /** @throws IllegalArgumentException naming a member that a connection must have */
    public Connection {
        Required.text(json, "connection_id");
        Required.text(json, "provider_config_key");
        Required.text(json, "provider");
        Credentials.of(Required.object(json, "credentials"));
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

    /** {@link Credentials.None} also where the key may not read credentials. */
    public Credentials credentials() {
        return Credentials.of(json.get("credentials"));
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

    /** Values of the provider's fields, such as a subdomain, as plain Java. */
    public Map<String, @Nullable Object> connectionConfig() {
        return json.get("connection_config").toMap();
    }

    /** What the user allowed; empty: unknown. */
    public List<String> grantedScopes() {
        return json.get("granted_scopes").items().stream().map(Json::asText).toList();
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
        return Required.time(json, "created_at");
    }

    /** When it was last changed. */
    public Instant updatedAt() {
        return Required.time(json, "updated_at");
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "Connection[" + integration() + ", " + connectionId() + ", " + credentials() + "]";
    }
}
