package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.egress.GuardedSockets;
import dev.latchkey.server.egress.PeerTrust;
import dev.latchkey.server.secrets.Secret;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * One attempt to reach a database: the sockets and the TLS for its driver. Drivers create these parts from class names; they find
 * their attempt in {@link #CURRENT}, which is bound for the thread that connects.
 *
 * @param password of the login, which no error may repeat
 */
record Attempt(GuardedSockets sockets, PeerTrust trust, SSLContext tls, Secret password) {
    static final ScopedValue<Attempt> CURRENT = ScopedValue.newInstance();

    /** An unreadable certificate or key; the message repeats neither. */
    static final class UnreadableException extends Exception {
        private static final long serialVersionUID = 1;

        UnreadableException(String message) {
            super(message, null, false, false);
        }
    }

    /** @throws UnreadableException when a certificate or key cannot be read or is outside the limits */
    static Attempt of(DatastoreAddress address, DatastoreAddress.Host host, GuardedSockets sockets)
            throws UnreadableException {
        try {
            PeerTrust trust = new PeerTrust(
                    mode(address.tls()), host.name(), address.certificates().ca());
            return new Attempt(sockets, trust, context(address, trust), new Secret(address.password()));
        } catch (IllegalArgumentException e) {
            throw new UnreadableException(String.valueOf(e.getMessage()));
        }
    }

    private static PeerTrust.Mode mode(DatastoreTls tls) {
        return switch (tls) {
            case DISABLE, REQUIRE -> PeerTrust.Mode.ANYBODY;
            case VERIFY_CA -> PeerTrust.Mode.AUTHORITY;
            case VERIFY_FULL -> PeerTrust.Mode.HOST;
        };
    }

    private static SSLContext context(DatastoreAddress address, PeerTrust trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(address), new TrustManager[] {trust}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no TLS", e);
        }
    }

    private static KeyManager[] keys(DatastoreAddress address) {
        if (address.certificates().client().isEmpty()) {
            return new KeyManager[0];
        }
        try {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(
                            address.certificates().client().getBytes(StandardCharsets.UTF_8)))
                    .toArray(Certificate[]::new);
            char[] inMemory = new char[0];
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, inMemory);
            store.setKeyEntry("client", PrivateKeys.parse(address.certificates().clientKey()), inMemory, chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, inMemory);
            return managers.getKeyManagers();
        } catch (GeneralSecurityException | java.io.IOException | IllegalArgumentException e) {
            // Not the cause: it may repeat what it could not read.
            throw new IllegalArgumentException(
                    "the client certificate or its key cannot be read: both must be PEM, the key PKCS #8 without a passphrase"
                            + " (`openssl pkcs8 -topk8 -nodes` makes it one)");
        }
    }
}
