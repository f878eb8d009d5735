package dev.latchkey.server.mcp;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Our dynamically registered clients (RFC 7591): one for each environment, issuer and redirect URI,
 * stored encrypted, registered again before its secret expires. Thread-safe.
 */
final class RegisteredClients {
    private static final Duration BEFORE_ITS_END = Duration.ofDays(1);

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final Egress egress;
    private final InstantSource clock;

    RegisteredClients(Database database, Vault vault, Ids ids, Egress egress, InstantSource clock) {
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.egress = egress;
        this.clock = clock;
    }

    record Client(String id, Optional<Secret> secret, String method) {}

    /**
     * @param place maps a URL to the one to call; a client registered at the lab is unknown to the issuer that it plays
     * @throws McpException when the server does not register us
     */
    Client of(UUID environment, Discovery.Found found, URI redirectUri, UnaryOperator<URI> place) {
        String issuer = place.apply(Discovery.address(found.issuer())).toString();
        return read(environment, issuer, redirectUri)
                .orElseGet(() -> register(environment, found, issuer, redirectUri, place));
    }

    /** An unreadable client may be restored: a replacement could not use tokens issued to the old one. */
    private Optional<Client> read(UUID environment, String issuer, URI redirectUri) {
        try {
            return stored(environment, issuer, redirectUri);
        } catch (UnreadableRowException e) {
            throw new McpException(e.words(), true);
        }
    }

    private Optional<Client> stored(UUID environment, String issuer, URI redirectUri) {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT id, client FROM mcp_clients
                        WHERE environment_id = :environment AND issuer = :issuer AND redirect_uri = :redirect
                          AND (expires_at IS NULL OR expires_at > :soon)""")
                .bind("environment", environment)
                .bind("issuer", issuer)
                .bind("redirect", redirectUri.toString())
                .bind("soon", clock.instant().plus(BEFORE_ITS_END).atOffset(ZoneOffset.UTC))
                .map(Rows.certain("mcp_client", (row, context) -> {
                    JsonNode json = vault.decryptJson(
                            binding(environment, row.getObject("id", UUID.class)), row.getBytes("client"));
                    return new Client(
                            json.path("client_id").asString(""),
                            text(json, "client_secret").map(Secret::new),
                            json.path("method").asString("none"));
                }))
                .findOne());
    }

    /** RFC 7591 section 3.1. If two nodes register at once, the later one counts; both are valid. */
    private Client register(
            UUID environment, Discovery.Found found, String issuer, URI redirectUri, UnaryOperator<URI> place) {
        String endpoint = found.optional("registration_endpoint")
                .orElseThrow(() -> McpException.wrong("the authorization server " + found.issuer()
                        + " registers no clients: set the integration's client id and secret"));
        JsonNode answer = ask(URI.create(endpoint), metadata(found, redirectUri), place);
        String id = answer.path("client_id").asString("");
        if (id.isEmpty()) {
            throw McpException.wrong("the authorization server " + found.issuer() + " registered no client");
        }
        Optional<Secret> secret = text(answer, "client_secret").map(Secret::new);
        String method =
                text(answer, "token_endpoint_auth_method").orElse(secret.isPresent() ? "client_secret_basic" : "none");
        long end = answer.path("client_secret_expires_at").asLong(0);
        store(environment, issuer, redirectUri, new Client(id, secret, method), end);
        return new Client(id, secret, method);
    }

    private static ObjectNode metadata(Discovery.Found found, URI redirectUri) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("client_name", "Latchkey").put("application_type", "web");
        json.putArray("redirect_uris").add(redirectUri.toString());
        json.putArray("grant_types").add("authorization_code").add("refresh_token");
        json.putArray("response_types").add("code");
        json.put("token_endpoint_auth_method", McpServers.method(found.list("token_endpoint_auth_methods_supported")));
        return json;
    }

    private JsonNode ask(URI endpoint, ObjectNode body, UnaryOperator<URI> place) {
        try {
            Egress.Response answer = egress.send(new Egress.Request(
                    "POST",
                    place.apply(endpoint),
                    Map.of("accept", "application/json"),
                    Optional.of(new Egress.Content("application/json", Json.MAPPER.writeValueAsBytes(body)))));
            if (answer.status() != 200 && answer.status() != 201) {
                throw new McpException(
                        endpoint.getHost() + " answered the registration with " + answer.status(),
                        answer.status() >= 500 || answer.status() == 429);
            }
            return Storable.of(Json.MAPPER.readTree(answer.body()));
        } catch (EgressException e) {
            throw Discovery.failed(e);
        } catch (JacksonException e) {
            throw McpException.wrong(endpoint.getHost() + " answered the registration with something else than JSON");
        }
    }

    /** @param end seconds since 1970; 0: the secret does not expire */
    private void store(UUID environment, String issuer, URI redirectUri, Client client, long end) {
        UUID id = ids.next();
        ObjectNode json =
                Json.MAPPER.createObjectNode().put("client_id", client.id()).put("method", client.method());
        client.secret().ifPresent(secret -> json.put("client_secret", secret.reveal()));
        @Nullable
        OffsetDateTime expires = end == 0 ? null : Instant.ofEpochSecond(end).atOffset(ZoneOffset.UTC);
        database.withHandle(handle -> handle.createUpdate("""
                        INSERT INTO mcp_clients (environment_id, id, issuer, redirect_uri, client, expires_at, created_at)
                        VALUES (:environment, :id, :issuer, :redirect, :client, :expires, :now)
                        ON CONFLICT (environment_id, issuer, redirect_uri)
                        DO UPDATE SET id = EXCLUDED.id, client = EXCLUDED.client, expires_at = EXCLUDED.expires_at""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("issuer", issuer)
                .bind("redirect", redirectUri.toString())
                .bind("client", vault.encryptJson(binding(environment, id), json))
                .bind("expires", expires)
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .execute());
    }

    private static Binding binding(UUID environment, UUID id) {
        return new Binding(environment, "mcp_clients", id, "client");
    }

    private static Optional<String> text(JsonNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(JsonNode::isString).map(JsonNode::asString);
    }
}
