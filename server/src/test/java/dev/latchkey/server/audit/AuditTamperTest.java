package dev.latchkey.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** F31, D8: whatever the owner of the database does to the log shows; each way at each row, and in each column. */
class AuditTamperTest {
    private static final int ROWS = 6;
    private static final List<String> COLUMNS = List.of(
            "number",
            "at",
            "actor",
            "actor_kind",
            "actor_id",
            "address",
            "action",
            "environment",
            "target",
            "details",
            "chain",
            "previous",
            "hash");

    @TempDir
    static Path folder;

    private final Database database = Database.open(PostgresForTests.freshDatabase());
    private final SecureRandom random = new SecureRandom();

    @AfterEach
    void close() {
        database.close();
    }

    /** A node that has just started: it remembers nothing. */
    private AuditLog node() {
        MasterKey master = MasterKey.load(Optional.empty(), folder.resolve("encryption.key"), () -> false, random);
        return new AuditLog(
                database,
                Vault.open(master, database, random),
                random,
                InstantSource.system(),
                EnvironmentFragments::name);
    }

    private static AuditLog.Line line(int number) {
        return new AuditLog.Line(
                new StoredActor("key " + number, "key", Optional.of("id-" + number), Optional.of("203.0.113.7")),
                "did " + number,
                Optional.of("dev"),
                Optional.of("t" + number),
                Map.of("n", Integer.toString(number)));
    }

    private AuditLog written() {
        AuditLog log = node();
        for (int i = 1; i <= ROWS; i++) {
            log.append(line(i));
        }
        assertThat(node().verify(List.of()).fault()).isEmpty();
        return log;
    }

    private void asOwner(String... statements) {
        database.inTransaction(handle -> {
            handle.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_only_grows");
            for (String statement : statements) {
                handle.execute(statement);
            }
            handle.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_log_only_grows");
            return true;
        });
    }

    private static AuditVerification.Fault found(AuditVerification verification) {
        assertThat(verification.intact()).isFalse();
        return verification.fault().orElseThrow();
    }

    static LongStream everyRow() {
        return LongStream.rangeClosed(1, ROWS);
    }

    @ParameterizedTest
    @MethodSource("everyRow")
    void anEditedRowIsFoundWhateverColumnWasEdited(long row) {
        AuditLog log = written();
        asOwner("CREATE TABLE genuine AS TABLE audit_log");

        for (String column : COLUMNS) {
            String value = switch (column) {
                case "number" -> "100";
                case "at" -> "at + interval '1 ms'";
                case "chain" -> "1";
                case "previous", "hash" -> "set_byte(" + column + ", 3, (get_byte(" + column + ", 3) + 1) % 256)";
                default -> column + " || ' '";
            };
            asOwner("UPDATE audit_log SET " + column + " = " + value + " WHERE number = " + row);

            assertThat(found(node().verify(List.of())).number())
                    .as(column)
                    .isIn(column.equals("number") ? List.of(row, row + 1, 100L) : List.of(row));

            asOwner("TRUNCATE audit_log", "INSERT INTO audit_log SELECT * FROM genuine");
            assertThat(log.verify(List.of()).fault()).isEmpty();
        }
    }

    @Test
    void everyColumnIsWalkedThrough() {
        List<String> columns = database.withHandle(handle -> handle.createQuery(
                        "SELECT column_name FROM information_schema.columns WHERE table_name = 'audit_log'")
                .mapTo(String.class)
                .list());

        assertThat(COLUMNS).containsExactlyInAnyOrderElementsOf(columns);
    }

    @ParameterizedTest
    @MethodSource("everyRow")
    void aDeletedRowIsFoundWhereverItStood(long row) {
        written();

        asOwner("DELETE FROM audit_log WHERE number = " + row);

        assertThat(found(node().verify(List.of())).number()).isEqualTo(row == ROWS ? ROWS : row + 1);
    }

    @ParameterizedTest
    @MethodSource("everyRow")
    void aTailThatWasCutOffIsFoundAlsoWhenTheEndIsDeletedOrChangedToFit(long first) {
        written();
        asOwner("DELETE FROM audit_log WHERE number >= " + first);
        assertThat(found(node().verify(List.of())).number()).isEqualTo(first);

        asOwner(
                "UPDATE audit_head SET number = " + (first - 1)
                        + ", hash = COALESCE((SELECT hash FROM audit_log ORDER BY number DESC LIMIT 1), decode(repeat('00', 32), 'hex'))");
        assertThat(node().verify(List.of()).intact()).isFalse();

        if (first > 1) {
            asOwner("DELETE FROM audit_head");
            assertThat(node().verify(List.of()).intact()).isFalse();
        }
    }

