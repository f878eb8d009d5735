package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.egress.Authorities;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the master key comes from: the settings, its file, or the database, where a key management service has wrapped it. It is unwrapped
 * once, at startup, and then in memory as one from a file is: a service that is away later on stops nobody.
 */
public final class MasterKeys {
    private static final Logger LOG = LoggerFactory.getLogger(MasterKeys.class);

    private final Configuration configuration;
    private final Platform platform;
    private final SecureRandom random;

    /** @param variables of this process: cloud platforms tell workloads there who they are */
    public MasterKeys(Configuration configuration, Map<String, String> variables, SecureRandom random) {
        this.configuration = configuration;
        this.platform = new Platform(variables);
        this.random = random;
    }

    /** A key management service, if one is configured, and what it calls the key. */
    public Optional<String> service() {
        return configuration.storage().keyServices().current().map(KeyAddress::name);
    }

    /** The file of a master key that neither the settings nor a key management service provide. */
    public Path file() {
        return configuration.storage().dataDirectory().resolve("encryption.key");
    }

    /**
     * At startup: makes a master key where there is none.
     *
     * @throws ConfigurationException when it is lost, or the key management service does not give it; says what to do
     */
    public MasterKey open(Database database) {
        WrappedKeys stored = new WrappedKeys(database);
        return replacing(
                configuration
                        .storage()
                        .keyServices()
                        .current()
                        .map(address -> wrapped(address, stored, database))
                        .orElseGet(() -> unwrapped(() -> Vault.isThere(database))),
                stored::of);
    }

    /**
     * Makes nothing.
     *
     * @param database of any version
     * @throws ConfigurationException as {@link #open}
     */
    public MasterKey look(Connection database) throws SQLException {
        Map<String, byte[]> stored = WrappedKeys.all(database);
        return replacing(
                configuration
                        .storage()
                        .keyServices()
                        .current()
                        .map(address -> unwrap(
                                address,
                                credentials(),
                                Optional.ofNullable(stored.get(address.name())).orElseThrow(() -> unknown(address))))
                        .orElseGet(() -> unwrapped(() -> true)),
                name -> Optional.ofNullable(stored.get(name)));
    }

    /**
     * From the settings or the file.
     *
     * @param lost whether there must have been one already
     */
    public MasterKey unwrapped(BooleanSupplier lost) {
        return MasterKey.load(configuration.storage().encryptionKey(), file(), lost, random);
    }

    /**
     * Has the key management service wrap and unwrap a key that is for this only.
     *
     * @throws ConfigurationException when it refuses, or does not answer
     */
    public void tryService() {
        configuration
                .storage()
                .keyServices()
                .current()
                .ifPresent(address -> wrap(service(address, credentials()), address, fresh()));
    }

    private MasterKey replacing(MasterKey master, java.util.function.Function<String, Optional<byte[]>> stored) {
        Optional<Secret> key = configuration.storage().previousEncryptionKey();
        if (key.isPresent()) {
            return master.replacing(key.get());
        }
        Configuration.KeyServices services = configuration.storage().keyServices();
        return services.previous()
                .map(
                        address -> master.replacing(
                                unwrap(
                                        address,
                                        services.previousCredentials(),
                                        stored.apply(address.name())
                                                .orElseThrow(
                                                        () -> new ConfigurationException(
                                                                "LATCHKEY_ENCRYPTION_KMS_PREVIOUS names the key "
                                                                        + address.name()
                                                                        + ", which has wrapped no master key of this database: name the one that has, or remove the setting.")))))
                .orElse(master);
    }

    private MasterKey wrapped(KeyAddress address, WrappedKeys stored, Database database) {
        KeyService service = service(address, credentials());
        Optional<byte[]> known = stored.of(address.name());
        if (known.isEmpty()) {
            boolean moves = configuration.storage().previousEncryptionKey().isPresent()
                    || configuration.storage().keyServices().previous().isPresent();
            if (!moves && Vault.isThere(database)) {
                throw unknown(address);
            }
            byte[] made = fresh();
            // Of nodes that start at once the first one wins, and all use its key.
            if (stored.add(address.name(), wrap(service, address, made))) {
                LOG.info("A master key was made, and wrapped by {}.", address.name());
                return MasterKey.of(made);
            }
            return unwrap(address, credentials(), stored.of(address.name()).orElseThrow(() -> unknown(address)));
        }
        byte[] master = checked(address, service.unwrap(known.get()));
        try {
            // By the newest version of the service's key: older ones can be disabled after a restart.
            stored.replace(address.name(), known.get(), wrap(service, address, master));
        } catch (ConfigurationException e) {
            LOG.warn(
                    "The master key was unwrapped, but not wrapped again by the newest version of its key: {}",
                    e.getMessage());
        }
        return MasterKey.of(master);
    }

    private MasterKey unwrap(KeyAddress address, Optional<Secret> credentials, byte[] wrapped) {
        return MasterKey.of(checked(address, service(address, credentials).unwrap(wrapped)));
    }

    /** What a service wraps is stored only once it has proven that it gives it back. */
    private static byte[] wrap(KeyService service, KeyAddress address, byte[] key) {
        byte[] wrapped = service.wrap(key);
        if (!MessageDigest.isEqual(service.unwrap(wrapped), key)) {
            throw Refusal.OTHER.of(address, "it does not give back what it wrapped");
        }
        return wrapped;
    }

    private static byte[] checked(KeyAddress address, byte[] key) {
        if (key.length != MasterKey.BYTES) {
            throw Refusal.FOREIGN.of(address, "not a master key");
        }
        return key;
    }

    private byte[] fresh() {
        byte[] key = new byte[MasterKey.BYTES];
        random.nextBytes(key);
        return key;
    }

    private ConfigurationException unknown(KeyAddress address) {
        return new ConfigurationException("LATCHKEY_ENCRYPTION_KMS names the key " + address.name()
                + ", which has wrapped no master key of this database: name the one that has, or, to move to this one, set LATCHKEY_ENCRYPTION_KEY_PREVIOUS (LATCHKEY_ENCRYPTION_KEY_PREVIOUS_FILE="
                + file() + " for a key file) or LATCHKEY_ENCRYPTION_KMS_PREVIOUS to the old one.");
    }

    private Optional<Secret> credentials() {
        return configuration.storage().keyServices().credentials();
    }

    private KeyService service(KeyAddress address, Optional<Secret> credentials) {
        Calls calls = new Calls(
                address,
                configuration.egress().authorities().map(Authorities::with).orElseGet(Authorities::ofTheJdk));
        InstantSource clock = InstantSource.system();
        return switch (address) {
            case KeyAddress.Aws aws ->
                new AwsKms(aws, calls, new AwsIdentity(aws, calls, credentials, platform), clock);
            case KeyAddress.Google google ->
                new GoogleKms(google, calls, new GoogleIdentity(google, calls, credentials, platform, clock));
            case KeyAddress.Azure azure ->
                new AzureKeyVault(azure, calls, new AzureIdentity(azure, calls, credentials, platform));
            case KeyAddress.Transit transit -> new VaultTransit(transit, calls, credentials);
            case KeyAddress.Token token -> new Pkcs11Token(token, credentials, random);
        };
    }
}
