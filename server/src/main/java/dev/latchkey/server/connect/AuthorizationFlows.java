package dev.latchkey.server.connect;

import dev.latchkey.server.connect.AuthorizationFlow.Requester;
import dev.latchkey.server.connections.EndUserJson;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
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
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The running flows. A state has 256 random bits, is stored as its SHA-256, works once, for ten minutes, and only in the
 * browser that began (RFC 9700 section 4.7). Thread-safe.
 */
public final class AuthorizationFlows {
    static final Duration LIFETIME = Duration.ofMinutes(10);

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
                        INSERT INTO authorization_flows (environment_id, id, state_hash, browser_hash, integration_id, details, expires_at, created_at)
                        VALUES (:environment, :id, :state, :browser, :integration, :details, :expires, :now)""")
                .bind("environment", flow.environment())
                .bind("id", id)
                .bind("state", Hash.of(state))
                .bind("browser", Hash.of(browser))
                .bind("integration", flow.integration())
                .bind("details", vault.encryptJson(binding(flow.environment(), id), write(flow)))
                .bind("expires", now.plus(lifetime).atOffset(ZoneOffset.UTC))
                .bind("now", now.atOffset(ZoneOffset.UTC))
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
                    return read(
                            environment,
                            row.getObject(3, UUID.class),
                            vault.decryptJson(binding(environment, id), row.getBytes(4)));
                }))
                .findOne());
    }

    /** Takes the flow: of two callbacks with one state, one gets it. */
    public Taken take(String state, String browser) {
        Optional<Taken> found = database.withHandle(handle -> handle.createQuery("""
                        WITH taken AS (
                            DELETE FROM authorization_flows WHERE state_hash = :state AND browser_hash = :browser
                            RETURNING environment_id, id, integration_id, details, expires_at),
                        remembered AS (
                            INSERT INTO ended_flows (state_hash, browser_hash, environment_id, expires_at)
                            SELECT :state, :browser, environment_id, :remembered FROM taken
                            -- A flow that waited for its vendor (an approval) is taken a second time.
                            ON CONFLICT (state_hash) DO UPDATE SET expires_at = excluded.expires_at, result = NULL)
                        SELECT environment_id, id, integration_id, details, expires_at FROM taken""")
                .bind("state", Hash.of(state))
                .bind("browser", Hash.of(browser))
                .bind("remembered", clock.instant().plus(LIFETIME).atOffset(ZoneOffset.UTC))
                .map(Rows.certain("authorization_flow", (row, context) -> {
                    UUID environment = row.getObject(1, UUID.class);
                    UUID id = row.getObject(2, UUID.class);
                    boolean over =
                            row.getObject(5, OffsetDateTime.class).toInstant().isBefore(clock.instant());
                    AuthorizationFlow flow = read(
                            environment,
                            row.getObject(3, UUID.class),
                            vault.decryptJson(binding(environment, id), row.getBytes(4)));
                    return over ? new Taken.Late(id, flow) : (Taken) new Taken.Flow(id, flow);
                }))
                .findOne());
        if (found.isEmpty()) {
            found = ended(state, browser);
        }
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

    /** Deletes those that have expired, under way or ended. Called regularly. */
    public void prune() {
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        database.withHandle(handle -> {
            handle.createUpdate("DELETE FROM ended_flows WHERE expires_at < :now")
                    .bind("now", now)
                    .execute();
            return handle.createUpdate("DELETE FROM authorization_flows WHERE expires_at < :now")
                    .bind("now", now)
                    .execute();
        });
    }

    private static Binding binding(UUID environment, UUID id) {
        return new Binding(environment, "authorization_flows", id, "details");
    }

    private static ObjectNode write(AuthorizationFlow flow) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        put(json, "verifier", flow.sent().verifier());
        json.put("redirect_uri", flow.sent().redirectUri().toString());
        json.set("config", flow.config());
        ObjectNode secrets = json.putObject("secrets");
        flow.secrets().forEach((name, secret) -> secrets.put(name, secret.reveal()));
        put(json, "request_token", flow.sent().requestToken().map(Secret::reveal));
        put(json, "wanted_name", flow.wantedName());
        put(json, "client_id", flow.client().id());
        put(json, "client_secret", flow.client().secret().map(Secret::reveal));
        put(json, "web_socket_id", flow.replyTo().webSocketId());
        put(json, "return_url", flow.replyTo().returnUrl());
        json.put("scopes", String.join(" ", flow.sent().scopes()));
        put(json, "session", flow.requester().session().map(UUID::toString));
        flow.requester().endUser().ifPresent(user -> json.set("end_user", EndUserJson.write(user)));
        json.set("tags", Json.MAPPER.valueToTree(flow.requester().tags()));
        put(json, "reconnect", flow.requester().reconnect().map(UUID::toString));
        put(json, "webhook_url_override", flow.requester().webhookUrlOverride());
        put(json, "challenge", flow.requester().challenge());
        json.put("same_account", flow.requester().sameAccount());
        return json;
    }

    private static void put(ObjectNode json, String name, Optional<String> value) {
        value.ifPresent(text -> json.put(name, text));
    }

    private static AuthorizationFlow read(UUID environment, UUID integration, JsonNode json) {
        Map<String, Secret> secrets = new HashMap<>();
        json.get("secrets")
                .properties()
                .forEach(entry ->
                        secrets.put(entry.getKey(), new Secret(entry.getValue().asString())));
        Map<String, String> tags = new HashMap<>();
        json.get("tags")
                .properties()
                .forEach(entry -> tags.put(entry.getKey(), entry.getValue().asString()));
        return new AuthorizationFlow(
                environment,
                integration,
                new AuthorizationFlow.Sent(
                        URI.create(json.get("redirect_uri").asString()),
                        text(json, "verifier"),
                        text(json, "request_token").map(Secret::new),
                        GrantedScopes.split(json.path("scopes").asString(""), "")),
                (ObjectNode) json.get("config"),
                secrets,
                new ConnectionClient(
                        text(json, "client_id"), text(json, "client_secret").map(Secret::new)),
                new Requester(
                        text(json, "session").map(UUID::fromString),
                        optional(json.get("end_user"), EndUserJson::read),
                        tags,
                        text(json, "reconnect").map(UUID::fromString),
                        text(json, "webhook_url_override"),
                        text(json, "challenge"),
                        json.path("same_account").asBoolean(false)),
                text(json, "wanted_name"),
                new ReplyTo(text(json, "web_socket_id"), text(json, "return_url")));
    }

    private static Optional<String> text(JsonNode json, String name) {
        return optional(json.get(name), JsonNode::asString);
    }

    private static <T> Optional<T> optional(@Nullable JsonNode node, Function<JsonNode, T> reading) {
        return Optional.ofNullable(node).map(reading);
    }
}
