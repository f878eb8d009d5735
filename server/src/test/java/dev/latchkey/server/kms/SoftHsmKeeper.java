package dev.latchkey.server.kms;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AuthProvider;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.KeyGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** A real PKCS #11 token: SoftHSM, from Debian. One token in a process, since the library reads them when it is loaded; a key for each keeper. */
final class SoftHsmKeeper implements Keeper {
    private static final Path LIBRARY = Path.of("/usr/lib/softhsm/libsofthsm2.so");
    private static final String PIN = "1234-pin";
    private static @Nullable String slot;

    private final String label = "latchkey-" + UUID.randomUUID();

    SoftHsmKeeper() {
        Assumptions.assumeTrue(
                Files.exists(LIBRARY) && System.getenv("SOFTHSM2_CONF") != null,
                "softhsm2 is installed by ./latchkey test, and Maven names its settings");
        makeKey();
    }

    private static synchronized String slot() {
        String known = slot;
        if (known == null) {
            known = makeToken();
            slot = known;
        }
        return known;
    }

    private static String makeToken() {
        try {
            Path tokens = Files.createTempDirectory("softhsm");
            Files.writeString(
                    Path.of(System.getenv("SOFTHSM2_CONF")),
                    "directories.tokendir = " + tokens + "\nobjectstore.backend = file\nlog.level = ERROR\n");
            Process process = new ProcessBuilder(
                            "softhsm2-util",
                            "--init-token",
                            "--free",
                            "--label",
                            "latchkey",
                            "--so-pin",
                            "5678-so",
                            "--pin",
                            PIN)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher found = Pattern.compile("reassigned to slot (\\d+)").matcher(said);
            if (process.waitFor() != 0 || !found.find()) {
                throw new AssertionError(said);
            }
            return found.group(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static Provider provider() {
        return Security.getProvider("SunPKCS11").configure("""
                --name=owner
                library=%s
                slot=%s
                attributes(generate, CKO_SECRET_KEY, *) = {
                  CKA_TOKEN = true
                  CKA_SENSITIVE = true
                  CKA_EXTRACTABLE = false
                  CKA_ENCRYPT = true
                  CKA_DECRYPT = true
                }
                """.formatted(LIBRARY, slot()));
    }

    private interface Work {
        void on(Provider provider, KeyStore store) throws GeneralSecurityException;
    }

    private static void asOwner(Work work) {
        AuthProvider provider = (AuthProvider) provider();
        try {
            KeyStore store = KeyStore.getInstance("PKCS11", provider);
            store.load(null, PIN.toCharArray());
            work.on(provider, store);
            provider.logout();
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    private void makeKey() {
        asOwner((provider, store) -> {
            KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
            generator.init(256);
            store.setKeyEntry(label, generator.generateKey(), null, null);
        });
    }

    private void deleteKey() {
        asOwner((provider, store) -> store.deleteEntry(label));
    }

    @Override
    public String address() {
        return "pkcs11:" + LIBRARY + "?key=" + label + "&slot=" + slot();
    }

    @Override
    public String credentials() {
        return PIN;
    }

    /** A key on a token has no versions. */
    @Override
    public boolean rotate() {
        return false;
    }

    @Override
    public void disableOlder() {
        throw new AssertionError("there are none");
    }

    @Override
    public Optional<String> refuse(Refusal why) {
        return switch (why) {
            case DENIED -> Optional.of("another-pin");
            case MISSING -> {
                deleteKey();
                yield Optional.of(PIN);
            }
            case FOREIGN -> {
                deleteKey();
                makeKey();
                yield Optional.of(PIN);
            }
            case UNKNOWN_IDENTITY, DISABLED, AWAY, OTHER -> Optional.empty();
        };
    }

    @Override
    public void close() {
        // The token ends with the test's temporary folders.
    }
}
