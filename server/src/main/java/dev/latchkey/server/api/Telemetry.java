package dev.latchkey.server.api;

import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.json.Moments;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;

/** What Nango's Connect UI reports of itself: checked as Nango does, and dropped. */
record Telemetry(InstantSource clock) {
    private static final Duration LARGEST_SKEW = Duration.ofHours(2);
    private static final Set<String> EVENTS = Set.of(
            "open",
            "view:list",
            "view:integration",
            "view:unknown_error",
            "view:credentials_error",
            "view:success",
            "click:integration",
            "click:doc",
            "click:doc_section",
            "click:connect",
            "click:close",
            "click:finish",
            "click:outside",
            "popup:blocked_by_browser",
            "popup:closed_early");

    void register(Router router) {
        router.beacon("/connect/telemetry", this::read);
    }

    private void read(Body body) {
        String event = body.required("event");
        if (!event.isEmpty() && !EVENTS.contains(event)) {
            body.problem("invalid_value", "there is no such event", "event");
        }
        if (!body.has("timestamp")) {
            body.problem("invalid_type", "'timestamp' is required", "timestamp");
        } else {
            timestamp(body, Moments.readAny(body.text("timestamp").orElse("")));
        }
        body.child("dimensions").ifPresent(one -> {
            one.json().propertyNames().forEach(one::allow);
            one.text("integration")
                    .filter(key -> !IntegrationKeys.isAllowed(key))
                    .ifPresent(wrong -> one.problem("invalid_format", IntegrationKeys.RULE, "integration"));
        });
    }

    private void timestamp(Body body, Optional<Instant> time) {
        if (time.isEmpty()) {
            body.problem("invalid_format", "must be a time such as 2030-01-31T12:00:00Z", "timestamp");
        }
        if (time.filter(at -> isFar(at)).isPresent()) {
            body.problem("custom", "must be at most two hours from now", "timestamp");
        }
    }

    private boolean isFar(Instant at) {
        return Duration.between(at, clock.instant()).abs().compareTo(LARGEST_SKEW) > 0;
    }
}
