import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Fills a database with connections whose credentials are valid ciphertexts, faster than the API would. */
final class Stock implements AutoCloseable {
    /** From so many on the indexes are built afterwards. */
    private static final int MANY = 50_000;

    private final DatabaseAddress address;
    private final Database database;
    private final Vault vault;

    Stock(DatabaseAddress address, String encryptionKey, Path folder) {
        this.address = address;
        SecureRandom random = new SecureRandom();
        database = Database.open(address);
        vault = Vault.open(MasterKey.load(Optional.of(new Secret(encryptionKey)), folder.resolve("unused"), random), database, random);
    }

    /** Connections {@code prefix0} to {@code prefix(count-1)}; due at random within a span that begins in {@code dueIn}. */
    void fill(String integration, String prefix, int count, Duration dueIn, Duration span) throws Exception {
        UUID[] owner = database.withHandle(handle -> handle
                .createQuery("SELECT environment_id, id FROM integrations WHERE unique_key = :key")
                .bind("key", integration)
                .map((row, context) -> new UUID[] {row.getObject(1, UUID.class), row.getObject(2, UUID.class)})
                .one());
        // A row at a time, an index of words costs more than all the rest: indexes are built once the rows are there.
        List<String> indexes = count < MANY ? List.of() : indexes();
        try (Connection connection = DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password().reveal())) {
            for (String index : indexes) {
                execute(connection, "DROP INDEX " + index.replaceFirst("^CREATE (UNIQUE )?INDEX (\\S+) .*$", "$2"));
            }
            CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("""
                    COPY connections (environment_id, id, integration_id, connection_id, credentials, expires_at, refresh_at, created_at,
                        updated_at) FROM STDIN""");
            Instant now = Instant.now();
            StringBuilder rows = new StringBuilder();
            for (int i = 0; i < count; i++) {
                UUID id = id(now.toEpochMilli() + i / 1000);
                Instant due = now.plus(dueIn).plusMillis((long) (span.toMillis() * ThreadLocalRandom.current().nextDouble()));
                Instant end = due.plus(Duration.ofMinutes(15));
                String name = prefix + i;
                var credentials = Json.MAPPER.createObjectNode();
                credentials.put("type", "OAUTH2")
                        .put("access_token", "at-" + name + "-" + "a".repeat(32))
                        .put("refresh_token", "rt-" + name + "-" + "r".repeat(32))
                        .put("expires_at", end.toString());
                credentials.putObject("raw");
                byte[] sealed = vault.encryptJson(new Binding(owner[0], "connections", id, "credentials"), credentials);
                rows.append(owner[0]).append('\t').append(id).append('\t').append(owner[1]).append('\t').append(name)
                        .append("\t\\\\x").append(HexFormat.of().formatHex(sealed)).append('\t').append(end).append('\t').append(due)
                        .append('\t').append(now).append('\t').append(now).append('\n');
                if (rows.length() > 1 << 16 || i == count - 1) {
                    byte[] bytes = rows.toString().getBytes(StandardCharsets.US_ASCII);
                    copy.writeToCopy(bytes, 0, bytes.length);
                    rows.setLength(0);
                }
            }
            copy.endCopy();
            execute(connection, "SET maintenance_work_mem = '512MB'");
            for (String index : indexes) {
                execute(connection, index);
            }
        }
        run("VACUUM (ANALYZE) connections");
    }

    /** As statements that make them. */
    private List<String> indexes() {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i
                        WHERE i.indrelid = 'connections'::regclass AND NOT i.indisprimary
                          AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)""")
                .mapTo(String.class)
                .list());
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** UUIDv7, as the product makes them. */
    private static UUID id(long millis) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(millis << 16 | 0x7000 | random.nextInt(0x1000), random.nextLong() >>> 2 | 0x8000000000000000L);
    }

    void run(String sql) {
        database.withHandle(handle -> handle.execute(sql));
    }

    long number(String sql) {
        return database.withHandle(handle -> handle.createQuery(sql).mapTo(Long.class).one());
    }

    <T> T with(java.util.function.Function<org.jdbi.v3.core.Handle, T> work) {
        return database.withHandle(work);
    }

    @Override
    public void close() {
        database.close();
    }
}
