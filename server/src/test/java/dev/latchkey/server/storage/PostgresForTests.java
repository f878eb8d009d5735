package dev.latchkey.server.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;

/**
 * One embedded PostgreSQL for the whole test run, a fresh database with our schema for each who asks: a copy, since each would take
 * the same migrations. It is not killed, so it need not wait for the disk; those who restart theirs have a
 * {@link RestartablePostgres}.
 */
public final class PostgresForTests {
    private static final String MIGRATED = "migrated";
    private static final EmbeddedPostgres SERVER = start();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private PostgresForTests() {}

    public static DatabaseAddress freshDatabase() {
        String name = "test" + NUMBER.incrementAndGet();
        execute(SERVER, "CREATE DATABASE " + name + " TEMPLATE " + MIGRATED);
        return SERVER.address(name);
    }

    /** Without our schema. */
    static DatabaseAddress emptyDatabase() {
        String name = "test" + NUMBER.incrementAndGet();
        execute(SERVER, "CREATE DATABASE " + name);
        return SERVER.address(name);
    }

    private static void execute(EmbeddedPostgres server, String statement) {
        DatabaseAddress admin = server.address();
        Jdbi.create(admin.jdbcUrl(), admin.user(), admin.password().reveal())
                .useHandle(handle -> handle.execute(statement));
    }

    /** As LATCHKEY_DATABASE_URL is written. */
    public static String freshDatabaseUrl() {
        return url(freshDatabase());
    }

    /** As LATCHKEY_DATABASE_URL is written. */
    public static String url(DatabaseAddress address) {
        return address.jdbcUrl()
                .substring("jdbc:".length())
                .replace("//", "//" + address.user() + ":" + address.password().reveal() + "@");
    }

    private static EmbeddedPostgres start() {
        try {
            Path folder = Files.createDirectories(
                    Path.of("target", "postgres-for-tests").toAbsolutePath());
            Path own = Files.createTempDirectory(folder, "run");
            LentPrograms.to(own);
            EmbeddedPostgres server = EmbeddedPostgres.start(
                    own, new SecureRandom(), List.of("fsync=off", "full_page_writes=off", "synchronous_commit=off"));
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            execute(server, "CREATE DATABASE " + MIGRATED);
            Database.open(server.address(MIGRATED)).close();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
