package dev.latchkey.server.refresh.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import dev.latchkey.server.waiting.Awaiting;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was received is on the disk, encrypted, until it is dropped; whatever happens to the process or the disk. */
class TokenJournalTest {
    private static Database database;
    private static Vault vault;

    @TempDir
    Path folder;

    @BeforeAll
    static void open(@TempDir Path keys) {
        database = Database.open(PostgresForTests.freshDatabase());
        SecureRandom random = new SecureRandom();
        vault = Vault.open(
                MasterKey.load(Optional.empty(), keys.resolve("key"), () -> false, random), database, random);
    }

    @AfterAll
    static void close() {
        database.close();
    }

    private static TokenJournal.Entry entry(String token) {
        return new TokenJournal.Entry(
                UUID.randomUUID(),
                UUID.randomUUID(),
                7,
                new Credentials.OAuth2(
                        new Secret(token),
                        Optional.of(new Secret("refresh-" + token)),
                        Optional.of(Instant.parse("2026-01-01T00:00:00Z")),
                        new Credentials.Raw(Json.MAPPER.createObjectNode().put("access_token", token)),
                        Optional.empty(),
                        Optional.empty()),
                Map.of("team", "T1"),
                Instant.parse("2025-12-31T23:00:00.123Z"),
                0);
    }

    /** What a process that is killed leaves: nothing is closed, the lock goes. */
    private static void kill(TokenJournal journal) {
        journal.close();
    }

    @Test
    void hasWhatWasNotDroppedWhenItIsOpenedAgain() {
        TokenJournal first = TokenJournal.open(folder, vault);
        TokenJournal.Entry kept = entry("kept");
        first.append(kept);
        first.drop(first.append(entry("stored")));
        kill(first);

        TokenJournal second = TokenJournal.open(folder, vault);
        assertThat(second.leftOver()).containsExactly(kept);
        assertThat(second.predecessors()).containsExactly(first.node());
        // It was not settled: the next process finds it, too.
        kill(second);
        TokenJournal third = TokenJournal.open(folder, vault);
        assertThat(third.leftOver()).containsExactly(kept);
        third.kept().forEach(one -> third.drop(one.receipt()));
        kill(third);
        TokenJournal fourth = TokenJournal.open(folder, vault);
        assertThat(fourth.leftOver()).isEmpty();
        kill(fourth);
    }

