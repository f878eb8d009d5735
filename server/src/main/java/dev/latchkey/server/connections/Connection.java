package dev.latchkey.server.connections;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/**
 * One user's access to one provider.
 *
 * @param version incremented with every change of the credentials
 * @param failure present while the last refresh failed
 * @param upkeep how its credentials are kept in working order
 * @param pause present while no caller gets its credentials; its integration and environment have pauses of their own
 */
public record Connection(
        Identity identity,
        Grant grant,
        long version,
        Description description,
        Optional<Failure> failure,
        Upkeep upkeep,
        Times times,
        Optional<Pause> pause) {

    /**
     * Which connection it is, of which integration and provider.
     *
     * @param number the API's numeric id
     * @param name the API's {@code connection_id}
     */
    public record Identity(
            UUID environment,
            UUID id,
            long number,
            UUID integration,
            String integrationKey,
            String provider,
            String name) {}

    /**
     * What calls to the provider are made with.
     *
     * @param secrets fields of scope secret, by id
     * @param config the other fields, and what the steps after connecting found
     * @param scopes what was granted of the requested scopes
     */
    public record Grant(
            Credentials credentials, Map<String, Secret> secrets, ObjectNode config, GrantedScopes scopes) {}

    /** What the product says about it. */
    public record Description(
            ObjectNode metadata,
            Map<String, String> tags,
            Optional<EndUser> endUser,
            Optional<String> webhookUrlOverride) {}

    public record Times(Instant createdAt, Instant updatedAt, Optional<Instant> lastFetchedAt) {
        private Times updated(Instant now) {
            return new Times(createdAt, now, lastFetchedAt);
        }
    }

    public record EndUser(
            String id,
            Optional<String> email,
            Optional<String> displayName,
            Map<String, String> tags,
            Optional<Organization> organization) {

        /** What is named here, and what else is known of the same person. Another person has nothing of theirs. */
        public EndUser over(EndUser before) {
            if (!id.equals(before.id)) {
                return this;
            }
            Map<String, String> all = new HashMap<>(before.tags);
            all.putAll(tags);
            return new EndUser(
                    id,
                    email.or(before::email),
                    displayName.or(before::displayName),
                    Map.copyOf(all),
                    organization
                            .map(named -> before.organization.map(named::over).orElse(named))
                            .or(before::organization));
        }

        /** The id, address, name, organization and tags are tags of the connection as well, so that lists find them. */
        public Map<String, String> asTags() {
            Map<String, String> all = new LinkedHashMap<>();
            all.put("end_user_id", id);
            email.ifPresent(address -> all.put("end_user_email", address));
            displayName.ifPresent(name -> all.put("end_user_display_name", name));
            organization.ifPresent(one -> all.putAll(one.asTags()));
            return Tags.implied(all, tags);
        }
    }

    public record Organization(String id, Optional<String> displayName) {
        /** The id and the name are tags of the connection as well. */
        public Map<String, String> asTags() {
            Map<String, String> all = new LinkedHashMap<>();
            all.put("organization_id", id);
            displayName.ifPresent(name -> all.put("organization_display_name", name));
            return Tags.implied(all, Map.of());
        }

        private Organization over(Organization before) {
            return id.equals(before.id) ? new Organization(id, displayName.or(before::displayName)) : this;
        }
    }

    /** @param nextAttemptAt no refresh is tried before, unless forced */
    public record Failure(Kind kind, Instant since, int count, String logId, Optional<Instant> nextAttemptAt) {
        public enum Kind {
            TRANSIENT,
            REJECTED,
            MISCONFIGURED,
            /** Its row could not be read, at least by this version. */
            UNREADABLE;

            /** As stored. An unknown value of a newer version counts as transient, so that nothing is given up for it. */
            public static Kind of(String stored) {
                return Arrays.stream(values())
                        .filter(kind -> kind.name().equalsIgnoreCase(stored))
                        .findFirst()
                        .orElse(TRANSIENT);
            }
        }
    }

    /**
     * When the credentials need attention.
     *
     * @param refreshAt when they are due; absent: never
     * @param grantEndsAt the refresh token's known end of life
     * @param warnAt when to warn of its end; absent while {@code grantEndsAt} is present: the warning was sent
     */
    public record Schedule(Optional<Instant> refreshAt, Optional<Instant> grantEndsAt, Optional<Instant> warnAt) {
        public static final Schedule NEVER = new Schedule(Optional.empty(), Optional.empty(), Optional.empty());

        /** The warning of the grant's end was sent: a refresh does not change that. */
        public boolean endReported() {
            return grantEndsAt.isPresent() && warnAt.isEmpty();
        }
    }

    /**
     * @param interruptedAt a refresh began then, and its outcome is unknown
     * @param failureReported the failure is in the timeline, so its end must be, too
     * @param brokenSince the integration's client has been refused since then; no fault of this connection
     */
    public record Upkeep(
            Schedule schedule,
            Optional<Instant> interruptedAt,
            boolean failureReported,
            Optional<Instant> brokenSince) {
        public static Upkeep of(Schedule schedule) {
            return new Upkeep(schedule, Optional.empty(), false, Optional.empty());
        }
    }

    /** @throws dev.latchkey.server.access.PausedException while it is paused */
    public void requireRunning() {
        Pause.refuse(pause, "connection", name());
    }

    /** Whether its credential is valid then, as far as known. */
    public boolean isUsable(Instant now) {
        return credentials().expiry().map(end -> end.isAfter(now)).orElse(true);
    }

    /** The same with new credentials: the next version, without a failure. */
    public Connection renewed(
            Credentials renewed, ObjectNode config, GrantedScopes scopes, Schedule schedule, Instant now) {
        return new Connection(
                identity,
                new Grant(renewed, secrets(), config, scopes),
                version + 1,
                description,
                Optional.empty(),
                new Upkeep(schedule, Optional.empty(), false, upkeep.brokenSince()),
                times.updated(now),
                pause);
    }

    /** The same while its refresh fails, or is postponed. */
    public Connection failing(Optional<Failure> failure, Upkeep upkeep, Instant now) {
        return new Connection(identity, grant, version, description, failure, upkeep, times.updated(now), pause);
    }

    public UUID environment() {
        return identity.environment();
    }

    public UUID id() {
        return identity.id();
    }

    public long number() {
        return identity.number();
    }

    public UUID integration() {
        return identity.integration();
    }

    public String integrationKey() {
        return identity.integrationKey();
    }

    public String provider() {
        return identity.provider();
    }

    public String name() {
        return identity.name();
    }

    public Credentials credentials() {
        return grant.credentials();
    }

    public Map<String, Secret> secrets() {
        return grant.secrets();
    }

    public ObjectNode config() {
        return grant.config();
    }

    public GrantedScopes scopes() {
        return grant.scopes();
    }

    public ObjectNode metadata() {
        return description.metadata();
    }

    public Map<String, String> tags() {
        return description.tags();
    }

    public Optional<EndUser> endUser() {
        return description.endUser();
    }

    /** Whose it is, as pages show it. */
    public Optional<ShownUser> shownUser() {
        return ShownUser.of(endUser(), tags());
    }
}
