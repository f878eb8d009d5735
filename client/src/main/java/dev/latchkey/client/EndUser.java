package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Your user who connects an account. Immutable. */
public final class EndUser {
    private final String id;
    private final Optional<String> email;
    private final Optional<String> displayName;
    private final Map<String, String> tags;
    private final Optional<String> organizationId;
    private final Optional<String> organizationName;

    private EndUser(
            String id,
            Optional<String> email,
            Optional<String> displayName,
            Map<String, String> tags,
            Optional<String> organizationId,
            Optional<String> organizationName) {
        this.id = id;
        this.email = email;
        this.displayName = displayName;
        this.tags = tags;
        this.organizationId = organizationId;
        this.organizationName = organizationName;
    }

    /**
     * By your id of the user, of 1 to 255 characters.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42");
     * }</pre>
     */
    public static EndUser of(String id) {
        return new EndUser(
                Objects.requireNonNull(id, "id"),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
    }

    static Optional<EndUser> read(Json json) {
        return json.get("id")
                .text()
                .map(id -> new EndUser(
                        id,
                        json.get("email").text(),
                        json.get("display_name").text(),
                        Required.texts(json.get("tags")),
                        json.get("organization").get("id").text(),
                        json.get("organization").get("display_name").text()));
    }

    /**
     * With an address, which the dashboard shows and searches.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withEmail("ada@example.com");
     * }</pre>
     */
    public EndUser withEmail(String address) {
        return new EndUser(id, Optional.of(address), displayName, tags, organizationId, organizationName);
    }

    /**
     * With a name, which the dashboard shows and searches.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withDisplayName("Ada Lovelace");
     * }</pre>
     */
    public EndUser withDisplayName(String name) {
        return new EndUser(id, email, Optional.of(name), tags, organizationId, organizationName);
    }

    /**
     * With one more tag of the user.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withTag("plan", "pro");
     * }</pre>
     */
    public EndUser withTag(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(tags);
        more.put(name, value);
        return new EndUser(id, email, displayName, Map.copyOf(more), organizationId, organizationName);
    }

    /**
     * As a member of one of your customers.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withOrganization("acme");
     * }</pre>
     */
    public EndUser withOrganization(String organization) {
        return new EndUser(id, email, displayName, tags, Optional.of(organization), organizationName);
    }

    /**
     * The same, with the customer's name.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withOrganization("acme", "Acme Inc.");
     * }</pre>
     */
    public EndUser withOrganization(String organization, String name) {
        return new EndUser(id, email, displayName, tags, Optional.of(organization), Optional.of(name));
    }

    /**
     * Your id of the user.
     *
     * <pre>{@code
     * String id = EndUser.of("user-42").id();
     * }</pre>
     */
    public String id() {
        return id;
    }

    /**
     * The address, if there is one.
     *
     * <pre>{@code
     * Optional<String> email = EndUser.of("user-42").email();
     * }</pre>
     */
    public Optional<String> email() {
        return email;
    }

    /**
     * The name, if there is one.
     *
     * <pre>{@code
     * Optional<String> name = EndUser.of("user-42").displayName();
     * }</pre>
     */
    public Optional<String> displayName() {
        return displayName;
    }

    /**
     * The user's tags.
     *
     * <pre>{@code
     * Map<String, String> tags = EndUser.of("user-42").tags();
     * }</pre>
     */
    public Map<String, String> tags() {
        return tags;
    }

    /**
     * The id of the customer that the user belongs to.
     *
     * <pre>{@code
     * Optional<String> customer = EndUser.of("user-42").organizationId();
     * }</pre>
     */
    public Optional<String> organizationId() {
        return organizationId;
    }

    /** Adds it as the API takes it: the organization stands beside the user. */
    Members addTo(Members body) {
        body.put(
                "end_user",
                new Members()
                        .put("id", id)
                        .put("email", email)
                        .put("display_name", displayName)
                        .putAny("tags", tags)
                        .map());
        organizationId.ifPresent(organization -> body.put(
                "organization",
                new Members()
                        .put("id", organization)
                        .put("display_name", organizationName)
                        .map()));
        return body;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EndUser user
                && id.equals(user.id)
                && email.equals(user.email)
                && displayName.equals(user.displayName)
                && tags.equals(user.tags)
                && organizationId.equals(user.organizationId)
                && organizationName.equals(user.organizationName);
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, email, displayName, tags, organizationId, organizationName);
    }

    @Override
    public String toString() {
        return "EndUser[" + id + "]";
    }
}
