package dev.latchkey.server.egress;

import dev.latchkey.catalogue.keys.PrivateKeys;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** TLS to a server that is always verified, with or without a certificate of our own. */
final class Tls {
    private static final Pattern ALERT = Pattern.compile("[Aa]lert: ?\\(?([a-z_]+)");

    private Tls() {}

    /** @param trust absent: the JDK's own roots */
    static SSLContext context(TrustManager @Nullable [] trust) {
        return context(new KeyManager[0], trust);
    }

    /** @throws IllegalArgumentException when certificate or key cannot be read; names neither */
    static SSLContext context(ClientCertificate certificate, TrustManager @Nullable [] trust) {
        try {
            X509Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(
                            certificate.chain().reveal().getBytes(StandardCharsets.UTF_8)))
                    .toArray(X509Certificate[]::new);
            if (chain.length == 0) {
                throw new CertificateException("none");
            }
            ConfiguredClientKey only = new ConfiguredClientKey(
                    chain, PrivateKeys.parse(certificate.key().reveal()));
            return context(new KeyManager[] {only}, trust);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // The cause's message might repeat what it could not read.
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

    /** The reason, if known: only the alert names of TLS itself (RFC 8446 section 6). */
    static String reason(SSLException wrong) {
        for (Throwable cause = wrong; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return ": its certificate does not come from an authority that is trusted here";
            }
            if (cause instanceof SSLPeerUnverifiedException) {
                return ": its certificate is for another host";
            }
        }
        Matcher alert = ALERT.matcher(String.valueOf(wrong.getMessage()));
        if (!alert.find()) {
            return "";
        }
        String word = alert.group(1);
        return switch (word) {
            case "certificate_required" -> ": it asks for a client certificate (" + word + ")";
            case "bad_certificate",
                    "certificate_unknown",
                    "unknown_ca",
                    "certificate_expired",
                    "certificate_revoked",
                    "unsupported_certificate",
                    "access_denied" -> ": it refused the client certificate (" + word + ")";
            default -> " (" + word + ")";
        };
    }
}
