package dev.latchkey.server.refresh.leases;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.refresh.TokenVendor;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.waiting.Awaiting;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A row that cannot be read keeps no other row from being refreshed, warned of, or refreshed by a job; and it is said once. */
class UnreadableRowsTest {
    private static final String LATER = Instant.now().plus(Duration.ofHours(2)).toString();

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private Latchkey node;
    private Jdbi database;

    @BeforeEach
    void start() {
        node = Latchkey.start(vendor.settings(providers));
        DatabaseAddress address = DatabaseAddress.parse(node.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        database = Jdbi.create(
                address.jdbcUrl(), address.user(), address.password().reveal());
    }

    @AfterEach
    void stop() {
        node.close();
        vendor.close();
    }

    /** What may be wrong with each column that is read: another type than ours, other bytes, words of another version. */
    private Map<String, String> damages() {
        Map<String, String> damages = new LinkedHashMap<>();
        database.useHandle(handle ->
                handle
                        .createQuery("""
                        SELECT column_name, data_type FROM information_schema.columns
                        WHERE table_schema = 'public' AND table_name = 'connections' ORDER BY ordinal_position""")
                        .map((row, context) -> Map.entry(row.getString(1), row.getString(2)))
                        .list()
                        .stream()
                        .filter(column -> ConnectionRows.COLUMNS.contains("c." + column.getKey() + ",")
                                || ConnectionRows.COLUMNS.contains("c." + column.getKey() + "\n"))
                        .forEach(column -> {
                            String name = column.getKey();
                            switch (column.getValue()) {
                                case "bytea" -> {
                                    damages.put(
                                            name + " altered",
                                            name + " = set_byte(COALESCE(" + name + ", '\\x0102030405060708'), "
                                                    + "length(COALESCE(" + name + ", '\\x0102030405060708')) - 1, 7)");
                                    damages.put(name + " empty", name + " = ''");
                                    damages.put(
                                            name + " of a data key that is not there",
                                            name + " = '\\x0100ffffff00112233445566778899aabb'");
                                    damages.put(
                                            name + " of another row",
                                            name
                                                    + " = (SELECT o.credentials FROM connections o WHERE o.connection_id = 'healthy0')");
                                    damages.put(
                                            name + " of another version of the vault",
                                            name + " = '\\x0900000001aabbccddeeff'");
                                }
                                case "jsonb" -> {
                                    damages.put(name + " a list", name + " = '[1, {}]'");
                                    damages.put(name + " a number", name + " = '7'");
                                    damages.put(
                                            name + " an object of another shape",
                                            name + " = '{\"version\": {\"next\": [1]}}'");
                                }
                                default -> {}
                            }
                        }));
        damages.put(
                "failure of another version",
                "failure_kind = 'future', failing_since = now(), failures = 1, failure_log_id = ''");
        return damages;
    }

    private void update(String sql) {
        database.useHandle(handle -> handle.execute(sql));
    }

    private long count(String from) {
        return database.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + from)
                .mapTo(Long.class)
                .one());
    }

    @Test
    void anUnreadableRowIsPutOffAndSaidOnceWhileAllOthersAreRefreshed() throws Exception {
        for (String integration : List.of("v", "w", "x")) {
            vendor.integration(node, integration);
        }
        List<String> healthy = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            healthy.add("healthy" + i);
            vendor.connection(node, List.of("v", "w", "x").get(i % 3), "healthy" + i, LATER);
        }
        Map<String, String> damages = damages();
        assertThat(damages).hasSizeGreaterThan(15);
        int number = 0;
        for (String damage : damages.values()) {
            String name = "damaged" + number++;
            vendor.connection(node, "v", name, LATER);
            update("UPDATE connections SET " + damage + " WHERE connection_id = '" + name + "'");
        }
        // The longest due are those that cannot be read: each claim would begin with them.
        update(
                "UPDATE connections SET refresh_at = now() - CASE WHEN connection_id LIKE 'damaged%' THEN INTERVAL '1 h' ELSE INTERVAL '1 s' END");
        Instant due = Instant.now();
        Awaiting.until(
                "all others are refreshed",
                () -> count("connections WHERE connection_id LIKE 'healthy%' AND version = 2") == 9);
        assertThat(Duration.between(due, Instant.now())).isLessThan(Duration.ofSeconds(10));
        Awaiting.until(
                "each damaged one is refreshed all the same, or put off",
                () -> count(
                                "connections WHERE connection_id LIKE 'damaged%' AND version = 1 AND failure_kind IS DISTINCT FROM 'unreadable'")
                        == 0);
        long unreadable = count("connections WHERE failure_kind = 'unreadable'");
        assertThat(unreadable).isGreaterThanOrEqualTo(5);
        assertThat(
                        count(
                                "connections WHERE failure_kind = 'unreadable' AND (refresh_at < now() OR lease_until IS NOT NULL)"))
                .isZero();
        assertThat(vendor.asked()).containsAll(healthy);

        update("UPDATE connections SET refresh_at = now() - INTERVAL '1 s' WHERE failure_kind = 'unreadable'");
        Awaiting.until(
                "they are put off again, for longer",
                () -> count(
                                "connections WHERE failure_kind = 'unreadable' AND failures >= 2 AND refresh_at > now() + INTERVAL '90 s'")
                        == unreadable);
        assertThat(count("timeline WHERE event = 'unreadable'"))
                .as("each is said once")
                .isEqualTo(unreadable);
        JsonNode failing = node.call("GET", "/connections/health?state=failing&limit=100", "", 200);
        assertThat(failing.toString()).contains("unreadable");
    }

    @Test
    void whatIsReadableAgainIsRefreshed() throws Exception {
        vendor.integration(node, "v");
        vendor.connection(node, "v", "c", LATER);
        update("UPDATE connections SET credentials = credentials || '\\x00', refresh_at = now()");
        Awaiting.until("it is put off", () -> count("connections WHERE failure_kind = 'unreadable'") == 1);

        update(
                "UPDATE connections SET credentials = substr(credentials, 1, length(credentials) - 1), refresh_at = now()");
        Awaiting.until("it is refreshed", () -> count("connections WHERE version = 2 AND failure_kind IS NULL") == 1);
        assertThat(count("timeline WHERE event = 'recovered'")).isEqualTo(1);
    }

    @Test
    void oneOfThemKeepsNeitherWarningsNorAJobFromTheOthers() throws Exception {
        vendor.integration(node, "v");
        for (int i = 0; i < 5; i++) {
            vendor.connection(node, "v", "c" + i, LATER);
        }
        update("UPDATE connections SET warn_at = now(), grant_ends_at = now() + INTERVAL '6 days'");
        update("UPDATE connections SET credentials = '\\x00' WHERE connection_id = 'c2'");
        update("UPDATE connections SET warn_at = now() - INTERVAL '1 h' WHERE connection_id = 'c2'");
        Awaiting.until("the others are reported", () -> count("timeline WHERE event = 'expiring_soon'") >= 4);

        String job = node.call("POST", "/integrations/v/refresh", "", 202)
                .at("/data/id")
                .asString();
        Awaiting.until(
                "the job ends",
                () -> !node.call("GET", "/refresh-jobs/" + job, "", 200)
                        .at("/data/finished_at")
                        .asString("")
                        .isEmpty());
        JsonNode ended = node.call("GET", "/refresh-jobs/" + job, "", 200).path("data");
        assertThat(ended.path("refreshed").asInt()).as(ended.toString()).isEqualTo(4);
        assertThat(ended.path("failed").asInt()).isEqualTo(1);
    }
}