    /** P12: started by mistake on another database, whose data keys cannot read it. */
    @Test
    void whatComesWhileItIsClosedIsWrittenOrRefusedAndNeverWaits() throws Exception {
        for (int round = 0; round < 20; round++) {
            TokenJournal journal = TokenJournal.open(folder.resolve("round" + round), vault);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Boolean>> appended = new ArrayList<>();
                for (int i = 0; i < 40; i++) {
                    appended.add(threads.submit(() -> {
                        try {
                            return journal.append(entry("late")).number() != 0;
                        } catch (UncheckedIOException e) {
                            return false;
                        }
                    }));
                }
                journal.close();
                appended.add(threads.submit(() -> {
                    assertThatThrownBy(() -> journal.append(entry("after"))).isInstanceOf(UncheckedIOException.class);
                    return true;
                }));
                for (Future<Boolean> one : appended) {
                    assertThat(one.get(30, TimeUnit.SECONDS)).isNotNull();
                }
            }
        }
    }

    @Test
    void whatCannotBeReadIsKeptUntilItCanBe(@TempDir Path otherKeys) {
        TokenJournal first = TokenJournal.open(folder, vault);
        TokenJournal.Entry one = entry("one");
        TokenJournal.Entry two = entry("two");
        first.append(one);
        first.append(two);
        kill(first);

        try (Database other = Database.open(PostgresForTests.freshDatabase())) {
            SecureRandom random = new SecureRandom();
            Vault elsewhere = Vault.open(
                    MasterKey.load(Optional.empty(), otherKeys.resolve("key"), () -> false, random), other, random);
            for (int start = 0; start < 3; start++) {
                TokenJournal wrong = TokenJournal.open(folder, elsewhere);
                assertThat(wrong.leftOver()).doesNotContain(one, two).hasSize(start);
                assertThat(wrong.unread()).isEqualTo(2);
                wrong.append(entry("of the other database"));
                kill(wrong);
            }
        }

        TokenJournal right = TokenJournal.open(folder, vault);
        assertThat(right.leftOver()).containsExactlyInAnyOrder(one, two);
        assertThat(right.unread()).isEqualTo(3);
        kill(right);
    }

    /** P11: a database that fails over may lose what it has confirmed. */
    @Test
    void whatWasDroppedCanBeReadForAWhile() {
        TokenJournal journal = TokenJournal.open(folder, vault);
        Instant begin = Instant.parse("2025-01-01T00:00:00Z");
        List<TokenJournal.Entry> dropped = new ArrayList<>();
        String large = "x".repeat(100_000);
        for (int i = 0; i < 100; i++) {
            TokenJournal.Entry entry = entry(large + i);
            journal.drop(journal.append(entry));
            dropped.add(entry);
        }
        assertThat(journal.since(begin)).containsExactlyInAnyOrderElementsOf(dropped);
        assertThat(journal.since(Instant.parse("2026-01-01T00:00:00Z"))).isEmpty();
        kill(journal);

        TokenJournal again = TokenJournal.open(folder, vault);
        assertThat(again.leftOver()).isEmpty();
        kill(again);
    }

    @Test
    void showsNoSecretOnTheDisk() throws Exception {
        TokenJournal journal = TokenJournal.open(folder, vault);
        journal.append(entry("a-token-that-nobody-may-see"));
        kill(journal);

        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                        .doesNotContain("a-token-that-nobody-may-see");
            }
        }
    }

    @Test
    void aTornWriteLosesNothingThatWasAcknowledged() throws Exception {
        TokenJournal journal = TokenJournal.open(folder, vault);
        TokenJournal.Entry whole = entry("whole");
        journal.append(whole);
        kill(journal);
        Path segment = folder.resolve("0/1.segment");
        byte[] bytes = Files.readAllBytes(segment);
        // After the record comes another one's beginning, as a power cut leaves it.
        int end = bytes.length - 1;
        while (bytes[end] == 0) {
            end--;
        }
        java.nio.ByteBuffer.wrap(bytes).position(end + 1).putInt(500).putInt(12345);
        Files.write(segment, bytes);

        TokenJournal again = TokenJournal.open(folder, vault);
        assertThat(again.leftOver()).containsExactly(whole);
        kill(again);
    }

    @Test
    void twoProcessesInOneFolderDoNotMeet() {
        TokenJournal one = TokenJournal.open(folder, vault);
        TokenJournal two = TokenJournal.open(folder, vault);
        TokenJournal.Entry ofOne = entry("one");
        TokenJournal.Entry ofTwo = entry("two");
        one.append(ofOne);
        two.append(ofTwo);
        assertThat(two.leftOver()).isEmpty();
        kill(two);
        kill(one);

        TokenJournal three = TokenJournal.open(folder, vault);
        assertThat(three.leftOver()).containsExactlyInAnyOrder(ofOne, ofTwo);
        assertThat(three.predecessors()).containsExactlyInAnyOrder(one.node(), two.node());
        kill(three);
    }

    @Test
    void manyAppendsAtOnceFindTheirWayThroughTheSegments() throws Exception {
        TokenJournal journal = TokenJournal.open(folder, vault);
        String large = "x".repeat(40_000);
        List<TokenJournal.Entry> kept = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                TokenJournal.Entry entry = entry(large + i);
                boolean keep = i % 20 == 0;
                if (keep) {
                    kept.add(entry);
                }
                running.add(threads.submit(() -> {
                    TokenJournal.Receipt receipt = journal.append(entry);
                    if (!keep) {
                        journal.drop(receipt);
                    }
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        kill(journal);

        TokenJournal again = TokenJournal.open(folder, vault);
        assertThat(again.leftOver()).containsAll(kept);
        kill(again);
    }

    @Test
    void aFullDiskIsNoticedWhileThereIsRoomForWhatIsOnItsWay() throws Exception {
        TokenJournal journal = TokenJournal.open(folder, vault);
        // The third segment cannot be allocated: writes to this device fail with "no space left".
        Path third = folder.resolve("0/4.segment");
        Files.createSymbolicLink(third, Path.of("/dev/full"));
        String large = "x".repeat(1_000_000);
        List<TokenJournal.Entry> kept = new ArrayList<>();
        while (journal.ready()) {
            TokenJournal.Entry entry = entry(large + kept.size());
            journal.append(entry);
            kept.add(entry);
            assertThat(kept).hasSizeLessThan(14);
        }

        TokenJournal.Entry onItsWay = entry("on its way");
        journal.append(onItsWay);
        kept.add(onItsWay);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 12; i++) {
                        journal.append(entry(large));
                    }
                })
                .isInstanceOf(UncheckedIOException.class);
        Files.delete(third);
        Awaiting.until("it is noticed that there is room again", journal::ready);
        TokenJournal.Entry later = entry("later");
        journal.append(later);
        kept.add(later);
        kill(journal);

        TokenJournal again = TokenJournal.open(folder, vault);
        assertThat(again.leftOver()).containsAll(kept);
        kill(again);
    }
}
