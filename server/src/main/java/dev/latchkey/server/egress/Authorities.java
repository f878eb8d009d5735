package dev.latchkey.server.egress;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** The trusted certificate authorities: the JDK's, and an operator's own in addition. Immutable. */
public final class Authorities {
    private final TrustManager[] managers;

    private Authorities(TrustManager[] managers) {
        this.managers = managers;
    }

    public static Authorities ofTheJdk() {
        return new Authorities(managers(null));
    }

    /**
     * The JDK's, and these.
     *
     * @throws IllegalArgumentException when there is no certificate in it; does not repeat the text
     */
    public static Authorities with(String pem) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate one : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
                store.setCertificateEntry("own-" + number++, one);
            }
            if (number == 0) {
                throw new CertificateException("none");
            }
            for (TrustManager manager : managers(null)) {
                if (manager instanceof X509TrustManager jdk) {
                    for (X509Certificate one : jdk.getAcceptedIssuers()) {
                        store.setCertificateEntry("jdk-" + number++, one);
                    }
                }
            }
            return new Authorities(managers(store));
        } catch (GeneralSecurityException | IOException e) {
            // Not the cause: it may repeat what it could not read.
            throw new IllegalArgumentException("there is no certificate in PEM");
        }
    }

    private static TrustManager[] managers(@org.jspecify.annotations.Nullable KeyStore store) {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no certificate authorities", e);
        }
    }

    /** For certificates that are not a connection's, but sign what is sent. */
    public X509TrustManager manager() {
        return Arrays.stream(managers)
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow();
    }

    TrustManager[] managers() {
        return Arrays.copyOf(managers, managers.length);
    }
}
