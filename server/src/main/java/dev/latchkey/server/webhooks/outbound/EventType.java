package dev.latchkey.server.webhooks.outbound;

import java.util.Arrays;
import java.util.Optional;

/** The events that an endpoint can subscribe to; a failure is switched together with its success. */
public enum EventType {
    CONNECTION_CREATED(
            "connection.created",
            true,
            "A user connected, or a connection was imported. Switches connection.creation_failed too."),
    CONNECTION_REAUTHORIZED(
            "connection.reauthorized",
            true,
            "A connection was authorized or imported again. Switches connection.reauthorization_failed too."),
    CONNECTION_CREATION_FAILED(
            "connection.creation_failed", CONNECTION_CREATED, "A user tried to connect, and it failed."),
    CONNECTION_REAUTHORIZATION_FAILED(
            "connection.reauthorization_failed",
            CONNECTION_REAUTHORIZED,
            "A user tried to authorize a connection again, and it failed; the connection is as it was."),
    CONNECTION_REFRESHED(
            "connection.refreshed",
            false,
            "A credential was refreshed. Off by default, since this happens all the time."),
    CONNECTION_REFRESH_FAILING(
            "connection.refresh_failing",
            true,
            "A refresh failed for a temporary reason, the first in a row; it is retried automatically."),
    CONNECTION_NEEDS_AUTHORIZATION(
            "connection.needs_authorization", true, "The grant is gone: ask the user to authorize again."),
    CONNECTION_RECOVERED("connection.recovered", true, "A refresh succeeded after failures."),
    CONNECTION_DELETED("connection.deleted", true, "A connection was deleted."),
    CONNECTION_PAUSED("connection.paused", true, "A connection was paused: its credential is returned to no caller."),
    CONNECTION_RESUMED("connection.resumed", true, "A paused connection was resumed."),
    CONNECTION_EXPIRING_SOON(
            "connection.expiring_soon",
            true,
            "The grant ends soon and no refresh extends it: ask the user to authorize again before it does."),
    INTEGRATION_MISCONFIGURED(
            "integration.misconfigured", true, "The provider refuses the integration's own client id or secret."),
    INTEGRATION_RECOVERED("integration.recovered", true, "The provider accepts the integration's client again."),
    INTEGRATION_PAUSED(
            "integration.paused",
            true,
            "An integration was paused: no credential of its connections is returned, and no user can connect."),
    INTEGRATION_RESUMED("integration.resumed", true, "A paused integration was resumed."),
    ENVIRONMENT_PAUSED("environment.paused", true, "The environment was paused: no credential is returned."),
    ENVIRONMENT_RESUMED("environment.resumed", true, "The environment was resumed."),
    PROVIDER_INCIDENT("provider.incident", true, "A provider fails for all connections."),
    PROVIDER_INCIDENT_ENDED("provider.incident_ended", true, "A provider works again."),
    PROVIDER_WEBHOOK("provider.webhook", true, "A provider sent a webhook; it is forwarded."),
    ENDPOINT_DISABLED(
            "webhook_endpoint.disabled",
            true,
            "An endpoint was switched off after days without one success; sent to the environment's other endpoints."),
    AUDIT_LOG_ANCHORED(
            "audit_log.anchored",
            false,
            "The number and hash of the audit log's newest row, once a day: by keeping them you can prove that the log was not cut. Off by default."),
    TEST("test", true, "Sent on request, to try an endpoint.");

    private final String title;
    private final boolean byDefault;
    private final String description;
    private final Optional<EventType> switchedWith;

    EventType(String title, EventType switchedWith, String description) {
        this.title = title;
        this.byDefault = switchedWith.byDefault;
        this.description = description;
        this.switchedWith = Optional.of(switchedWith);
    }

    EventType(String title, boolean byDefault, String description) {
        this.title = title;
        this.byDefault = byDefault;
        this.description = description;
        this.switchedWith = Optional.empty();
    }

    /** The type whose switch decides: itself, or the corresponding success. */
    public EventType decidedBy() {
        return switchedWith.orElse(this);
    }

    /** Whether it has a switch of its own. */
    public boolean isSetting() {
        return switchedWith.isEmpty();
    }

    /** As the API and the header {@code X-Latchkey-Event} name it. */
    public String title() {
        return title;
    }

    public boolean byDefault() {
        return byDefault;
    }

    public String description() {
        return description;
    }

    public static Optional<EventType> of(String title) {
        return Arrays.stream(values()).filter(one -> one.title.equals(title)).findFirst();
    }
}
