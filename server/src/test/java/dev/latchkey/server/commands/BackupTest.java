package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.refresh.TokenVendor;
import dev.latchkey.server.storage.LentPrograms;
import dev.latchkey.server.waiting.Awaiting;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code latchkey backup} while the server works, and {@code latchkey restore}. */
class BackupTest {
    @TempDir
    Path folder;

    private final TokenVendor vendor = new TokenVendor();
    private final StringWriter printed = new StringWriter();
    private String key = "";

    @AfterEach
    void stop() {
        vendor.close();
    }

    private Latchkey start(Path data) throws Exception {
        Path definitions = Files.createDirectories(folder.resolve("definitions"));
        Map<String, String> settings = new HashMap<>(vendor.settings(definitions));
        settings.put("LATCHKEY_DATABASE_URL", "");
        settings.put("LATCHKEY_DATA_DIR", data.toString());
        if (!key.isEmpty()) {
            settings.put("LATCHKEY_SECRET_KEY", key);
        }
        if (!Files.exists(data.resolve("postgres/binaries"))) {
            LentPrograms.to(data.resolve("postgres"));
        }
        Latchkey node = Latchkey.start(settings);
        key = node.key;
        return node;
    }

    private int run(Path data, String... arguments) {
        return LatchkeyCommand.line(Map.of("LATCHKEY_DATA_DIR", data.toString()))
                .setOut(new PrintWriter(printed, true))
                .setErr(new PrintWriter(printed, true))
                .execute(arguments);
    }

    /** As an operator does who restores on another machine: nothing of the first one is there. */
    private Latchkey restored(Path backup) throws Exception {
        Path data = folder.resolve("restored");
        assertThat(run(data, "restore", backup.toString()))
                .as(printed.toString())
                .isZero();
        return start(data);
    }

    private static String token(Latchkey node, String name) {
        return node.call("GET", "/connections/" + name + "?provider_config_key=v&refresh_token=true", "", 200)
                .at("/credentials/refresh_token")
                .asString();
    }

    private static int number(String token) {
        return Integer.parseInt(token.replaceFirst(".*-", ""));
    }

    @Test
    void hasWhateverWasAcknowledgedBeforeItBeganWhileOthersWrite() throws Exception {
        Path data = folder.resolve("data");
        Path backup = folder.resolve("backup");
        Map<String, Integer> before;
        CountDownLatch enough = new CountDownLatch(1);
        try (Latchkey node = start(data);
                var threads = Executors.newVirtualThreadPerTaskExecutor();
                AutoCloseable unused = enough::countDown) {
            vendor.integration(node, "v");
            Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
            for (int writer = 0; writer < 4; writer++) {
                String prefix = "w" + writer + "x";
                threads.submit(() -> {
                    for (int i = 0; enough.getCount() > 0; i++) {
                        String name = prefix + i;
                        vendor.connection(
                                node,
                                "v",
                                name,
                                Instant.now().plus(Duration.ofHours(2)).toString());
                        acknowledged.put(name, 0);
                        HttpResponse<String> refreshed =
                                node.send("POST", "/connections/" + name + "/refresh?provider_config_key=v", "{}");
                        if (refreshed.statusCode() == 200) {
                            acknowledged.put(name, 1);
                        }
                    }
                    return true;
                });
            }
            Awaiting.until("they write", () -> acknowledged.size() > 100);
            before = Map.copyOf(acknowledged);

            assertThat(run(data, "backup", backup.toString()))
                    .as(printed.toString())
                    .isZero();

            int then = acknowledged.size();
            Awaiting.until("they still write", () -> acknowledged.size() > then + 20);
        }
        assertThat(printed.toString()).contains("and the master key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
                .isEqualTo("rw-------");

        try (Latchkey node = restored(backup)) {
            for (Map.Entry<String, Integer> one : before.entrySet()) {
                assertThat(number(token(node, one.getKey()))).as(one.getKey()).isGreaterThanOrEqualTo(one.getValue());
            }
            assertThat(before).containsValue(1);
        }
    }

    /** The only copy of a token is then in the journal. */
    @Test
    void hasTheJournalOfWhatTheDatabaseCouldNotStore() throws Exception {
        Path data = folder.resolve("data");
        Path backup = folder.resolve("backup");
        Latchkey node = start(data);
        vendor.integration(node, "v");
        vendor.connection(
                node, "v", "c", Instant.now().plus(Duration.ofHours(2)).toString());
        List<String> pid = Files.readAllLines(data.resolve("postgres/cluster/postmaster.pid"));
        String password = Files.readString(data.resolve("postgres/password")).strip();
        try (Connection other = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + pid.get(3).strip() + "/postgres", "latchkey", password);
                Statement statement = other.createStatement();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            vendor.gate = new CountDownLatch(1);
            var refreshed = threads.submit(() -> node.send("POST", "/connections/c/refresh?provider_config_key=v", "{}")
                    .statusCode());
            Awaiting.until("the vendor is asked", () -> vendor.calls.get() == 1);
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE connections IN EXCLUSIVE MODE");
            vendor.gate.countDown();
            // It is acknowledged, since it is in the journal.
            assertThat(refreshed.get(60, TimeUnit.SECONDS)).isEqualTo(200);
            try (ResultSet row = statement.executeQuery("SELECT version FROM connections")) {
                row.next();
                assertThat(row.getInt(1)).isEqualTo(1);
            }

            assertThat(run(data, "backup", backup.toString()))
                    .as(printed.toString())
                    .isZero();
            other.rollback();
        }
        node.close();

        try (Latchkey later = restored(backup)) {
            Awaiting.until("it is stored", () -> token(later, "c").equals("rt-c-1"));
        }
    }

    @Test
    void copiesAStoppedServerAndRefusesWhatIsNoBackup() throws Exception {
        Path data = folder.resolve("data");
        try (Latchkey node = start(data)) {
            vendor.integration(node, "v");
            vendor.connection(
                    node, "v", "c", Instant.now().plus(Duration.ofHours(2)).toString());
        }
        Path backup = folder.resolve("backup");
        assertThat(run(data, "backup", "--without-key", backup.toString())).isZero();
        assertThat(printed.toString()).contains("The master key is not in it");
        assertThat(run(data, "backup", backup.toString())).isEqualTo(2);
        assertThat(run(data, "backup", data.resolve("backup").toString())).isEqualTo(1);
        assertThat(run(folder.resolve("none"), "backup", folder.resolve("b").toString()))
                .isEqualTo(1);
        assertThat(printed.toString()).contains("There is no embedded database in");

        Path cut = folder.resolve("cut");
        byte[] bytes = Files.readAllBytes(backup);
        Files.write(cut, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        Path noBackup = Files.writeString(folder.resolve("text"), "hello");
        Path other = folder.resolve("other");
        for (Path wrong : Set.of(cut, noBackup, folder.resolve("absent"))) {
            assertThat(run(other, "restore", wrong.toString())).isEqualTo(1);
        }
        assertThat(other).isEmptyDirectory();
        assertThat(run(data, "restore", backup.toString())).isEqualTo(1);
        assertThat(printed.toString()).contains("There is an embedded database in");

        // The key that was kept apart is put in its place first.
        Path restored = Files.createDirectories(folder.resolve("restored"));
        Files.copy(data.resolve("encryption.key"), restored.resolve("encryption.key"));
        try (Latchkey node = restored(backup)) {
            assertThat(token(node, "c")).isEqualTo("rt-c-0");
        }
    }
}
