package dev.latchkey.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.storage.PostgresForTests;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplicationTest {
    @TempDir
    Path data;

    @Test
    void isHealthyAndShowsItsKeysOnce() throws Exception {
        Configuration configuration = configuration(PostgresForTests.freshDatabaseUrl(), 0);

        try (Application first = Application.start(configuration)) {
            assertThat(get(first, "/health")).isEqualTo("{\"result\":\"ok\"}");
            assertThat(first.newKeys()).containsOnlyKeys("dev", "prod");
        }
        try (Application second = Application.start(configuration)) {
            assertThat(second.newKeys()).isEmpty();
        }
    }

    @Test
    void saysSoWhenThePortIsTaken() {
        try (Application first = Application.start(configuration(PostgresForTests.freshDatabaseUrl(), 0))) {
            assertThatThrownBy(
                            () -> Application.start(configuration(PostgresForTests.freshDatabaseUrl(), first.port())))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("cannot be listened on");
        }
    }

    private Configuration configuration(String databaseUrl, int port) {
        return Configuration.fromEnvironment(Map.of(
                "LATCHKEY_PORT", Integer.toString(port),
                "LATCHKEY_DATABASE_URL", databaseUrl,
                "LATCHKEY_DATA_DIR", data.toString()));
    }

    private static String get(Application application, String path) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + application.port() + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
