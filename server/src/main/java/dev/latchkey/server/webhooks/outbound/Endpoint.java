package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.environments.Forwarding;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Where an environment's events go. */
public record Endpoint(
        UUID environment, UUID id, Settings settings, Health health, Instant createdAt, Instant updatedAt) {

    /**
     * What can be edited.
     *
     * @param events those that differ from the default
     * @param forwarding how a provider's webhooks come
     * @param legacySignature whether {@code X-Nango-Signature} (a hash that is open to length extension) is sent too
     */
    public record Settings(
            Role role,
            String url,
            String description,
            Map<EventType, Boolean> events,
            boolean legacySignature,
            boolean enabled,
            Forwarding forwarding) {
        /** With a provider's webhooks as events. */
        public Settings(
                Role role,
                String url,
                String description,
                Map<EventType, Boolean> events,
                boolean legacySignature,
                boolean enabled) {
            this(role, url, description, events, legacySignature, enabled, Forwarding.EVENTS);
        }
    }

    public enum Role {
        PRIMARY,
        SECONDARY,
        OTHER,
        /** A connection's own URL, created at its first event; it replaces the environment's endpoints. */
        CONNECTION
    }

    /**
     * @param failures in a row, over all deliveries
     * @param disabledReason absent where the operator switched it off
     */
    public record Health(
            int failures,
            Optional<Instant> failingSince,
            Optional<Instant> pausedUntil,
            Optional<String> disabledReason,
            Optional<Instant> disabledAt) {
        static final Health GOOD =
                new Health(0, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    public boolean wants(EventType type) {
        return settings.events().getOrDefault(type.decidedBy(), type.byDefault());
    }

    /** Every type that has a switch, with its setting. */
    public Map<EventType, Boolean> switches() {
        Map<EventType, Boolean> all = new EnumMap<>(EventType.class);
        for (EventType type : EventType.values()) {
            if (type.isSetting()) {
                all.put(type, wants(type));
            }
        }
        return all;
    }

    public Forwarding forwarding() {
        return settings.forwarding();
    }

    public Role role() {
        return settings.role();
    }

    public String url() {
        return settings.url();
    }

    public boolean enabled() {
        return settings.enabled();
    }
}
