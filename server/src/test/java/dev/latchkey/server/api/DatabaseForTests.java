package dev.latchkey.server.api;

import dev.latchkey.server.proxy.FrontProxy;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import java.util.Map;
import java.util.Optional;

/** The settings that lead to a fresh database: with {@code -Dthrough.pgbouncer=true} through a pooler that lends connections for one transaction. */
final class DatabaseForTests {
    private static final boolean POOLED = Boolean.getBoolean("through.pgbouncer");

    /** Of all databases of this process. */
    private static final class Pooler {
        static final int PORT = Latchkey.freePort();
        static final String DATABASE = start();

        private static String start() {
            DatabaseAddress database = PostgresForTests.freshDatabase();
            FrontProxy pooler = FrontProxy.pgbouncer(PORT, database, """
                    pool_mode = transaction
                    default_pool_size = 3
                    max_client_conn = 1000
                    """);
            Runtime.getRuntime().addShutdownHook(new Thread(pooler::close));
            return database.jdbcUrl().replaceFirst(".*:(\\d+)/.*", "$1");
        }
    }

    private DatabaseForTests() {}

    static Map<String, String> fresh() {
        String url = PostgresForTests.freshDatabaseUrl();
        return Map.of("LATCHKEY_DATABASE_URL", POOLED ? url.replaceFirst(":\\d+/", ":" + Pooler.PORT + "/") : url);
    }

    /** The database itself, of an address that leads to the pooler. */
    static Optional<String> past(String url) {
        return POOLED && url.contains(":" + Pooler.PORT + "/")
                ? Optional.of(url.replace(":" + Pooler.PORT + "/", ":" + Pooler.DATABASE + "/"))
                : Optional.empty();
    }
}
