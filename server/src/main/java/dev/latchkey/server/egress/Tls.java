package dev.latchkey.server.egress;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** TLS to a server that is always verified, with or without a certificate of our own. */
final class Tls {
    private static final char[] IN_MEMORY = new char[0];

    private Tls() {}

    /** @param trust absent: the JDK's own roots */
    static SSLContext context(TrustManager @Nullable [] trust) {
        return context(new KeyManager[0], trust);
    }

    /** @throws IllegalArgumentException when certificate or key cannot be read; names neither */
    static SSLContext context(ClientCertificate certificate, TrustManager @Nullable [] trust) {
        try {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(
                            certificate.chain().reveal().getBytes(StandardCharsets.UTF_8)))
                    .toArray(Certificate[]::new);
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, IN_MEMORY);
            store.setKeyEntry("client", key(certificate.key().reveal()), IN_MEMORY, chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, IN_MEMORY);
            return context(managers.getKeyManagers(), trust);
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            // The cause's own words might repeat what it could not read.
            throw new IllegalArgumentException(
                    "the client certificate or its key cannot be read: both must be PEM, the key PKCS #8 without a passphrase");
        }
    }

    private static SSLContext context(KeyManager[] keys, TrustManager @Nullable [] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trust, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no TLS", e);
        }
    }

    private static PrivateKey key(String pem) throws GeneralSecurityException {
        String base64 = pem.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "").replaceAll("\\s", "");
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                continue;
            }
        }
        throw new InvalidKeySpecException("neither RSA nor EC nor Ed25519");
    }
}
