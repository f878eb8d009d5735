package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.AuthProvider;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.Security;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.security.auth.login.LoginException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An AES key that never leaves a hardware token (PKCS #11, by the JDK's own SunPKCS11). What is wrapped is the nonce, then ciphertext and
 * tag of CKM_AES_GCM.
 *
 * @param pin of the token's user
 */
record Pkcs11Token(KeyAddress.Token address, Optional<Secret> pin, SecureRandom random) implements KeyService {
    private static final Logger LOG = LoggerFactory.getLogger(Pkcs11Token.class);
    private static final int NONCE = 12;
    private static final int TAG_BITS = 128;
    private static final byte[] BOUND_TO = "latchkey master key".getBytes(StandardCharsets.UTF_8);

    @Override
    public byte[] wrap(byte[] master) {
        byte[] nonce = new byte[NONCE];
        random.nextBytes(nonce);
        byte[] sealed = compute(Cipher.ENCRYPT_MODE, nonce, master);
        byte[] whole = Arrays.copyOf(nonce, NONCE + sealed.length);
        System.arraycopy(sealed, 0, whole, NONCE, sealed.length);
        return whole;
    }

    @Override
    public byte[] unwrap(byte[] wrapped) {
        if (wrapped.length <= NONCE) {
            throw Refusal.FOREIGN.of(address, "not by a token");
        }
        return compute(
                Cipher.DECRYPT_MODE, Arrays.copyOf(wrapped, NONCE), Arrays.copyOfRange(wrapped, NONCE, wrapped.length));
    }

    private byte[] compute(int mode, byte[] nonce, byte[] text) {
        AuthProvider provider = provider();
        try {
            Key key = key(provider);
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", provider);
            cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(BOUND_TO);
            return cipher.doFinal(text);
        } catch (GeneralSecurityException | ProviderException e) {
            throw (mode == Cipher.DECRYPT_MODE ? Refusal.FOREIGN : Refusal.OTHER).of(address, code(e));
        } finally {
            leave(provider);
        }
    }

    /** A login is the whole process's, and lasts: nothing here needs the token again. */
    private static void leave(AuthProvider provider) {
        try {
            provider.logout();
        } catch (LoginException e) {
            LOG.debug("The PKCS #11 token was not logged out of: {}", code(e));
        }
    }

    private AuthProvider provider() {
        if (!Files.isReadable(address.module())) {
            throw new ConfigurationException("LATCHKEY_ENCRYPTION_KMS names the PKCS #11 library " + address.module()
                    + ", which is not there or cannot be read: install the token's software, or correct the path.");
        }
        Provider ofTheJdk = Security.getProvider("SunPKCS11");
        if (ofTheJdk == null) {
            throw new ConfigurationException(
                    "This Java has no PKCS #11 (module jdk.crypto.cryptoki): run Latchkey with a full JDK, or with the runtime it ships with.");
        }
        try {
            Provider configured = ofTheJdk.configure("--name=latchkey\nlibrary=" + address.module() + "\n"
                    + address.slot().map(slot -> "slot=" + slot).orElse("slotListIndex=0") + "\n");
            if (configured instanceof AuthProvider provider) {
                return provider;
            }
            throw Refusal.OTHER.of(address, "it takes no login");
        } catch (ProviderException | IllegalArgumentException e) {
            throw Refusal.OTHER.of(address, code(e));
        }
    }

    private Key key(Provider provider) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS11", provider);
            store.load(null, pin.map(word -> word.reveal().toCharArray()).orElse(null));
            Key key = store.getKey(address.label(), null);
            if (key == null) {
                throw Refusal.MISSING.of(address, "no secret key with this label");
            }
            return key;
        } catch (IOException e) {
            // Its cause is a failed login.
            throw Refusal.DENIED.of(address, code(e));
        } catch (GeneralSecurityException | ProviderException e) {
            throw Refusal.OTHER.of(address, code(e));
        }
    }

    /** The token's own word, such as CKR_PIN_INCORRECT. */
    private static String code(Throwable failure) {
        String found = "";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            int start = message.indexOf("CKR_");
            if (start >= 0) {
                found = message.substring(start).split("[^A-Z0-9_]", 2)[0];
            }
        }
        return found.isEmpty() ? failure.getClass().getSimpleName() : found;
    }
}
