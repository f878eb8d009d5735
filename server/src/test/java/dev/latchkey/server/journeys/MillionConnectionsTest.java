package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.DashboardSignInTest.Visitor;
import dev.latchkey.server.storage.DatabaseAddress;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/**
 * The list of connections answers at once however many there are. With {@code -Dlatchkey.connections=1000000} it is a million
 * (minutes to make); times are printed, and bounded generously, for a timing must not decide a test.
 */
class MillionConnectionsTest {
    private static final int ROWS = Integer.getInteger("latchkey.connections", 20_000);
    private static final String PASSWORD = "correct horse battery";

    @Test
    void theListIsFastWhateverIsAsked() throws Exception {
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", PASSWORD))) {
            latchkey.labIntegration("github", "github");
            latchkey.labIntegration("slack", "slack");
            latchkey.call("POST", "/connections", """
                    {"provider_config_key": "github", "connection_id": "needle-in-the-hay", "credentials": {"type": "OAUTH2", "access_token": "at"},
                     "end_user": {"id": "u7", "email": "grace@navy.example", "display_name": "Grace Hopper"}, "tags": {"team": "cobol"}}""", 201);
            fill(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
            Visitor visitor = new Visitor(latchkey.address);
            visitor.post("/dashboard/sign-in", Map.of("password", PASSWORD));
            Map<String, String> asked = new LinkedHashMap<>();
            asked.put("the newest", "");
            asked.put("one integration", "?integration=slack");
            asked.put("needs authorization", "?state=rejected");
            asked.put("one by id", "?search=needle-in");
            asked.put("one by address", "?search=grace@navy");
            asked.put("one by name", "?search=hopper");
            asked.put("one by tag", "?search=team:cobol");
            asked.put("a word that all have", "?search=user");
            asked.put("a word that nobody has", "?search=nobodyhasthis");
            asked.put("two words", "?search=example+77");
            asked.put("a tag that many have", "?search=plan:free");

            List<String> times = new ArrayList<>();
            for (Map.Entry<String, String> one : asked.entrySet()) {
                String path = "/dashboard/dev/connections" + one.getValue();
                visitor.get(path);
                long start = System.nanoTime();
                HttpResponse<String> answer = visitor.get(path);
                Duration took = Duration.ofNanos(System.nanoTime() - start);
                times.add(String.format("%5d ms  %s", took.toMillis(), one.getKey()));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(took).as(one.getKey()).isLessThan(Duration.ofSeconds(20));
                if (one.getKey().startsWith("one by")) {
                    assertThat(answer.body()).as(one.getKey()).contains("needle-in-the-hay");
                }
            }
            Logger.getLogger("bench").info("Of " + ROWS + " connections:\n" + String.join("\n", times));
        }
    }

    private static void fill(String url) throws SQLException {
        DatabaseAddress address = DatabaseAddress.parse(url);
        try (Connection connection = DriverManager.getConnection(
                        address.jdbcUrl(), address.user(), address.password().reveal());
                Statement statement = connection.createStatement()) {
            statement.execute("SET synchronous_commit = off");
            statement.execute("""
                    INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, tags, end_user, words, failure_kind,
                        failing_since, created_at, updated_at)
                    SELECT i.environment_id, uuidv7(n * interval '1 millisecond'), i.id, 'user-' || n, '\\x00',
                        jsonb_build_object('end_user_id', 'user-' || n, 'plan', CASE WHEN n %% 3 = 0 THEN 'pro' ELSE 'free' END),
                        jsonb_build_object('id', 'user-' || n, 'email', 'user' || n || '@example.com', 'display_name', 'User ' || n),
                        array_to_tsvector(ARRAY['user', 'user' || n, n::text, 'example', 'com', CASE WHEN n %% 3 = 0 THEN 'pro' ELSE 'free' END]),
                        CASE WHEN n %% 5000 = 0 THEN 'rejected' END, CASE WHEN n %% 5000 = 0 THEN now() END,
                        now() + n * interval '1 millisecond', now()
                    FROM generate_series(1, %d) AS n
                    JOIN integrations i ON i.unique_key = CASE WHEN n %% 2 = 0 THEN 'github' ELSE 'slack' END""".formatted(ROWS));
            statement.execute("ANALYZE connections");
        }
    }
}
