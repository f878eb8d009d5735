package dev.latchkey.server.connect;

import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Vault;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running flows. A state has 256 random bits, is stored as its SHA-256, works once, for ten minutes, and only in the
 * browser that began (RFC 9700 section 4.7). Thread-safe.
 */
public final class AuthorizationFlows {
    static final Duration LIFETIME = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(AuthorizationFlows.class);

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final SecureRandom random;
    private final InstantSource clock;

    public AuthorizationFlows(Database database, Vault vault, Ids ids, SecureRandom random, InstantSource clock) {
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.random = random;
        this.clock = clock;
    }

    /** The result of looking up a returned state. */
    public sealed interface Taken {
        /** @param id of the operation that began with it */
        record Flow(UUID id, AuthorizationFlow flow) implements Taken {}

        /** It belongs to this browser, and expired. */
        record Late(UUID id, AuthorizationFlow flow) implements Taken {}

        /** Never created, taken already, or deleted because it was too old. */
        record Unknown() implements Taken {}

        /** It belongs to this browser, and has ended: the page was reloaded. */
        record Ended(FlowResult result) implements Taken {}

        /** It belongs to this browser, and another request is finishing it. */
        record UnderWay() implements Taken {}

        /** It belongs to this browser, where the user has yet to choose one of several accounts. */
        record Choosing(AuthorizationFlow flow) implements Taken {}

        /** It belongs to another browser, where it still works. */
        record OtherBrowser() implements Taken {}
    }

    /** 256 random bits, safe in a URL. */
    public String token() {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }

    /** The provider's page, which returns the state to the callback. @param state of {@link #token}, which needs no escape */
    static URI carrying(String page, String state) {
        return URI.create(page + (page.contains("?") ? "&" : "?") + "state=" + state);
    }

    /** @param state what the provider will return; @param browser the value of the cookie that binds it */
    public void put(String state, String browser, AuthorizationFlow flow) {
        put(state, browser, flow, LIFETIME);
    }

    /** With another lifetime: a person may have to find another device first. */
    void put(String state, String browser, AuthorizationFlow flow, Duration lifetime) {
        UUID id = Logs.operation().orElseGet(ids::next);
        Instant now = clock.instant();
        database.withHandle(handle -> handle.createUpdate("""
                        INSERT INTO authorization_flows
                            (environment_id, id, state_hash, browser_hash, integration_id, details, expires_at, created_at, choosing)
                        VALUES (:environment, :id, :state, :browser, :integration, :details, :expires, :now, :choosing)""")
                .bind("environment", flow.environment())
                .bind("id", id)
                .bind("state", Hash.of(state))
                .bind("browser", Hash.of(browser))
                .bind("integration", flow.integration())
                .bind("details", vault.encryptJson(binding(flow.environment(), id), AuthorizationFlowJson.write(flow)))
                .bind("expires", now.plus(lifetime).atOffset(ZoneOffset.UTC))
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("choosing", flow.choice().isPresent())
                .execute());
    }

