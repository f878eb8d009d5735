package dev.latchkey.server.storage;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.configuration.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {
    private final SecureRandom random = new SecureRandom();

    @TempDir
    Path data;

    @BeforeEach
    void lendPrograms() throws Exception {
        LentPrograms.to(data.resolve("postgres"));
    }

    /** With its own programs, as they come with the product. */
    @Test
    void keepsWhatWasWrittenOverAStopAndAStart() {
        try (EmbeddedPostgres first = EmbeddedPostgres.start(data.resolve("own"), random)) {
            jdbi(first).useHandle(handle -> handle.execute("CREATE TABLE kept AS SELECT 42 AS answer"));
        }

        try (EmbeddedPostgres second = EmbeddedPostgres.start(data.resolve("own"), random)) {
            assertThat(answer(second)).isEqualTo(42);
            assertThat(setting(second, "fsync")).isEqualTo("on");
            assertThat(setting(second, "password_encryption")).isEqualTo("scram-sha-256");
        }
    }

    @Test
    void startsAgainAfterItWasKilled() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(data.resolve("postgres"), random)) {
            jdbi(postgres).useHandle(handle -> handle.execute("CREATE TABLE kept AS SELECT 42 AS answer"));
            long killed = postgres.pid();

            ProcessHandle.of(killed).orElseThrow().destroyForcibly();

            await().atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() -> {
                assertThat(postgres.pid()).isNotEqualTo(killed);
                assertThat(answer(postgres)).isEqualTo(42);
            });
        }
    }

    @Test
    void refusesADataDirectoryThatIsInUse() {
        try (EmbeddedPostgres first = EmbeddedPostgres.start(data.resolve("postgres"), random)) {
            assertThat(first.pid()).isPositive();
            assertThatThrownBy(() -> EmbeddedPostgres.start(data.resolve("postgres"), random))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("is in use by another Latchkey");
        }
    }

    @Test
    void refusesADataDirectoryOfAnotherVersion() throws Exception {
        EmbeddedPostgres.start(data.resolve("postgres"), random).close();
        Files.writeString(data.resolve("postgres/cluster/PG_VERSION"), "14\n");

        assertThatThrownBy(() -> EmbeddedPostgres.start(data.resolve("postgres"), random))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("was written by PostgreSQL 14");
    }

    private static Integer answer(EmbeddedPostgres postgres) {
        return jdbi(postgres)
                .withHandle(handle -> handle.createQuery("SELECT answer FROM kept")
                        .mapTo(Integer.class)
                        .one());
    }

    private static String setting(EmbeddedPostgres postgres, String name) {
        return jdbi(postgres)
                .withHandle(handle -> handle.createQuery("SELECT current_setting(:name)")
                        .bind("name", name)
                        .mapTo(String.class)
                        .one());
    }

    private static Jdbi jdbi(EmbeddedPostgres postgres) {
        DatabaseAddress address = postgres.address();
        return Jdbi.create(address.jdbcUrl(), address.user(), address.password().reveal());
    }
}
