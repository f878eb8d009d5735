package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.DatabaseAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a vendor answered is stored, whatever happens to the database, the process or the disk: a lost answer would end its grant. */
@Tag("unproven")
class NothingIsLostTest {
    private static final int MANY = 150;
    private static final String PAST = "2020-01-01T00:00:00Z";

    @TempDir
    Path providers;

    @TempDir
    Path data;

    private final TokenVendor vendor = new TokenVendor();
    private final Cable cable = new Cable();
    private final Map<String, String> settings = new HashMap<>();
    private Jdbi database;

    @BeforeEach
    void settings() {
        settings.putAll(vendor.settings(providers));
        settings.put("LATCHKEY_DATABASE_URL", cable.url());
        settings.put("LATCHKEY_DATA_DIR", data.toString());
        DatabaseAddress direct = cable.direct();
        database =
                Jdbi.create(direct.jdbcUrl(), direct.user(), direct.password().reveal());
    }

    @AfterEach
    void stop() throws Exception {
        vendor.close();
        cable.close();
    }

    private long count(String sql) {
        return database.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + sql)
                .mapTo(Long.class)
                .one());
    }

    /** Due only when we say so. */
    private void many(Latchkey node) {
        vendor.integration(node, "v");
        for (int i = 0; i < MANY; i++) {
            vendor.connection(
                    node, "v", "c" + i, Instant.now().plus(Duration.ofHours(2)).toString());
        }
    }

    private void due() {
        database.useHandle(handle -> handle.execute("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'"));
    }

    /** A second refresh of each works with a server that ends the grant when an old token comes: so each first one was stored. */
    private void assertEachWasStored(Latchkey node) throws Exception {
        assertThat(count("connections WHERE version = 2 AND failure_kind IS NULL"))
                .isEqualTo(MANY);
        assertThat(count("timeline WHERE event = 'refreshed'")).isEqualTo(MANY);
        due();
        Awaiting.until("all are refreshed again", () -> count("connections WHERE version = 3") == MANY);
        assertThat(vendor.ended()).isEmpty();
        assertThat(vendor.asked()).hasSize(2 * MANY);
        assertThat(node.call("GET", "/connections/c5?provider_config_key=v&refresh_token=true", "", 200)
                        .at("/credentials/refresh_token")
                        .asString())
                .isEqualTo(vendor.newest("c5"));
    }

    @Test
    void theDatabaseIsAwayWhileAnswersComeIn() throws Exception {
        vendor.gate = new CountDownLatch(1);
        try (Latchkey node = Latchkey.start(settings)) {
            many(node);
            due();
            // A hundred at a time is a vendor's limit.
            Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 100);
            cable.cut();
            vendor.gate.countDown();
            Awaiting.until("answers are held", () -> held(data) >= 100);
            assertThat(count("connections WHERE version = 2")).isZero();
            cable.mend();
            Awaiting.until("all are stored", () -> count("connections WHERE version = 2") == MANY);

            assertEachWasStored(node);
        }
    }

    /** Entries in the journal's files, dropped ones too. */
    private static long held(Path data) {
        Path journal = data.resolve("refresh-journal").resolve("0");
        long[] found = new long[1];
        try (var files = Files.list(journal)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".segment")).toList()) {
                JournalSegment.read(file, item -> found[0] += item.entry() ? 1 : 0);
            }
        } catch (java.io.IOException e) {
            return 0;
        }
        return found[0];
    }

    @Test
    void theProcessEndsBetweenAnswerAndCommit() throws Exception {
        vendor.gate = new CountDownLatch(1);
        Latchkey first = Latchkey.start(settings);
        many(first);
        due();
        Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 100);
        cable.cut();
        vendor.gate.countDown();
        Awaiting.until("answers are held", () -> held(data) >= 100);
        // It cannot write any more; what it has is in the journal, as after a kill.
        first.close();
        assertThat(count("connections WHERE version = 2")).isZero();
        cable.mend();

        settings.put("LATCHKEY_SECRET_KEY", first.key);
        try (Latchkey second = Latchkey.start(settings)) {
            Awaiting.until("all are stored", () -> count("connections WHERE version = 2") == MANY);
            assertEachWasStored(second);
        }
    }

    @Test
    void whatIsNewerThanTheJournalStays() throws Exception {
        vendor.gate = new CountDownLatch(1);
        Latchkey first = Latchkey.start(settings);
        vendor.integration(first, "v");
        vendor.connection(first, "v", "c", PAST);
        Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 1);
        cable.cut();
        vendor.gate.countDown();
        Awaiting.until("the answer is held", () -> held(data) == 1);
        first.close();
        // Meanwhile the user authorized again, on another node.
        database.useHandle(handle -> handle.execute("UPDATE connections SET version = version + 1, refresh_at = NULL"));
        cable.mend();

        settings.put("LATCHKEY_SECRET_KEY", first.key);
        try (Latchkey second = Latchkey.start(settings)) {
            assertThat(count("connections WHERE version = 2")).isEqualTo(1);
            assertThat(count("timeline WHERE event = 'refreshed'")).isZero();
        }
    }

    @Test
    void whileTheDiskIsFullNothingThatRotatesBegins() throws Exception {
        vendor.more = ",\"padding\":\"" + "x".repeat(700_000) + "\"";
        try (Latchkey node = Latchkey.start(settings)) {
            Path third = data.resolve("refresh-journal/0/3.segment");
            Files.createSymbolicLink(third, Path.of("/dev/full"));
            vendor.integration(node, "v");
            int stored = 0;
            while (stored < 20) {
                String name = "c" + stored;
                vendor.connection(node, "v", name, PAST);
                if (!asked(name)) {
                    break;
                }
                stored++;
            }
            int asked = vendor.asked().size();
            assertThat(asked).isLessThan(20);
            // Kept as it is: not asked, not failing.
            assertThat(count("connections WHERE failure_kind IS NOT NULL")).isZero();
            Files.delete(third);
            Awaiting.until("it goes on when there is room", () -> {
                due();
                return vendor.asked().size() > asked;
            });
            Awaiting.until("all are stored", () -> count("connections WHERE version = 1") == 0);
            assertThat(vendor.ended()).isEmpty();
        }
    }

    /** Whether it is refreshed, and not put off. */
    private boolean asked(String name) throws InterruptedException {
        String row = "connections WHERE connection_id = '" + name + "'";
        Awaiting.until(
                "it is refreshed or put off",
                () -> count(row + " AND (version = 2 OR refresh_at > now()) AND lease_until IS NULL") == 1);
        return count(row + " AND version = 2") == 1;
    }

    @Test
    void aRefreshThatWasInterruptedIsNotTakenForARejection() throws Exception {
        try (Latchkey node = Latchkey.start(settings)) {
            vendor.integration(node, "v");
            vendor.connection(
                    node, "v", "c", Instant.now().plus(Duration.ofHours(2)).toString());
            // Another node asked, got its answer and died with it: the token that we have is used up.
            vendor.instead =
                    parameters -> java.util.Optional.of(TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"));
            database.useHandle(handle -> handle.execute(
                    "UPDATE connections SET refresh_at = now() - INTERVAL '1 s', lease_holder = gen_random_uuid(),"
                            + " lease_until = now() - INTERVAL '10 minutes'"));
            Awaiting.until("it fails in passing", () -> count("connections WHERE failure_kind = 'transient'") == 1);

            assertThat(count("timeline WHERE event = 'needs_authorization'")).isZero();
            assertThat(vendor.calls).hasValue(1);
        }
    }

    @Test
    void aLeaseThatRanOutIsLeftAloneWhileTheCredentialIsValid() throws Exception {
        try (Latchkey node = Latchkey.start(settings)) {
            vendor.integration(node, "v");
            vendor.connection(
                    node, "v", "old", Instant.now().plus(Duration.ofHours(2)).toString());
            vendor.connection(
                    node, "v", "free", Instant.now().plus(Duration.ofHours(2)).toString());
            database.useHandle(handle -> handle.execute("UPDATE connections SET refresh_at = now() - INTERVAL '1 s'"
                    + ", lease_holder = CASE connection_id WHEN 'old' THEN gen_random_uuid() END"
                    + ", lease_until = CASE connection_id WHEN 'old' THEN now() - INTERVAL '1 minute' END"));
            Awaiting.until("the free one is refreshed", () -> count("connections WHERE version = 2") == 1);

            assertThat(vendor.asked()).containsExactly("free");
        }
    }
}
