package dev.latchkey.server.http;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Vault;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * {@code Idempotency-Key} on writes with a secret key: a client whose response was lost sends the request again, and gets the first
 * one's response instead of a second effect. A failure is not kept, since nothing was done; a node that dies during a request leaves its
 * claim, and the request can be sent again once that is over. Thread-safe.
 */
final class IdempotencyKeys {
    static final HeaderName HEADER = HeaderNames.create("Idempotency-Key");
    private static final HeaderName REPLAYED = HeaderNames.create("Idempotency-Replayed");
    private static final Pattern KEY = Pattern.compile("[!-~]{1,255}");
    private static final Duration LIFETIME = Duration.ofDays(1);
    /** Longer than any request of the API takes. */
    private static final Duration CLAIM = Duration.ofMinutes(2);
    /** In bytes; a longer response is not kept, and its request is done again. */
    private static final int LONGEST = 256 * 1024;
    /** Of one environment; the oldest are dropped. */
    private static final int MOST = 100_000;

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final InstantSource clock;

    IdempotencyKeys(Database database, Vault vault, Ids ids, InstantSource clock) {
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.clock = clock;
    }

    private record Row(UUID id, byte[] request, Optional<Integer> status, Optional<byte[]> response) {}

    /**
     * The handler's response, or that of the same request before.
     *
     * @param actor the key: another key's requests are others
     * @throws ApiError 400 for an invalid header or another request with the same key, 409 while the same request is under way
     */
    Router.Response once(
            ServerRequest request,
            ServerResponse response,
            UUID environment,
            Actor.Key actor,
            Supplier<Router.Response> handler) {
        Optional<String> given = request.headers().first(HEADER);
        String method = request.prologue().method().text();
        if (given.isEmpty() || method.equals("GET") || method.equals("HEAD")) {
            return handler.get();
        }
        if (!KEY.matcher(given.get()).matches()) {
            throw ApiError.invalid(
                    "invalid_headers",
                    List.of(new ApiError.Detail(
                            "invalid_format", "1 to 255 visible characters of ASCII", List.of("idempotency-key"))));
        }
        byte[] key = Hash.of(actor.id() + " " + given.get());
        byte[] content = hash(request, method);
        UUID row = ids.next();
        if (!claim(environment, row, key, content)) {
            return before(environment, key, content, response);
        }
        boolean kept = false;
        try {
            Router.Response result = handler.get();
            kept = result.status() < 300 && keep(environment, row, key, result);
            return result;
        } finally {
            if (!kept) {
                release(environment, row, key);
            }
        }
    }

    private static byte[] hash(ServerRequest request, String method) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        String head =
                method + " " + request.path().rawPath() + "?" + request.query().rawValue() + "\n";
        text.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        text.writeBytes(BoundedBody.readAhead(request));
        return HashFunction.SHA_256.digest(text.toByteArray());
    }

    private boolean claim(UUID environment, UUID row, byte[] key, byte[] content) {
        Instant now = clock.instant();
        return database.withHandle(it -> it.createUpdate("""
                                INSERT INTO idempotent_requests AS r
                                    (environment_id, id, key_hash, request_hash, claimed_until, expires_at)
                                VALUES (:environment, :id, :key, :content, :claimed, :expires)
                                ON CONFLICT (environment_id, key_hash) DO UPDATE
                                SET id = excluded.id, request_hash = excluded.request_hash, status = NULL, response = NULL,
                                    claimed_until = excluded.claimed_until, expires_at = excluded.expires_at
                                WHERE r.expires_at <= :now OR (r.status IS NULL AND r.claimed_until <= :now)""")
                        .bind("environment", environment)
                        .bind("id", row)
                        .bind("key", key)
                        .bind("content", content)
                        .bind("claimed", now.plus(CLAIM).atOffset(ZoneOffset.UTC))
                        .bind("expires", now.plus(LIFETIME).atOffset(ZoneOffset.UTC))
                        .bind("now", now.atOffset(ZoneOffset.UTC))
                        .execute())
                == 1;
    }

    private Router.Response before(UUID environment, byte[] key, byte[] content, ServerResponse response) {
        Row row = database.withHandle(it -> it.createQuery("""
                                SELECT id, request_hash, status, response FROM idempotent_requests
                                WHERE environment_id = :environment AND key_hash = :key""")
                        .bind("environment", environment)
                        .bind("key", key)
                        .map((found, context) -> new Row(
                                found.getObject(1, UUID.class),
                                found.getBytes(2),
                                Optional.ofNullable(found.getObject(3, Integer.class)),
                                Optional.ofNullable(found.getBytes(4))))
                        .findOne())
                // It failed in this moment.
                .orElseThrow(() -> underWay(response));
        if (!MessageDigest.isEqual(row.request(), content)) {
            throw ApiError.of(
                    400,
                    "idempotency_key_reused",
                    "This Idempotency-Key was sent with another request; use a new one for each operation.");
        }
        int status = row.status().orElseThrow(() -> underWay(response));
        response.header(REPLAYED, "true");
        return new Router.Response(
                status,
                row.response().map(ciphertext -> vault.decryptJson(binding(environment, row.id()), ciphertext)));
    }

    private static ApiError underWay(ServerResponse response) {
        response.header(HeaderNames.RETRY_AFTER, "1");
        return ApiError.of(
                409, "idempotency_key_in_use", "A request with this Idempotency-Key is under way; retry in a second.");
    }

    private boolean keep(UUID environment, UUID row, byte[] key, Router.Response result) {
        Optional<byte[]> body = result.body().map(Json.MAPPER::writeValueAsBytes);
        if (body.filter(bytes -> bytes.length > LONGEST).isPresent()) {
            return false;
        }
        Optional<byte[]> ciphertext = body.map(bytes -> vault.encrypt(binding(environment, row), bytes));
        return database.withHandle(it -> it.createUpdate("""
                                UPDATE idempotent_requests SET status = :status, response = :response
                                WHERE environment_id = :environment AND key_hash = :key AND id = :id""")
                        .bind("status", result.status())
                        .bind("response", ciphertext.orElse(null))
                        .bind("environment", environment)
                        .bind("key", key)
                        .bind("id", row)
                        .execute())
                == 1;
    }

    private void release(UUID environment, UUID row, byte[] key) {
        database.withHandle(it -> it.createUpdate("""
                        DELETE FROM idempotent_requests
                        WHERE environment_id = :environment AND key_hash = :key AND id = :id AND status IS NULL""")
                .bind("environment", environment)
                .bind("key", key)
                .bind("id", row)
                .execute());
    }

    /** Deletes what has expired, and of an environment with too many the oldest. */
    void expire() {
        database.withHandle(it -> it.createUpdate("""
                        DELETE FROM idempotent_requests r WHERE r.expires_at <= :now OR (r.environment_id, r.key_hash) IN (
                            SELECT environment_id, key_hash FROM (
                                SELECT environment_id, key_hash,
                                    row_number() OVER (PARTITION BY environment_id ORDER BY expires_at DESC) AS place
                                FROM idempotent_requests) AS all_of_them
                            WHERE place > :most)""")
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .bind("most", MOST)
                .execute());
    }

    private static Binding binding(UUID environment, UUID row) {
        return new Binding(environment, "idempotent_requests", row, "response");
    }
}
