package dev.latchkey.server.vault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PostgresForTests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VaultTest {
    private final SecureRandom random = new SecureRandom();
    private final Binding place = new Binding(UUID.randomUUID(), "connections", UUID.randomUUID(), "credentials");

    @TempDir
    Path data;

    private Database database;
    private MasterKey master;
    private Vault vault;

    @BeforeEach
    void open() {
        database = Database.open(PostgresForTests.freshDatabase());
        master = MasterKey.load(Optional.empty(), data.resolve("encryption.key"), () -> false, random);
        vault = Vault.open(master, database, random);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void readsWhatItWrote() {
        byte[] sealed = vault.encrypt(place, "secret".getBytes(UTF_8));

        assertThat(new String(sealed, UTF_8)).doesNotContain("secret");
        assertThat(new String(vault.decrypt(place, sealed), UTF_8)).isEqualTo("secret");
    }

    @Test
    void refusesACiphertextThatWasMoved() {
        byte[] sealed = vault.encrypt(place, "secret".getBytes(UTF_8));
        Binding elsewhere = new Binding(place.environment(), "connections", UUID.randomUUID(), "credentials");

        assertThatThrownBy(() -> vault.decrypt(elsewhere, sealed)).isInstanceOf(VaultException.class);
        assertThatThrownBy(() -> vault.decrypt(
                        new Binding(UUID.randomUUID(), "connections", place.row(), "credentials"), sealed))
                .isInstanceOf(VaultException.class);
    }

    @Test
    void refusesACiphertextOfWhichAnyByteWasAltered() {
        byte[] sealed = vault.encrypt(place, "secret".getBytes(UTF_8));

        for (int i = 0; i < sealed.length; i++) {
            byte[] altered = sealed.clone();
            altered[i] ^= 1;
            assertThatThrownBy(() -> vault.decrypt(place, altered)).isInstanceOf(VaultException.class);
        }
    }

    @Test
    void readsOldCiphertextsAfterARotationOnAnotherNode() {
        byte[] before = vault.encrypt(place, "old".getBytes(UTF_8));
        Vault other = Vault.open(master, database, random);
        other.rotate();
        assertThat(other.encrypt(place, "x".getBytes(UTF_8))[4])
                .as("not before every node knows it")
                .isEqualTo((byte) 1);
        becomeOld();
        other.renew();
        byte[] after = other.encrypt(place, "new".getBytes(UTF_8));

        assertThat(after[4]).isEqualTo((byte) 2);
        assertThat(new String(vault.decrypt(place, after), UTF_8)).isEqualTo("new");
        assertThat(new String(other.decrypt(place, before), UTF_8)).isEqualTo("old");
    }

    private void becomeOld() {
        database.withHandle(
                handle -> handle.execute("UPDATE data_keys SET created_at = created_at - interval '20 minutes'"));
    }

    /** Who reads holds a place of the pool already: to ask for another one would be to wait for each other. */
    @Test
    void manyReadersAtOnceOfAKeyThatThisNodeHasNotSeenAllGetTheirs() throws Exception {
        Vault other = Vault.open(master, database, random);
        other.rotate();
        becomeOld();
        other.renew();
        byte[] sealed = other.encrypt(place, "new".getBytes(UTF_8));

        List<Callable<String>> readers = Collections.nCopies(
                40,
                () -> database.withHandle(handle -> {
                    handle.execute("SELECT 1");
                    return new String(vault.decrypt(place, sealed), UTF_8);
                }));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<String> reader : threads.invokeAll(readers)) {
                assertThat(reader.get()).isEqualTo("new");
            }
        }
    }

    @Test
    void aNewMasterKeyTakesOverFromThePreviousOne() throws Exception {
        byte[] sealed = vault.encrypt(place, "secret".getBytes(UTF_8));
        Secret old = new Secret(Files.readString(data.resolve("encryption.key")).strip());
        MasterKey fresh = MasterKey.load(Optional.empty(), data.resolve("fresh.key"), () -> false, random);

        Vault taken = Vault.open(fresh.replacing(old), database, random);

        assertThat(new String(taken.decrypt(place, sealed), UTF_8)).isEqualTo("secret");
        // From then on without the old key, which opens nothing any more.
        assertThat(new String(Vault.open(fresh, database, random).decrypt(place, sealed), UTF_8))
                .isEqualTo("secret");
        assertThatThrownBy(() -> Vault.open(master, database, random)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> fresh.replacing(new Secret("short")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("LATCHKEY_ENCRYPTION_KEY_PREVIOUS");
    }

    @Test
    void aDataKeyIsReplacedWhenItIsOld() {
        vault.renew();
        assertThat(vault.encrypt(place, "a".getBytes(UTF_8))[4]).isEqualTo((byte) 1);
        database.withHandle(handle -> handle.execute("UPDATE data_keys SET created_at = now() - interval '91 days'"));

        vault.renew();
        becomeOld();
        vault.renew();

        assertThat(vault.encrypt(place, "a".getBytes(UTF_8))[4]).isEqualTo((byte) 2);
    }

    @Test
    void saysSoWhenTheMasterKeyIsAnother() {
        MasterKey wrong = MasterKey.load(Optional.empty(), data.resolve("other.key"), () -> false, random);

        assertThatThrownBy(() -> Vault.open(wrong, database, random))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not the one this database was written with");
    }

    @Test
    void aLostKeyFileIsNotReplacedBesideADatabaseThatWasWrittenWithIt() {
        Path lost = data.resolve("lost.key");

        assertThatThrownBy(() -> MasterKey.load(Optional.empty(), lost, () -> Vault.isThere(database), random))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("is missing")
                .hasMessageContaining("LATCHKEY_ENCRYPTION_KEY");
        assertThat(lost).doesNotExist();
    }

    @Test
    void firstStartsAtTheSameTimeOnOneFolderUseOneKey() throws Exception {
        Path key = data.resolve("raced/encryption.key");
        List<Future<MasterKey>> loaded = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 16; i++) {
                loaded.add(threads.submit(() -> MasterKey.load(Optional.empty(), key, () -> false, random)));
            }
        }

        byte[] wrapped = loaded.getFirst().get().wrap(new byte[32], 1);
        for (Future<MasterKey> one : loaded) {
            assertThat(one.get().opens(wrapped, 1)).isTrue();
        }
        try (Stream<Path> files = Files.list(key.getParent())) {
            assertThat(files).containsExactly(key);
        }
    }

    @Test
    void makesTheKeyFileForItsOwnerOnly() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("encryption.key"))))
                .isEqualTo("rw-------");
        assertThatThrownBy(() -> MasterKey.load(
                        Optional.of(new Secret("c2hvcnQ=")), data.resolve("unused"), () -> false, random))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("32 bytes in base64")
                .hasMessageNotContaining("c2hvcnQ");
    }
}
