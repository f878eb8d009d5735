package dev.latchkey.client;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.catalogue.Template;
import dev.latchkey.catalogue.Verification;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Asks a database by its JDBC driver where there is one on the class path; else finds out whether something listens. */
final class DatastoreCheck {
    /** Given as text; drivers want files, which a check does not leave behind. */
    private static final List<String> CERTIFICATES = List.of("ca", "clientCert", "clientKey");

    private final Duration timeout;

    DatastoreCheck(Duration timeout) {
        this.timeout = timeout;
    }

    /** @param url the definition's, JDBC or the vendor's own; without user and password */
    record Target(String url, Properties properties, Credentials.Datastore credentials) {}

    static Target target(Auth.Datastore datastore, Map<String, String> values, Template.Values templates) {
        String url = datastore
                .url()
                .expand(templates)
                .orElseThrow(() -> new IllegalArgumentException("a value that the address needs is missing"));
        Properties properties = new Properties();
        datastore
                .properties()
                .forEach(
                        (name, text) -> text.expand(templates).ifPresent(value -> properties.setProperty(name, value)));
        String user = values.getOrDefault("user", "");
        String password = values.getOrDefault("password", "");
        String host = values.getOrDefault("host", "");
        int port = Integer.parseInt(values.getOrDefault("port", "0"));
        String database = values.getOrDefault("database", "");
        String login = user.isEmpty() && password.isEmpty()
                ? ""
                : Api.encode(user) + (password.isEmpty() ? "" : ":" + Api.encode(password)) + "@";
        return new Target(
                url,
                properties,
                new Credentials.Datastore(
                        datastore.driver(),
                        datastore.driver() + "://" + login + host + (port == 0 ? "" : ":" + port) + "/"
                                + Api.encode(database),
                        url.startsWith("jdbc:") ? url : "",
                        host,
                        port,
                        database,
                        user,
                        password,
                        tls(values)));
    }

    private static String tls(Map<String, String> values) {
        return Optional.ofNullable(values.get("sslmode"))
                .or(() -> Optional.ofNullable(values.get("sslMode")))
                .or(() -> Optional.ofNullable(values.get("tls")))
                .or(() -> Optional.ofNullable(values.get("encrypt")))
                .orElse("");
    }

    /** @throws LatchkeyException.CredentialRefused in the database's words, or when nothing listens */
    Verified.Proof check(Provider provider, Target target, Map<String, String> values) {
        boolean ownCertificates = CERTIFICATES.stream().anyMatch(values::containsKey);
        if (provider.verification() instanceof Verification.Sql sql && !ownCertificates && hasDriver(target.url())) {
            query(provider, target, sql.statement());
            return Verified.Proof.QUERIED;
        }
        if (target.credentials().port() == 0) {
            // The host stands for a cluster, whose members only its driver finds.
            return Verified.Proof.UNCHECKED;
        }
        reach(provider, target.credentials(), "true".equals(values.get("tls")) && !ownCertificates);
        return Verified.Proof.REACHED;
    }

    private static boolean hasDriver(String url) {
        try {
            return url.startsWith("jdbc:") && DriverManager.getDriver(url) != null;
        } catch (SQLException e) {
            return false;
        }
    }

    private void query(Provider provider, Target target, String sql) {
        Properties properties = new Properties();
        properties.putAll(target.properties());
        properties.setProperty("user", target.credentials().username());
        properties.setProperty("password", target.credentials().password());
        try (java.sql.Connection connection = DriverManager.getConnection(target.url(), properties);
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout((int) Math.max(1, timeout.toSeconds()));
            statement.execute(sql);
        } catch (SQLException e) {
            throw new LatchkeyException.CredentialRefused(provider.name() + " at "
                    + target.credentials().host() + ":" + target.credentials().port()
                    + " refused the connection (SQL state "
                    + e.getSQLState() + "): " + withoutPassword(String.valueOf(e.getMessage()), target) + ".");
        }
    }

    private static String withoutPassword(String message, Target target) {
        String password = target.credentials().password();
        String first = message.lines().findFirst().orElse("");
        return password.isEmpty() ? first : first.replace(password, "***");
    }

    private void reach(Provider provider, Credentials.Datastore at, boolean tls) {
        int limit = (int) Math.min(timeout.toMillis(), Integer.MAX_VALUE);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(at.host(), at.port()), limit);
            if (tls) {
                socket.setSoTimeout(limit);
                shakeHands(socket, at);
            }
        } catch (IOException e) {
            throw new LatchkeyException.CredentialRefused("Nothing that speaks as " + provider.name()
                    + " should answers at " + at.host() + ":" + at.port() + ".");
        }
    }

    /** The certificate must be that host's (RFC 9110 section 4.3.4). */
    private static void shakeHands(Socket socket, Credentials.Datastore at) throws IOException {
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        try (SSLSocket secure = (SSLSocket) factory.createSocket(socket, at.host(), at.port(), true)) {
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secure.setSSLParameters(parameters);
            secure.startHandshake();
        }
    }
}
