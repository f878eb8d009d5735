package dev.latchkey.server.egress;

import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;

/**
 * Which certificates a database may present. Drivers differ in what they check; this checks everything, so that a mode means the same
 * with each of them.
 */
public final class PeerTrust extends X509ExtendedTrustManager {
    /** How far the peer is verified. */
    public enum Mode {
        /** Encrypted, without authenticating the server: the choice of the database's operator. */
        ANYBODY,
        AUTHORITY,
        HOST
    }

    private final Mode mode;
    private final String host;
    private final X509TrustManager authorities;

    /**
     * @param authority certificates in PEM; empty: the JDK's own
     * @throws IllegalArgumentException when they cannot be read
     */
    public PeerTrust(Mode mode, String host, String authority) {
        this.mode = mode;
        this.host = host;
        this.authorities = authorities(authority);
    }

    private static X509TrustManager authorities(String pem) {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            if (pem.isBlank()) {
                factory.init((KeyStore) null);
            } else {
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                int number = 0;
                for (Certificate one : CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
                    store.setCertificateEntry("ca-" + number++, one);
                }
                if (number == 0) {
                    throw new CertificateException("none");
                }
                factory.init(store);
            }
            return Arrays.stream(factory.getTrustManagers())
                    .filter(X509TrustManager.class::isInstance)
                    .map(X509TrustManager.class::cast)
                    .findFirst()
                    .orElseThrow();
        } catch (GeneralSecurityException | java.io.IOException e) {
            // Not the cause: it may repeat what it could not read.
            throw new IllegalArgumentException("the certificate authority must be a certificate in PEM");
        }
    }

    private void check(X509Certificate[] chain, String type) throws CertificateException {
        if (mode == Mode.ANYBODY) {
            return;
        }
        authorities.checkServerTrusted(chain, type);
        if (mode == Mode.HOST) {
            try {
                new DefaultHostnameVerifier().verify(host, chain[0]);
            } catch (SSLException e) {
                // Without a cause: drivers show the innermost message.
                throw new CertificateException("the certificate is not for the host " + host);
            }
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        check(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        check(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        check(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("only servers are checked here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        checkClientTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        checkClientTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }
}
