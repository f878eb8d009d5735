package dev.latchkey.server.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.storage.Statement;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** D8: a row takes one statement where no other writer was faster, and is written once, or with its transaction not at all, where one was. */
class AuditAppendTest {
    @TempDir
    static Path folder;

    private final Database database = Database.open(PostgresForTests.freshDatabase());
    private final SecureRandom random = new SecureRandom();
    private AuditLog one;
    private AuditLog other;

    @BeforeEach
    void start() {
        database.withHandle(handle -> handle.execute("CREATE TABLE beside (what text)"));
        one = node();
        other = node();
    }

    @AfterEach
    void close() {
        database.close();
    }

    private AuditLog node() {
        MasterKey master = MasterKey.load(Optional.empty(), folder.resolve("encryption.key"), () -> false, random);
        return new AuditLog(
                database,
                Vault.open(master, database, random),
                random,
                InstantSource.system(),
                EnvironmentFragments::name);
    }

    private static List<AuditLog.Line> lines(String action, int count) {
        return IntStream.range(0, count)
                .mapToObj(i ->
                        new AuditLog.Line(StoredActor.SYSTEM, action, Optional.empty(), Optional.empty(), Map.of()))
                .toList();
    }

    private static Statement beside(String what) {
        return new Statement("INSERT INTO beside (what) VALUES (:what)", statement -> statement.bind("what", what));
    }

    private void appendWith(AuditLog log, String what, int count) {
        database.inTransaction(handle -> {
            log.appendWith(handle, lines(what, count), beside(what));
            return true;
        });
    }

    private List<String> besides() {
        return database.withHandle(handle -> handle.createQuery("SELECT what FROM beside")
                .mapTo(String.class)
                .list());
    }

    private List<String> noted() {
        return one.list(Long.MAX_VALUE, 100, AuditFilter.ALL).stream()
                .map(AuditLog.Entry::action)
                .toList()
                .reversed();
    }

    private void isIntact(int rows) {
        for (AuditLog log : List.of(one, other, node())) {
            AuditVerification verification = log.verify(List.of());
            assertThat(verification.fault()).isEmpty();
            assertThat(verification.count()).isEqualTo(rows);
        }
    }

    @Test
    void ofTwoNodesInTurnEachWritesItsRowsAndWhatIsSentAlongOnce() {
        appendWith(one, "a", 3);
        appendWith(other, "b", 1);
        appendWith(other, "c", 2);
        appendWith(one, "d", 1);

        assertThat(noted()).containsExactly("a", "a", "a", "b", "c", "c", "d");
        assertThat(besides()).containsExactly("a", "b", "c", "d");
        isIntact(7);
    }

    @Test
    void withoutLinesOnlyWhatIsSentAlongIsWritten() {
        appendWith(one, "a", 0);

        assertThat(besides()).containsExactly("a");
        isIntact(0);
    }

    @Test
    void aTransactionThatAppendsTwiceFollowsItself() {
        database.inTransaction(handle -> {
            one.append(handle, lines("a", 1));
            one.appendWith(handle, lines("b", 2), beside("b"));
            one.append(handle, lines("c", 1));
            return true;
        });
        one.append(lines("d", 1).getFirst());

        assertThat(noted()).containsExactly("a", "b", "b", "c", "d");
        assertThat(besides()).containsExactly("b");
        isIntact(5);
    }

    @Test
    void whatIsRolledBackLeavesNoRowAndNoGap() {
        assertThatThrownBy(() -> database.inTransaction(handle -> {
                    one.appendWith(handle, lines("a", 2), beside("a"));
                    throw new IllegalStateException("later in the transaction");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> database.inTransaction(handle -> {
                    one.appendWith(handle, lines("b", 2), new Statement("INSERT INTO nowhere VALUES (1)", it -> {}));
                    return true;
                }))
                .hasMessageContaining("nowhere");
        appendWith(one, "c", 1);

        assertThat(noted()).containsExactly("c");
        assertThat(besides()).containsExactly("c");
        isIntact(1);
    }
}
