package dev.latchkey.server.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;

/** One embedded PostgreSQL for the whole test run, a fresh database for each who asks. */
public final class PostgresForTests {
    private static final EmbeddedPostgres SERVER = start();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private PostgresForTests() {}

    public static DatabaseAddress freshDatabase() {
        String name = "test" + NUMBER.incrementAndGet();
        DatabaseAddress admin = SERVER.address();
        Jdbi.create(admin.jdbcUrl(), admin.user(), admin.password().reveal())
                .useHandle(handle -> handle.execute("CREATE DATABASE " + name));
        return SERVER.address(name);
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
            EmbeddedPostgres server =
                    EmbeddedPostgres.start(Files.createTempDirectory(folder, "run"), new SecureRandom());
            Runtime.getRuntime().addShutdownHook(new Thread(server::close));
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
