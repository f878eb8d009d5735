package dev.latchkey.connectors;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.Verified;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Queries a database with its JDBC driver if one is on the class path; otherwise checks that something listens. */
final class DatastoreCheck {
    private final Duration timeout;

    DatastoreCheck(Duration timeout) {
        this.timeout = timeout;
    }

    /** @throws LatchkeyException.CredentialRefused with the database's message, or when nothing listens */
    Verified.Proof check(Provider provider, DatastoreAddress address) {
        // Given as text; drivers require files, which the check deletes.
        boolean ownCertificates = !address.certificates().ca().isEmpty()
                || !address.certificates().client().isEmpty();
        if (provider.calls().verification() instanceof Verification.Sql sql
                && !ownCertificates
                && hasDriver(address.jdbcUrl())) {
            query(provider, address, sql.statement());
            return Verified.Proof.QUERIED;
        }
        if (address.cluster()) {
            // The host names a cluster, whose members only its driver finds.
            return Verified.Proof.UNCHECKED;
        }
        // The others begin TLS inside their own protocol.
        reach(
                provider,
                address.hosts().get(0),
                address.tlsAtConnect() && !ownCertificates && address.tls() == DatastoreTls.VERIFY_FULL);
        return Verified.Proof.REACHED;
    }

    private static boolean hasDriver(String url) {
        try {
            return url.startsWith("jdbc:") && DriverManager.getDriver(url) != null;
        } catch (SQLException e) {
            return false;
        }
    }

    private void query(Provider provider, DatastoreAddress address, String sql) {
        Properties properties = new Properties();
        properties.setProperty("user", address.username());
        properties.setProperty("password", address.password());
        try (java.sql.Connection connection = DriverManager.getConnection(address.jdbcUrl(), properties);
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout((int) Math.max(1, timeout.toSeconds()));
            statement.execute(sql);
        } catch (SQLException e) {
            throw new LatchkeyException.CredentialRefused(provider.name() + " at "
                    + address.hosts().get(0) + " refused the connection (SQL state " + e.getSQLState()
                    + "): " + withoutPassword(String.valueOf(e.getMessage()), address.password()) + ".");
        }
    }

    private static String withoutPassword(String message, String password) {
        String first = message.lines().findFirst().orElse("");
        return password.isEmpty() ? first : first.replace(password, "***");
    }

    private void reach(Provider provider, DatastoreAddress.Host at, boolean tls) {
        int limit = (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(at.name(), at.port()), limit);
            if (tls) {
                socket.setSoTimeout(limit);
                shakeHands(socket, at);
            }
        } catch (IOException e) {
            throw new LatchkeyException.CredentialRefused(
                    "Nothing that speaks as " + provider.name() + " should answers at " + at + ".");
        }
    }

    /** The certificate must be that host's (RFC 9110 section 4.3.4). */
    private static void shakeHands(Socket socket, DatastoreAddress.Host at) throws IOException {
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        try (SSLSocket secure = (SSLSocket) factory.createSocket(socket, at.name(), at.port(), true)) {
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secure.setSSLParameters(parameters);
            secure.startHandshake();
        }
    }
}
