package dev.latchkey.server.datastores;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.mariadb.jdbc.Configuration;
import org.mariadb.jdbc.HostAddress;
import org.mariadb.jdbc.export.ExceptionFactory;
import org.mariadb.jdbc.plugin.TlsSocketPlugin;

/** The attempt's TLS, where MariaDB's driver takes a plugin by name. Public only for the driver. */
public final class MariaDbTls implements TlsSocketPlugin {
    static final String TYPE = "latchkey";

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public TrustManager[] getTrustManager(Configuration configuration, ExceptionFactory exceptions, HostAddress host) {
        return new TrustManager[] {Attempt.CURRENT.get().trust()};
    }

    @Override
    public KeyManager[] getKeyManager(Configuration configuration, ExceptionFactory exceptions) {
        return new KeyManager[0];
    }

    @Override
    public SSLSocketFactory getSocketFactory(
            Configuration configuration, ExceptionFactory exceptions, HostAddress host) {
        return Attempt.CURRENT.get().tls().getSocketFactory();
    }
}