    /** The strongest that an owner can do: put back log and end as they once were. Only a copy kept elsewhere reveals it. */
    @ParameterizedTest
    @MethodSource("everyRow")
    void aLogThatWasPutBackToAnEarlierStateIsFoundByItsAnchorAndByARunningNode(long kept) {
        AuditLog log = node();
        for (int i = 1; i <= kept; i++) {
            log.append(line(i));
        }
        asOwner("CREATE TABLE earlier AS TABLE audit_head");
        for (long i = kept + 1; i <= ROWS + 1; i++) {
            log.append(line((int) i));
        }
        Anchor anchor = log.head().orElseThrow();

        asOwner(
                "DELETE FROM audit_log WHERE number > " + kept,
                "DELETE FROM audit_head",
                "INSERT INTO audit_head SELECT * FROM earlier");

        assertThat(found(node().verify(List.of(anchor))).number()).isEqualTo(kept + 1);
        assertThat(found(log.verify(List.of())).number()).isEqualTo(kept + 1);
        // What is written next leaves a gap: the log does not heal.
        log.append(line(99));
        assertThat(found(node().verify(List.of())).reason()).contains("missing");
        assertThat(log.list(Long.MAX_VALUE, 2, AuditFilter.ALL))
                .extracting(AuditLog.Entry::action)
                .containsExactly("did 99", "found the audit log altered");
    }

    @ParameterizedTest
    @MethodSource("everyRow")
    void aLogChainedAgainAfterAnEditIsFoundWhateverItsFormat(long edited) {
        for (int chain : new int[] {AuditRow.UNKEYED, AuditRow.KEYED}) {
            asOwner("TRUNCATE audit_log", "DELETE FROM audit_head", "DELETE FROM audit_keys");
            written();
            asOwner("UPDATE audit_log SET actor = 'somebody else' WHERE number = " + edited);

            chainAgain(edited, chain);

            AuditVerification.Fault fault = found(node().verify(List.of()));
            // An owner who makes all of it unkeyed has still no row of the key, and an end that does not fit.
            assertThat(fault.number()).isLessThanOrEqualTo(edited);
        }
    }

    /** As versions until November 2026 hashed: the best that can be done without the key. */
    private void chainAgain(long from, int chain) {
        database.inTransaction(handle -> {
            handle.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_only_grows");
            byte[] previous = new byte[32];
            for (AuditRow row : handle.createQuery(AuditRow.SELECT + " ORDER BY number")
                    .map((it, context) -> AuditRow.read(it))
                    .list()) {
                byte[] hash = row.number() < from ? row.hash() : withoutKey(row, previous);
                handle.execute(
                        "UPDATE audit_log SET previous = ?, hash = ?, chain = ? WHERE number = ?",
                        previous,
                        hash,
                        row.number() < from ? row.chain() : chain,
                        row.number());
                previous = hash;
            }
            handle.execute("UPDATE audit_head SET hash = ?", (Object) previous);
            handle.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_log_only_grows");
            return true;
        });
    }

    private static byte[] withoutKey(AuditRow row, byte[] previous) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(previous);
            for (String part : List.of(
                    Long.toString(row.number()),
                    row.at().toString(),
                    row.who().name(),
                    row.action(),
                    row.environment().orElse(""),
                    row.target().orElse(""),
                    row.details())) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
                digest.update(bytes);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("everyRow")
    void rowsThatChangedPlacesAreFound(long row) {
        written();
        long other = row == ROWS ? 1 : row + 1;

        asOwner(
                "UPDATE audit_log SET number = -1 WHERE number = " + row,
                "UPDATE audit_log SET number = " + row + " WHERE number = " + other,
                "UPDATE audit_log SET number = " + other + " WHERE number = -1");

        assertThat(found(node().verify(List.of())).number()).isEqualTo(Math.min(row, other));
    }

    @ParameterizedTest
    @MethodSource("everyRow")
    void aRowThatWasPutInIsFound(long place) {
        written();

        // At its place, the later ones moved up; numbers are changed by a detour, since they are unique at each moment.
        asOwner(
                "UPDATE audit_log SET number = -number WHERE number >= " + place,
                "UPDATE audit_log SET number = 1 - number WHERE number < 0",
                "INSERT INTO audit_log SELECT " + place
                        + ", at, actor, 'never done', environment, target, details, previous, hash, chain, actor_kind, actor_id, address FROM audit_log WHERE number = "
                        + (place + 1));

        assertThat(found(node().verify(List.of())).number()).isEqualTo(place);
    }

    @Test
    void aRowAppendedWithoutTheKeyIsFound() {
        written();

        asOwner(
                "INSERT INTO audit_log SELECT number + 1, at, actor, 'never done', environment, target, details, hash, hash, chain, actor_kind, actor_id, address FROM audit_log WHERE number = "
                        + ROWS);

        assertThat(found(node().verify(List.of())).number()).isEqualTo(ROWS + 1);
    }

    @Test
    void aNewKeyDoesNotMakeAnAlteredLogWhole() {
        written();

        asOwner("UPDATE audit_log SET actor = 'x' WHERE number = 2", "DELETE FROM audit_keys");

        assertThat(found(node().verify(List.of())).number()).isEqualTo(1);
    }

