package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.refresh.journal.JournalSegment;
import dev.latchkey.server.storage.Cable;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.waiting.Awaiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a vendor answered is stored, whatever happens to the database, the process or the disk: a lost answer would end its grant. */
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
            Awaiting.until("it is reported", () -> problems(node).equals(List.of("database_away")));
            var unread = node.send("GET", "/connections?search=c", "");
            assertThat(unread.statusCode()).isEqualTo(503);
            assertThat(unread.headers().firstValue("Retry-After")).hasValue("1");
            assertThat(count("connections WHERE version = 2")).isZero();
            cable.restore();
            Awaiting.until("all are stored", () -> count("connections WHERE version = 2") == MANY);
            Awaiting.until("its recovery is reported", () -> problems(node).isEmpty());

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
        cable.restore();

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
        // In the meantime the user authorized again, on another node.
        database.useHandle(handle -> handle.execute("UPDATE connections SET version = version + 1, refresh_at = NULL"));
        cable.restore();

        settings.put("LATCHKEY_SECRET_KEY", first.key);
        try (Latchkey second = Latchkey.start(settings)) {
            assertThat(count("connections WHERE version = 2")).isEqualTo(1);
            assertThat(count("timeline WHERE event = 'refreshed'")).isZero();
        }
    }

    /** P5: neither an answer nor an entry of the journal that the database refuses keeps the others, or the node, from going on. */
    @Test
    void aZeroCharacterInALearnedValueIsLeftOut() throws Exception {
        settings.putAll(vendor.settings(providers, "learn: { config.team: token.team }"));
        settings.put("LATCHKEY_DATABASE_URL", cable.url());
        vendor.more = ",\"team\":\"a\\u0000b\",\"scope\":\"x\\u0000y\"";
        try (Latchkey node = Latchkey.start(settings)) {
            vendor.integration(node, "v");
            vendor.connection(node, "v", "c", PAST);
            Awaiting.until("it is stored", () -> count("connections WHERE version = 2") == 1);
            assertThat(count("connections WHERE config->>'team' = 'ab'")).isEqualTo(1);
        }
    }

    @Test
    void whatTheJournalHasAndTheDatabaseRefusesIsKeptWhileTheNodeStarts() throws Exception {
        vendor.gate = new CountDownLatch(1);
        Latchkey first = Latchkey.start(settings);
        vendor.integration(first, "v");
        for (String name : List.of("good", "broken", "gone")) {
            vendor.connection(first, "v", name, PAST);
        }
        Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 3);
        cable.cut();
        vendor.gate.countDown();
        Awaiting.until("the answers are held", () -> held(data) == 3);
        first.close();
        database.useHandle(handle -> {
            handle.execute(
                    "UPDATE connections SET credentials = credentials || '\\x00' WHERE connection_id = 'broken'");
            handle.execute(
                    "UPDATE connections SET connection_id = 'moved', id = gen_random_uuid() WHERE connection_id = 'gone'");
        });
        cable.restore();

        settings.put("LATCHKEY_SECRET_KEY", first.key);
        Latchkey second = Latchkey.start(settings);
        assertThat(count("connections WHERE connection_id = 'good' AND version = 2"))
                .isEqualTo(1);
        assertThat(problems(second)).containsExactly("answers_kept");
        second.close();

        database.useHandle(
                handle -> handle.execute(
                        "UPDATE connections SET credentials = substr(credentials, 1, length(credentials) - 1) WHERE connection_id = 'broken'"));
        try (Latchkey third = Latchkey.start(settings)) {
            assertThat(count("connections WHERE connection_id = 'broken' AND version = 2"))
                    .isEqualTo(1);
            assertThat(vendor.asked()).as("none is asked for again").hasSize(3);
        }
    }

    /** P6: the first call has used up the refresh token; the others take their time, or never end. */
    @Test
    void whatTheFirstOfSeveralCallsBroughtIsOnTheDiskBeforeTheOthers() throws Exception {
        settings.put("LATCHKEY_SECRET_KEY", java.util.UUID.randomUUID().toString());
        settings.put("LATCHKEY_ENCRYPTION_KEY", java.util.Base64.getEncoder().encodeToString(new byte[32]));
        String url = "http://" + vendor.host() + "/token";
        int number = 0;
        for (String steps : List.of(
                "extra_tokens: { other: { from: other, grant: client_credentials, url: \"" + url + "\" } }",
                "extra_tokens: { further: { from: further, grant: refresh_token, url: \"" + url + "\" } }",
                "then: [{ id: second, call: \"POST " + url + "\", form: { which: second }, on_refresh: true }]")) {
            String name = "c" + number;
            Path disk = data.resolve("disk" + number);
            settings.putAll(vendor.settings(Files.createDirectories(providers.resolve("p" + number++)), steps));
            settings.put("LATCHKEY_DATABASE_URL", cable.url());
            settings.put("LATCHKEY_DATA_DIR", disk.toString());
            CountDownLatch second = new CountDownLatch(1);
            vendor.instead = parameters -> later(parameters, second);
            Path then = data.resolve("then" + name);
            try (Latchkey node = Latchkey.start(settings)) {
                database.useHandle(handle -> handle.execute("DELETE FROM integrations"));
                vendor.integration(node, "v");
                vendor.connection(node, "v", name, PAST);
                Awaiting.until(
                        "the first call is answered", () -> vendor.newest(name).equals("rt-" + name + "-1"));
                Awaiting.until("it is on the disk, while the second call runs", () -> held(disk) >= 1);
                assertThat(count("connections WHERE version = 2")).isZero();
                // The disk as a kill would leave it.
                copy(disk, then);
                cable.cut();
                second.countDown();
            }
            cable.restore();
            settings.put("LATCHKEY_DATA_DIR", then.toString());
            settings.put("LATCHKEY_REFRESH_AHEAD", "false");
            try (Latchkey again = Latchkey.start(settings)) {
                assertThat(again.call(
                                        "GET",
                                        "/connections/" + name + "?provider_config_key=v&refresh_token=true",
                                        "",
                                        200)
                                .at("/credentials/refresh_token")
                                .asString())
                        .as(steps)
                        .startsWith("rt-" + name + "-");
                assertThat(count("connections WHERE version >= 2")).as(steps).isEqualTo(1);
                assertThat(vendor.ended()).isEmpty();
            }
            settings.remove("LATCHKEY_REFRESH_AHEAD");
        }
    }

    /** The second call of a refresh, which waits. */
    private static java.util.Optional<TokenVendor.Reply> later(Map<String, String> parameters, CountDownLatch until) {
        boolean second = "second".equals(parameters.get("which"))
                || "client_credentials".equals(parameters.get("grant_type"))
                || parameters.getOrDefault("refresh_token", "").endsWith("-1");
        if (!second) {
            return java.util.Optional.empty();
        }
        if (until.getCount() == 0) {
            return java.util.Optional.of(TokenVendor.Reply.of(200, "{\"access_token\":\"two\",\"expires_in\":3600}"));
        }
        try {
            boolean unused = until.await(30, java.util.concurrent.TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return java.util.Optional.of(TokenVendor.Reply.of(500, "{}"));
    }

    private static void copy(Path from, Path to) throws Exception {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    /** Where the old token works once more: then the next attempt is not left to the usual pause of half a minute. */
    @Test
    void aLostResponseIsFetchedAgainWithinTheVendorsGracePeriod() throws Exception {
        settings.putAll(vendor.settings(providers, "expiry: { grace: 9s }"));
        settings.put("LATCHKEY_DATABASE_URL", cable.url());
        List<Instant> uses = new java.util.concurrent.CopyOnWriteArrayList<>();
        vendor.instead = parameters -> {
            if (!"rt-c-0".equals(parameters.get("refresh_token"))) {
                return java.util.Optional.empty();
            }
            uses.add(Instant.now());
            boolean late = uses.getFirst().plusSeconds(9).isBefore(Instant.now());
            return java.util.Optional.of(
                    late
                            ? TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}")
                            : uses.size() == 1
                                    ? TokenVendor.LOST
                                    : TokenVendor.Reply.of(
                                            200,
                                            "{\"access_token\":\"at-c-1\",\"refresh_token\":\"rt-c-1\",\"expires_in\":3600}"));
        };
        try (Latchkey node = Latchkey.start(settings)) {
            vendor.integration(node, "v");
            vendor.connection(node, "v", "c", PAST);
            Awaiting.until("it is fetched again", () -> count("connections WHERE version = 2") == 1);

            assertThat(uses).hasSize(2);
            assertThat(count("timeline WHERE event = 'needs_authorization'")).isZero();
        }
    }

    /** P13: what the deletion revoked was used up by then. */
    @Test
    void aGrantThatCameAfterItsConnectionWasDeletedIsRevoked() throws Exception {
        try (Latchkey node = Latchkey.start(settings)) {
            vendor.integration(node, "v");
            vendor.connection(
                    node, "v", "c", Instant.now().plus(Duration.ofHours(2)).toString());
            vendor.gate = new CountDownLatch(1);
            var forced = java.util.concurrent.CompletableFuture.supplyAsync(
                    () -> node.send("GET", "/connections/c?provider_config_key=v&force_refresh=true", ""));
            Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 1);
            node.call("DELETE", "/connections/c?provider_config_key=v", "", 200);
            vendor.gate.countDown();
            Awaiting.until("the new one is revoked", () -> vendor.revoked().contains("rt-c-1"));
            assertThat(forced.get().statusCode()).as("it is not there any more").isEqualTo(404);
        }
    }

    @Test
    void whileTheDiskIsFullNothingThatRotatesBegins() throws Exception {
        // Eleven such answers are more than the journal's two files hold.
        vendor.more = ",\"padding\":\"" + "x".repeat(700_000) + "\"";
        vendor.gate = new CountDownLatch(1);
        settings.put("LATCHKEY_METRICS", "open");
        try (Latchkey node = Latchkey.start(settings)) {
            // The third file cannot be allocated: writes to this device fail with "no space left".
            Path third = data.resolve("refresh-journal/0/4.segment");
            Files.createSymbolicLink(third, Path.of("/dev/full"));
            vendor.integration(node, "v");
            String later = Instant.now().plus(Duration.ofHours(2)).toString();
            for (int i = 0; i < 11; i++) {
                vendor.connection(node, "v", "c" + i, later);
            }
            due();
            Awaiting.until("the vendor is asked", () -> vendor.asked().size() == 11);
            vendor.connection(node, "v", "late", later);
            try (Handle slow = database.open()) {
                slow.begin();
                slow.execute("SELECT id FROM connections WHERE connection_id <> 'late' FOR UPDATE");
                vendor.gate.countDown();
                Awaiting.until("answers wait for the database", () -> metric(node, "latchkey_refreshes_held") == 11);
                assertThat(problems(node)).containsExactly("disk_full");
                assertThat(metric(node, "latchkey_problem{code=\"disk_full\"}")).isEqualTo(1);
                database.useHandle(handle -> handle.execute(
                        "UPDATE connections SET refresh_at = now() - INTERVAL '1 s' WHERE connection_id = 'late'"));
                Awaiting.until("another one is decided", () -> metric(node, "latchkey_refreshes_held") == 12);
                assertThat(vendor.asked()).doesNotContain("late");
                slow.rollback();
            }
            Awaiting.until("all that was answered is stored", () -> count("connections WHERE version = 2") == 11);
            // Kept as it is: not asked, not failing.
            assertThat(count("connections WHERE connection_id = 'late' AND version = 1 AND failure_kind IS NULL"))
                    .isEqualTo(1);
            Files.delete(third);
            Awaiting.until(
                    "it is noticed that there is room", () -> problems(node).isEmpty());
            vendor.more = "";
            due();
            Awaiting.until("it continues", () -> count("connections WHERE version = 1") == 0);
            assertThat(vendor.ended()).isEmpty();
        }
    }

    @Test
    void aWrongClockDecidesNothingAndIsReported() throws Exception {
        AtomicReference<Duration> wrong = new AtomicReference<>(Duration.ofDays(1));
        try (Latchkey node = Latchkey.start(settings, () -> Instant.now().plus(Objects.requireNonNull(wrong.get())))) {
            Awaiting.until("it is reported", () -> problems(node).equals(List.of("clock_wrong")));
            vendor.integration(node, "v");
            vendor.connection(
                    node, "v", "valid", Instant.now().plus(Duration.ofHours(2)).toString());
            vendor.connection(
                    node, "v", "due", Instant.now().plus(Duration.ofHours(2)).toString());
            database.useHandle(handle -> handle.execute(
                    "UPDATE connections SET refresh_at = now() - INTERVAL '1 s' WHERE connection_id = 'due'"));
            Awaiting.until("what is due is refreshed", () -> count("connections WHERE version = 2") == 1);

            // By the clock of the node the other one has ended long ago.
            assertThat(node.call("GET", "/connections/valid?provider_config_key=v", "", 200)
                            .at("/credentials/access_token")
                            .asString())
                    .isEqualTo("at-valid-0");
            assertThat(vendor.asked()).containsExactly("due");
            assertThat(
                            count(
                                    "connections WHERE connection_id = 'due' AND expires_at BETWEEN now() AND now() + INTERVAL '1 h'"))
                    .isEqualTo(1);
            wrong.set(Duration.ZERO);
            Awaiting.until(
                    "the problem is reported as solved", () -> problems(node).isEmpty());
        }
    }

    private static List<String> problems(Latchkey node) {
        return node.call("GET", "/health", "", 200)
                .path("problems")
                .valueStream()
                .map(problem -> problem.path("code").asString(""))
                .toList();
    }

    private static double metric(Latchkey node, String name) {
        return node.send("GET", "/metrics", "")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(-1);
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
