package dev.latchkey.server.datastores;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

/** The attempt's trust, where SQL Server's driver takes the name of a class. Public only for the driver. */
public final class DriverTrust implements X509TrustManager {
    private final X509TrustManager of = Attempt.CURRENT.get().trust();

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        of.checkClientTrusted(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        of.checkServerTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return of.getAcceptedIssuers();
    }
}
