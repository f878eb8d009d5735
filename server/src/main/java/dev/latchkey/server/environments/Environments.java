package dev.latchkey.server.environments;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Secret;
import dev.latchkey.server.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** The environments. Thread-safe; settings may be seen up to five seconds late. */
public final class Environments {
    private static final Set<String> RESERVED =
            Set.of("sign-in", "sign-out", "setup", "join", "sso", "team", "audit", "environments", "account");

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final SecureRandom random;
    private final Cache<UUID, Environment> cache = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(Duration.ofSeconds(5))
            .build();

    public Environments(Database database, Vault vault, Ids ids, SecureRandom random) {
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.random = random;
    }

    /**
     * Makes {@code dev} and {@code prod} where there is no environment yet.
     *
     * @param devKey the key of {@code dev}, if the operator chose one
     * @return the keys that were made and that nobody has seen, by environment: to be shown once
     */
    public Map<String, Secret> createFirst(Optional<Secret> devKey) {
        return database.inTransaction(handle -> {
            // Two nodes may start at once on an empty database.
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey environments'))");
            Map<String, Secret> made = new LinkedHashMap<>();
            if (!all(handle).isEmpty()) {
                devKey.ifPresent(key -> preset(handle, key));
                return made;
            }
            for (String name : List.of("dev", "prod")) {
                Environment environment = create(handle, name);
                boolean chosen = name.equals("dev") && devKey.isPresent();
                Secret key =
                        chosen ? devKey.get() : new Secret(UUID.randomUUID().toString());
                ApiKeys.create(handle, ids.next(), environment.id(), "first key", key);
                if (!chosen) {
                    made.put(name, key);
                }
            }
            return made;
        });
    }

    public Optional<Environment> byId(UUID id) {
        return Optional.ofNullable(cache.get(
                id,
                missing -> database.withHandle(handle -> handle.createQuery(
                                "SELECT id, name, callback_url, return_urls FROM environments WHERE id = :id")
                        .bind("id", missing)
                        .map(Environments::read)
                        .findOne()
                        .orElse(null))));
    }

    public Optional<Environment> byName(String name) {
        return list().stream().filter(one -> one.name().equals(name)).findFirst();
    }

    /** What an environment may be called: it stands in addresses, and must not be taken for a page of the dashboard. */
    public static boolean isName(String name) {
        return name.matches("[a-z0-9][a-z0-9-]{0,39}") && !RESERVED.contains(name);
    }

    /** Empty when the name is taken. */
    public Optional<Environment> create(String name) {
        return database.inTransaction(handle -> {
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey environments'))");
            boolean taken = all(handle).stream().anyMatch(one -> one.name().equals(name));
            return taken ? Optional.<Environment>empty() : Optional.of(create(handle, name));
        });
    }

    /** With everything in it. @return false for the last one, which stays, and when there is none */
    public boolean delete(UUID id) {
        boolean deleted = database.inTransaction(handle -> {
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey environments'))");
            if (all(handle).size() < 2) {
                return false;
            }
            return handle.createUpdate("DELETE FROM environments WHERE id = :id")
                            .bind("id", id)
                            .execute()
                    == 1;
        });
        cache.invalidate(id);
        return deleted;
    }

    public List<Environment> list() {
        return database.withHandle(Environments::all);
    }

    /** Changes the settings; the name stays. */
    public void update(Environment changed) {
        database.withHandle(handle -> handle.createUpdate(
                        "UPDATE environments SET callback_url = :callback, return_urls = :urls WHERE id = :id")
                .bind("callback", changed.callbackUrl().orElse(null))
                .bindArray("urls", String.class, changed.returnUrls())
                .bind("id", changed.id())
                .execute());
        cache.invalidate(changed.id());
    }

    private Environment create(Handle handle, String name) {
        UUID id = ids.next();
        byte[] signingKey = new byte[32];
        random.nextBytes(signingKey);
        byte[] text = HexFormat.of().formatHex(signingKey).getBytes(StandardCharsets.UTF_8);
        handle.createUpdate("INSERT INTO environments (id, name, webhook_signing_key) VALUES (:id, :name, :key)")
                .bind("id", id)
                .bind("name", name)
                .bind("key", vault.encrypt(new Binding(id, "environments", id, "webhook_signing_key"), text))
                .execute();
        return new Environment(id, name, Optional.empty(), List.of());
    }

    /** LATCHKEY_SECRET_KEY holds on every start, also when it was set after the first. */
    private void preset(Handle handle, Secret key) {
        all(handle).stream()
                .filter(one -> one.name().equals("dev"))
                .forEach(dev -> ApiKeys.createUnlessThere(handle, ids.next(), dev.id(), "LATCHKEY_SECRET_KEY", key));
    }

    private static List<Environment> all(Handle handle) {
        return handle.createQuery("SELECT id, name, callback_url, return_urls FROM environments ORDER BY id")
                .map(Environments::read)
                .list();
    }

    private static Environment read(ResultSet row, StatementContext context) throws SQLException {
        Array urls = row.getArray("return_urls");
        return new Environment(
                row.getObject("id", UUID.class),
                row.getString("name"),
                Optional.ofNullable(row.getString("callback_url")),
                List.of((String[]) urls.getArray()));
    }
}