    /** The log of a version until November 2026. */
    private void writtenByAnOldVersion() {
        byte[] previous = new byte[32];
        for (long number = 1; number <= ROWS; number++) {
            AuditRow row = new AuditRow(
                    number,
                    java.time.Instant.parse("2026-11-01T00:00:00.123Z"),
                    new StoredActor("ada@example.com", "", Optional.empty(), Optional.empty()),
                    "did " + number,
                    Optional.of("dev"),
                    Optional.empty(),
                    Json.MAPPER.writeValueAsString(Map.of()),
                    AuditRow.UNKEYED,
                    previous,
                    new byte[32]);
            byte[] hash = withoutKey(row, previous);
            byte[] before = previous;
            database.withHandle(handle -> insertOld(handle, row, before, hash));
            previous = hash;
        }
    }

    private static int insertOld(Handle handle, AuditRow row, byte[] previous, byte[] hash) {
        OffsetDateTime at = row.at().atOffset(ZoneOffset.UTC);
        return handle.execute(
                "INSERT INTO audit_log (number, at, actor, action, environment, target, details, chain, previous, hash) VALUES (?, ?, ?, ?, ?, NULL, ?, 1, ?, ?)",
                row.number(),
                at,
                row.who().name(),
                row.action(),
                row.environment().orElse(""),
                row.details(),
                previous,
                hash);
    }

    @Test
    void whatAnOldVersionWroteIsSealedByTheFirstStartAndStaysReadable() {
        writtenByAnOldVersion();

        AuditLog log = node();
        log.append(line(7));

        AuditVerification verification = node().verify(List.of());
        assertThat(verification.fault()).isEmpty();
        assertThat(verification.count()).isEqualTo(ROWS + 2);
        assertThat(log.list(Long.MAX_VALUE, 10, AuditFilter.ALL))
                .extracting(AuditLog.Entry::action)
                .startsWith("did 7", "sealed the rows of earlier versions", "did 6");
    }

    @ParameterizedTest
    @MethodSource("everyRow")
    void rowsOfAnOldVersionCannotBeChainedAgainOnceTheyAreSealed(long row) {
        writtenByAnOldVersion();
        node();

        asOwner("UPDATE audit_log SET actor = 'x' WHERE number = " + row);
        long sealed = ROWS + 1;
        database.inTransaction(handle -> {
            handle.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_only_grows");
            byte[] previous = new byte[32];
            for (AuditRow one : handle.createQuery(AuditRow.SELECT + " WHERE number < " + sealed + " ORDER BY number")
                    .map((it, context) -> AuditRow.read(it))
                    .list()) {
                byte[] hash = withoutKey(one, previous);
                handle.execute(
                        "UPDATE audit_log SET previous = ?, hash = ? WHERE number = ?", previous, hash, one.number());
                previous = hash;
            }
            handle.execute("UPDATE audit_log SET previous = ? WHERE number = ?", previous, sealed);
            handle.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_log_only_grows");
            return true;
        });

        assertThat(found(node().verify(List.of())).number()).isEqualTo(sealed);
    }

    @Test
    void theTriggerRefusesWhoOnlyWrites() {
        written();

        for (String statement :
                List.of("UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log")) {
            assertThat(catching(statement)).contains("the audit log only grows");
        }
    }

    private String catching(String statement) {
        try {
            database.withHandle(handle -> handle.execute(statement));
            return "";
        } catch (RuntimeException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void nodesThatAppendAtTheSameTimeMakeOneChain() {
        AuditLog one = node();
        AuditLog other = node();

        try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 60; i++) {
                AuditLog log = i % 2 == 0 ? one : other;
                int number = i;
                threads.submit(() -> log.append(line(number)));
            }
        }

        AuditVerification verification = one.verify(List.of());
        assertThat(verification.fault()).isEmpty();
        assertThat(verification.count()).isEqualTo(60);
        assertThat(other.verify(List.of()).intact()).isTrue();
    }

    @Test
    void aNodeSaysOfItsFileOfAnchorsWhetherTheLogStillHasThem(@TempDir Path directory) {
        AuditLog log = written();
        AuditAnchors anchors =
                new AuditAnchors(log, database, directory, (handle, anchor) -> {}, InstantSource.system());
        Anchor made =
                anchors.now(new dev.latchkey.server.access.Actor.System("test")).orElseThrow();
        anchors.renew();

        assertThat(anchors.kept()).containsExactly(made);
        assertThat(node().verify(anchors.kept()).intact()).isTrue();

        asOwner("TRUNCATE audit_log", "DELETE FROM audit_head", "DELETE FROM audit_keys");
        AuditLog fresh = node();
        assertThat(fresh.verify(List.of()).intact()).isTrue();
        assertThat(found(fresh.verify(anchors.kept())).number()).isEqualTo(1);
    }
}