    /** Reads a flow that has not ended. */
    Optional<AuthorizationFlow> find(String state, String browser) {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT environment_id, id, integration_id, details FROM authorization_flows
                        WHERE state_hash = :state AND browser_hash = :browser AND expires_at > :now""")
                .bind("state", Hash.of(state))
                .bind("browser", Hash.of(browser))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .map(Rows.certain("authorization_flow", (row, context) -> {
                    UUID environment = row.getObject(1, UUID.class);
                    UUID id = row.getObject(2, UUID.class);
                    return AuthorizationFlowJson.read(
                            environment,
                            row.getObject(3, UUID.class),
                            vault.decryptJson(binding(environment, id), row.getBytes(4)));
                }))
                .findOne());
    }

    /** Takes the flow: of two callbacks with one state, one gets it. */
    public Taken take(String state, String browser) {
        return take(state, browser, false);
    }

    /** Takes the flow in which the user has chosen: of two choices, one gets it. */
    public Taken takeChosen(String state, String browser) {
        return take(state, browser, true);
    }

    /** The same without taking it, for the page on which the user chooses. */
    public Taken choosing(String state, String browser) {
        return find(state, browser)
                .filter(flow -> flow.choice().isPresent())
                .<Taken>map(Taken.Choosing::new)
                .orElseGet(() -> gone(state, browser));
    }

    private Taken take(String state, String browser, boolean choosing) {
        Optional<Taken> found = database.withHandle(handle -> handle.createQuery("""
                        WITH taken AS (
                            DELETE FROM authorization_flows
                            WHERE state_hash = :state AND browser_hash = :browser AND choosing = :choosing
                            RETURNING environment_id, id, integration_id, details, expires_at),
                        remembered AS (
                            INSERT INTO ended_flows (state_hash, browser_hash, environment_id, expires_at)
                            SELECT :state, :browser, environment_id, :remembered FROM taken
                            -- A flow that waited for its vendor (an approval) or its user (a choice) is taken a second time.
                            ON CONFLICT (state_hash) DO UPDATE SET expires_at = excluded.expires_at, result = NULL)
                        SELECT environment_id, id, integration_id, details, expires_at FROM taken""")
                .bind("state", Hash.of(state))
                .bind("browser", Hash.of(browser))
                .bind("remembered", clock.instant().plus(LIFETIME).atOffset(ZoneOffset.UTC))
                .bind("choosing", choosing)
                .map(Rows.certain("authorization_flow", (row, context) -> {
                    UUID environment = row.getObject(1, UUID.class);
                    UUID id = row.getObject(2, UUID.class);
                    boolean over =
                            row.getObject(5, OffsetDateTime.class).toInstant().isBefore(clock.instant());
                    AuthorizationFlow flow = AuthorizationFlowJson.read(
                            environment,
                            row.getObject(3, UUID.class),
                            vault.decryptJson(binding(environment, id), row.getBytes(4)));
                    return over ? new Taken.Late(id, flow) : (Taken) new Taken.Flow(id, flow);
                }))
                .findOne());
        return found.orElseGet(() -> choosing ? gone(state, browser) : choosing(state, browser));
    }

    /** What became of a flow that is not to be taken. */
    private Taken gone(String state, String browser) {
        Optional<Taken> found = ended(state, browser);
        if (found.isPresent()) {
            return found.get();
        }
        boolean elsewhere = database.withHandle(handle -> handle.createQuery(
                        "SELECT true FROM authorization_flows WHERE state_hash = :state AND expires_at > :now")
                .bind("state", Hash.of(state))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .mapTo(Boolean.class)
                .findOne()
                .isPresent());
        return elsewhere ? new Taken.OtherBrowser() : new Taken.Unknown();
    }

    /** Stores how a taken flow ended, for a browser that returns with its state. */
    public void ended(String state, FlowResult result) {
        database.withHandle(handle -> handle.createUpdate(
                        "UPDATE ended_flows SET result = CAST(:result AS jsonb) WHERE state_hash = :state")
                .bind("result", FlowResultJson.write(result).toString())
                .bind("state", Hash.of(state))
                .execute());
    }

    private Optional<Taken> ended(String state, String browser) {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT result FROM ended_flows
                        WHERE state_hash = :state AND browser_hash = :browser AND expires_at > :now""")
                .bind("state", Hash.of(state))
                .bind("browser", Hash.of(browser))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .map(Rows.certain("authorization_flow", (row, context) -> {
                    String result = row.getString(1);
                    return result == null
                            ? new Taken.UnderWay()
                            : (Taken) new Taken.Ended(FlowResultJson.read(Json.MAPPER.readTree(result)));
                }))
                .findOne());
    }

    /** Takes those in which no user has chosen in time. */
    List<AuthorizationFlow> takeUnchosen() {
        return database
                .withHandle(handle -> handle.createQuery("""
                        DELETE FROM authorization_flows WHERE choosing AND expires_at < :now
                        RETURNING environment_id, id, integration_id, details""")
                        .bind("now", clock.instant().minus(LIFETIME).atOffset(ZoneOffset.UTC))
                        .map((row, context) -> new Unread(
                                row.getObject(1, UUID.class),
                                row.getObject(2, UUID.class),
                                row.getObject(3, UUID.class),
                                row.getBytes(4)))
                        .list())
                .stream()
                .flatMap(row -> readable(row).stream())
                .toList();
    }

    private record Unread(UUID environment, UUID id, UUID integration, byte[] details) {}

    /** One that cannot be read does not keep the others. */
    private Optional<AuthorizationFlow> readable(Unread row) {
        try {
            return Optional.of(Rows.reading(
                    "authorization_flow",
                    "id " + row.id(),
                    () -> AuthorizationFlowJson.read(
                            row.environment(),
                            row.integration(),
                            vault.decryptJson(binding(row.environment(), row.id()), row.details()))));
        } catch (UnreadableRowException e) {
            LOG.error("A flow in which no account was chosen is dropped, but its grant is not revoked: {}", e.words());
            return Optional.empty();
        }
    }

    /** Deletes those that have expired, under way or ended. Called regularly. */
    public void prune() {
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        database.withHandle(handle -> {
            handle.createUpdate("DELETE FROM ended_flows WHERE expires_at < :now")
                    .bind("now", now)
                    .execute();
            return handle.createUpdate("DELETE FROM authorization_flows WHERE expires_at < :now AND NOT choosing")
                    .bind("now", now)
                    .execute();
        });
    }

    private static Binding binding(UUID environment, UUID id) {
        return new Binding(environment, "authorization_flows", id, "details");
    }
}
