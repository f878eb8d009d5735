package dev.latchkey.server.kms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.commands.LatchkeyCommand;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each service of {@link KeyAddress}: by a stand-in that checks what is sent as the service does, and PKCS #11 by SoftHSM. */
class MasterKeysTest {
    private final SecureRandom random = new SecureRandom();
    private final Binding place = new Binding(UUID.randomUUID(), "connections", UUID.randomUUID(), "credentials");
    private final String url = PostgresForTests.freshDatabaseUrl();

    @TempDir
    Path data;

    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(DatabaseAddress.parse(url));
    }

    @AfterEach
    void close() {
        database.close();
    }

    static Stream<Class<?>> services() {
        return Arrays.stream(KeyAddress.class.getPermittedSubclasses());
    }

    private Vault vault(Map<String, String> settings) {
        return vault(settings, Map.of());
    }

    private Vault vault(Map<String, String> settings, Map<String, String> platform) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("LATCHKEY_DATA_DIR", data.toString());
        return Vault.open(
                new MasterKeys(Configuration.fromEnvironment(all), platform, random).open(database), database, random);
    }

    private static Map<String, String> kept(Keeper keeper) {
        return kept(keeper, keeper.credentials());
    }

    private static Map<String, String> kept(Keeper keeper, String credentials) {
        return Map.of("LATCHKEY_ENCRYPTION_KMS", keeper.address(), "LATCHKEY_ENCRYPTION_KMS_CREDENTIALS", credentials);
    }

    private static Map<String, String> keptBefore(Keeper keeper) {
        return Map.of(
                "LATCHKEY_ENCRYPTION_KMS_PREVIOUS", keeper.address(),
                "LATCHKEY_ENCRYPTION_KMS_CREDENTIALS_PREVIOUS", keeper.credentials());
    }

    private static Map<String, String> both(Map<String, String> one, Map<String, String> other) {
        Map<String, String> all = new HashMap<>(one);
        all.putAll(other);
        return all;
    }

    private String read(Vault vault, byte[] sealed) {
        return new String(vault.decrypt(place, sealed), UTF_8);
    }

    private List<String> stored() {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT service_key || ' ' || encode(wrapped, 'hex') FROM wrapped_master_keys ORDER BY 1")
                .mapTo(String.class)
                .list());
    }

    @ParameterizedTest
    @MethodSource("services")
    void aServiceKeepsTheMasterKeyOverRestartsAndRotationsOfItsOwn(Class<?> service) {
        try (Keeper keeper = Keeper.of(service)) {
            byte[] sealed = vault(kept(keeper)).encrypt(place, "secret".getBytes(UTF_8));
            List<String> first = stored();

            assertThat(read(vault(kept(keeper)), sealed)).isEqualTo("secret");
            assertThat(first).hasSize(1);
            assertThat(data.resolve("encryption.key")).doesNotExist();
            if (keeper.rotate()) {
                assertThat(read(vault(kept(keeper)), sealed)).isEqualTo("secret");
                assertThat(stored()).as("wrapped by the new version").isNotEqualTo(first);
                keeper.disableOlder();
                assertThat(read(vault(kept(keeper)), sealed)).isEqualTo("secret");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("services")
    void movesFromAKeyFileToAServiceAndBack(Class<?> service) throws Exception {
        byte[] sealed = vault(Map.of()).encrypt(place, "secret".getBytes(UTF_8));
        Path file = data.resolve("encryption.key");
        try (Keeper keeper = Keeper.of(service)) {
            assertThatThrownBy(() -> vault(kept(keeper)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("has wrapped no master key of this database")
                    .hasMessageContaining("LATCHKEY_ENCRYPTION_KEY_PREVIOUS_FILE=" + file);
            assertThat(stored()).isEmpty();

            Map<String, String> moving =
                    both(kept(keeper), Map.of("LATCHKEY_ENCRYPTION_KEY_PREVIOUS_FILE", file.toString()));
            assertThat(read(vault(moving), sealed)).isEqualTo("secret");
            Files.delete(file);
            assertThat(read(vault(kept(keeper)), sealed)).isEqualTo("secret");

            byte[] key = new byte[32];
            random.nextBytes(key);
            Map<String, String> back =
                    Map.of("LATCHKEY_ENCRYPTION_KEY", Base64.getEncoder().encodeToString(key));
            assertThat(read(vault(both(back, keptBefore(keeper))), sealed)).isEqualTo("secret");
            assertThat(read(vault(back), sealed)).isEqualTo("secret");
            assertThatThrownBy(() -> vault(kept(keeper)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("not the one this database was written with");
        }
    }

    @Test
    void movesFromOneServiceToAnother() {
        try (Keeper old = new VaultKeeper();
                Keeper fresh = new AwsKeeper()) {
            byte[] sealed = vault(kept(old)).encrypt(place, "secret".getBytes(UTF_8));

            assertThat(read(vault(both(kept(fresh), keptBefore(old))), sealed)).isEqualTo("secret");
            assertThat(read(vault(kept(fresh)), sealed)).isEqualTo("secret");
        }
    }

    @ParameterizedTest
    @MethodSource("services")
    void everyRefusalIsOneSentenceAndLeavesWhatIsStored(Class<?> service) {
        int refused = 0;
        for (Refusal why : Refusal.values()) {
            try (Keeper keeper = Keeper.of(service)) {
                database.withHandle(handle -> handle.execute("TRUNCATE data_keys, wrapped_master_keys"));
                vault(kept(keeper));
                List<String> before = stored();
                Optional<String> credentials = keeper.refuse(why);
                if (credentials.isEmpty()) {
                    continue;
                }
                refused++;

                assertThatThrownBy(() -> vault(kept(keeper, credentials.get())))
                        .as(service.getSimpleName() + " " + why)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining(words(why))
                        .hasMessageMatching("[^\\n]+\\.")
                        .message()
                        .satisfies(message -> assertThat(message)
                                .contains(KeyAddress.read(keeper.address())
                                        .orElseThrow()
                                        .name()))
                        .doesNotContain(
                                credentials.get().substring(credentials.get().lastIndexOf(':') + 1));
                assertThat(stored()).isEqualTo(before);
            }
        }
        assertThat(refused).isGreaterThanOrEqualTo(3);
    }

    private static String words(Refusal why) {
        return switch (why) {
            case DENIED -> "denies this server the use of";
            case UNKNOWN_IDENTITY -> "does not accept the identity";
            case MISSING -> "has no key";
            case DISABLED -> "is disabled, or about to be deleted";
            case FOREIGN -> "cannot unwrap this database's master key";
            case AWAY -> "does not answer";
            case OTHER -> "did not do what was asked";
        };
    }

    @Test
    void aServerThatRunsDoesNotNeedTheService() {
        try (VaultKeeper keeper = new VaultKeeper()) {
            Vault running = vault(kept(keeper));
            byte[] sealed = running.encrypt(place, "secret".getBytes(UTF_8));
            keeper.refuse(Refusal.AWAY);

            running.rotate();
            running.renew();

            assertThat(read(running, sealed)).isEqualTo("secret");
        }
    }

    @Test
    void nodesThatStartAtTheSameTimeUseOneKey() throws Exception {
        try (Keeper keeper = new VaultKeeper();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Vault>> nodes = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                nodes.add(threads.submit(() -> vault(kept(keeper))));
            }
            byte[] sealed = nodes.getFirst().get().encrypt(place, "secret".getBytes(UTF_8));

            for (Future<Vault> node : nodes) {
                assertThat(read(node.get(), sealed)).isEqualTo("secret");
            }
            assertThat(stored()).hasSize(1);
        }
    }

    @Test
    void aPlatformsIdentityIsEnough() throws Exception {
        Path token = Files.writeString(data.resolve("token"), "token-of-the-pod\n");
        Path container = Files.writeString(data.resolve("container"), "container-token\n");
        try (AwsKeeper aws = new AwsKeeper();
                GoogleKeeper google = new GoogleKeeper();
                AzureKeeper azure = new AzureKeeper()) {
            Map<Map<String, String>, Keeper> platforms = Map.of(
                    Map.of("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY", "the/secret+of=it"),
                    aws,
                    Map.of(
                            "AWS_WEB_IDENTITY_TOKEN_FILE", token.toString(),
                            "AWS_ROLE_ARN", AwsKeeper.ROLE,
                            "AWS_ENDPOINT_URL_STS", aws.server()),
                    aws,
                    Map.of(
                            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                            aws.server() + "/container",
                            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                            container.toString()),
                    aws,
                    Map.of("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.server()),
                    aws,
                    Map.of("GCE_METADATA_HOST", google.server().substring("http://".length())),
                    google,
                    Map.of(
                            "AZURE_FEDERATED_TOKEN_FILE", token.toString(),
                            "AZURE_TENANT_ID", "tenant-1",
                            "AZURE_CLIENT_ID", "client-1"),
                    azure,
                    Map.of("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.server()),
                    azure);
            platforms.forEach((variables, keeper) -> {
                database.withHandle(handle -> handle.execute("TRUNCATE data_keys, wrapped_master_keys"));
                Map<String, String> settings = Map.of("LATCHKEY_ENCRYPTION_KMS", keeper.address());
                byte[] sealed = vault(settings, variables).encrypt(place, "secret".getBytes(UTF_8));

                assertThat(read(vault(settings, variables), sealed)).isEqualTo("secret");
            });
        }
    }

    @Test
    void anAppRoleOpensVaultAsATokenDoes() {
        try (VaultKeeper keeper = new VaultKeeper()) {
            byte[] sealed = vault(kept(keeper, VaultKeeper.appRole())).encrypt(place, "secret".getBytes(UTF_8));

            assertThat(read(vault(kept(keeper)), sealed)).isEqualTo("secret");
        }
    }

    @ParameterizedTest
    @MethodSource("services")
    void lookingAtAServiceMakesNothing(Class<?> service) throws Exception {
        try (Keeper keeper = Keeper.of(service);
                Connection connection = DatabaseAddress.parse(url).connect(Map.of())) {
            MasterKeys keys = new MasterKeys(Configuration.fromEnvironment(kept(keeper)), Map.of(), random);
            keys.tryService();
            assertThat(Vault.opening(connection, keys::look)).isEqualTo(Vault.Opening.NO_DATA_KEY);
            assertThat(stored()).isEmpty();

            vault(kept(keeper));
            assertThat(Vault.opening(connection, keys::look)).isEqualTo(Vault.Opening.OPENS);
        }
    }

    @Test
    void theDoctorSaysWhetherTheServiceGivesTheKey() {
        try (Keeper keeper = new VaultKeeper()) {
            vault(kept(keeper));
            assertThat(examine(kept(keeper)))
                    .anyMatch(line -> line.startsWith("ok   encryption key") && line.contains("wraps and unwraps"))
                    .anyMatch(line -> line.startsWith("ok   data keys") && line.contains("decrypts them"));

            String credentials = keeper.refuse(Refusal.DENIED).orElseThrow();
            assertThat(examine(kept(keeper, credentials)))
                    .anyMatch(line -> line.startsWith("BAD  encryption key") && line.contains(words(Refusal.DENIED)))
                    .anyMatch(line -> line.startsWith("BAD  data keys") && line.contains(words(Refusal.DENIED)));
        }
    }

    private List<String> examine(Map<String, String> settings) {
        StringWriter out = new StringWriter();
        LatchkeyCommand.line(both(settings, Map.of("LATCHKEY_DATABASE_URL", url, "LATCHKEY_DATA_DIR", data.toString())))
                .setOut(new PrintWriter(out, true))
                .execute("doctor", "127.0.0.1:1");
        return out.toString().lines().toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "aws:alias/mine",
                "aws:arn:aws:kms:eu-central-1:1:key/a",
                "aws:arn:aws:kms:eu-central-1:111122223333:key/a?endpoint=http://kms.example.com",
                "aws:arn:aws:kms:eu-central-1:111122223333:key/a?secret=x",
                "google:projects/p/cryptoKeys/k",
                "azure:http://v.vault.azure.net/keys/k",
                "azure:https://v.vault.azure.net/secrets/k",
                "azure:https://u:p@v.vault.azure.net/keys/k",
                "vault:https://vault.example.com/v1/secret",
                "vault:http://10.0.0.1:8200/v1/transit/keys/k",
                "pkcs11:libsofthsm2.so?key=k",
                "pkcs11:/usr/lib/softhsm/libsofthsm2.so",
                "pkcs11:/usr/lib/softhsm/libsofthsm2.so?key=k&pin-value=1234",
                "pkcs11:/usr/lib/softhsm/libsofthsm2.so?key=k&slot=first",
                "kms",
                "tpm:x"
            })
    void anAddressThatNamesNoKeyIsRefused(String address) {
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of("LATCHKEY_ENCRYPTION_KMS", address)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("LATCHKEY_ENCRYPTION_KMS " + KeyAddress.RULE + ".");
    }

    @Test
    void aKeyIsInOnePlace() {
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of(
                        "LATCHKEY_ENCRYPTION_KMS", "vault:https://vault.example.com/v1/transit/keys/k",
                        "LATCHKEY_ENCRYPTION_KEY", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyMzI=")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("are both set")
                .hasMessageNotContaining("c2VjcmV0");
    }
}
