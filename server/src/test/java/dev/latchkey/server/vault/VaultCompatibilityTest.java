package dev.latchkey.server.vault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.crypto.tink.subtle.AesGcmJce;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.PostgresForTests;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code vault/before-keysets.txt} was written by the code of commit 9027429, which called AES-GCM with bare keys, before keysets came:
 * two data keys wrapped by a master key, the same two wrapped by another, and three secrets encrypted with each of them.
 */
class VaultCompatibilityTest {
    private static final UUID ENVIRONMENT = UUID.fromString("11111111-2222-4333-8444-555555555555");
    private static final List<Binding> PLACES = List.of(
            new Binding(
                    ENVIRONMENT, "connections", UUID.fromString("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"), "credentials"),
            new Binding(
                    ENVIRONMENT,
                    "integrations",
                    UUID.fromString("99999999-8888-4777-8666-555555555555"),
                    "client_secret"),
            new Binding(ENVIRONMENT, "signing_keys", UUID.fromString("12345678-1234-4234-8234-123456789012"), "value"));
    private static final List<String> CLEAR =
            List.of("{\"type\":\"OAUTH2\",\"access_token\":\"a token of the code before\"}", "grüß", "k".repeat(5000));

    private final SecureRandom random = new SecureRandom();
    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(PostgresForTests.freshDatabase());
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static Stream<String[]> lines(String kind) throws Exception {
        try (InputStream data = VaultCompatibilityTest.class.getResourceAsStream("/vault/before-keysets.txt")) {
            return new String(data.readAllBytes(), UTF_8)
                    .lines()
                    .map(line -> line.split(" "))
                    .filter(line -> line[0].equals(kind));
        }
    }

    private MasterKey master(String kind) throws Exception {
        return MasterKey.load(
                Optional.of(new Secret(lines(kind).findFirst().orElseThrow()[1])),
                Path.of("unused"),
                () -> false,
                random);
    }

    private void insert(String kind) throws Exception {
        lines(kind)
                .forEach(line -> database.withHandle(handle -> handle.createUpdate(
                                "INSERT INTO data_keys (id, wrapped, created_at) VALUES (:id, :wrapped, now() - interval '1 day')")
                        .bind("id", Integer.parseInt(line[1]))
                        .bind("wrapped", Base64.getDecoder().decode(line[2]))
                        .execute()));
    }

    private static void readsAll(Vault vault) throws Exception {
        List<String[]> stored = lines("ciphertext").toList();
        assertThat(stored).hasSize(2 * PLACES.size());
        for (String[] line : stored) {
            int place = Integer.parseInt(line[1]);
            assertThat(new String(
                            vault.decrypt(PLACES.get(place), Base64.getDecoder().decode(line[2])), UTF_8))
                    .isEqualTo(CLEAR.get(place));
        }
    }

    @Test
    void readsWhatTheCodeBeforeWrote() throws Exception {
        insert("key");

        readsAll(Vault.open(master("master"), database, random));
    }

    @Test
    void readsWhatAPreviousMasterKeyOfTheCodeBeforeWrapped() throws Exception {
        insert("wrapped-by-other");
        Secret other = new Secret(lines("other").findFirst().orElseThrow()[1]);

        readsAll(Vault.open(master("master").replacing(other), database, random));

        readsAll(Vault.open(master("master"), database, random));
    }

    /** In a rolling upgrade nodes of both versions write into one database. */
    @Test
    void writesWhatTheCodeBeforeReads() throws Exception {
        insert("key");
        MasterKey master = master("master");
        byte[] written = Vault.open(master, database, random).encrypt(PLACES.getFirst(), "new".getBytes(UTF_8));
        byte[] wrapped = Base64.getDecoder()
                .decode(lines("key")
                        .filter(line -> line[1].equals("2"))
                        .findFirst()
                        .orElseThrow()[2]);
        byte[] masterKey =
                Base64.getDecoder().decode(lines("master").findFirst().orElseThrow()[1]);

        byte[] dataKey = new AesGcmJce(masterKey).decrypt(wrapped, "latchkey data key 2".getBytes(UTF_8));
        byte[] clear = new AesGcmJce(dataKey)
                .decrypt(
                        Arrays.copyOfRange(written, 5, written.length),
                        PLACES.getFirst().associatedData());

        assertThat(Arrays.copyOf(written, 5)).containsExactly(1, 0, 0, 0, 2);
        assertThat(new String(clear, UTF_8)).isEqualTo("new");
        assertThat(new AesGcmJce(masterKey).decrypt(master.wrap(dataKey, 7), "latchkey data key 7".getBytes(UTF_8)))
                .isEqualTo(dataKey);
    }
}
