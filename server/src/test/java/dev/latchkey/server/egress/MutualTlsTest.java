package dev.latchkey.server.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.latchkey.server.vault.Secret;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** TLS: the server is always verified, and a client certificate is shown by the call that it belongs to and by no other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MutualTlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path folder;

    private HttpsServer server;
    private KeyStore serverKeys;
    private KeyStore clientKeys;

    @BeforeAll
    void start() throws Exception {
        serverKeys = keys("server", "dns:vendor.example");
        clientKeys = keys("client", "dns:client.example");
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(serverKeys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust(clientKeys).getTrustManagers(), null);
        server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters tls = context.getDefaultSSLParameters();
                tls.setWantClientAuth(true);
                parameters.setSSLParameters(tls);
            }
        });
        server.createContext("/", exchange -> {
            String who;
            try {
                who = ((HttpsExchange) exchange)
                        .getSSLSession()
                        .getPeerPrincipal()
                        .getName();
            } catch (SSLPeerUnverifiedException e) {
                who = "nobody";
            }
            byte[] bytes = who.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterAll
    void stop() {
        server.stop(0);
    }

    @Test
    void theCertificateIsShownByItsOwnCallsOnly() throws Exception {
        try (Egress egress = new Egress(guard(), trust(serverKeys).getTrustManagers())) {
            assertThat(get(egress, "vendor.example", Optional.empty())).isEqualTo("nobody");
            assertThat(get(egress, "vendor.example", Optional.of(certificate())))
                    .isEqualTo("CN=client");
            assertThat(get(egress, "vendor.example", Optional.empty()))
                    .as("no connection that showed it is shared")
                    .isEqualTo("nobody");
        }
    }

    @Test
    void aServerThatIsNotTheOneWeAskedForIsNotSpokenTo() throws Exception {
        try (Egress egress = new Egress(guard(), trust(serverKeys).getTrustManagers())) {
            assertThatThrownBy(() -> get(egress, "other.example", Optional.of(certificate())))
                    .isInstanceOf(EgressException.class)
                    .hasMessageContaining("TLS");
        }
        try (Egress egress = new Egress(guard(), EgressObserver.NOBODY)) {
            assertThatThrownBy(() -> get(egress, "vendor.example", Optional.empty()))
                    .as("not signed by anybody whom the JDK trusts")
                    .isInstanceOf(EgressException.class)
                    .hasMessageContaining("TLS");
            assertThatThrownBy(() -> get(egress, "vendor.example", Optional.of(certificate())))
                    .isInstanceOf(EgressException.class);
        }
    }

    @Test
    void whatIsNoCertificateIsToldWithoutBeingRepeated() throws Exception {
        try (Egress egress = new Egress(guard(), trust(serverKeys).getTrustManagers())) {
            assertThatThrownBy(() -> get(
                            egress,
                            "vendor.example",
                            Optional.of(new ClientCertificate(new Secret("chain-secret"), new Secret("key-secret")))))
                    .hasMessageContaining("PEM")
                    .hasMessageNotContaining("secret");
        }
    }

    private String get(Egress egress, String host, Optional<ClientCertificate> certificate) {
        return egress.send(new Egress.Request(
                        "GET",
                        URI.create("https://" + host + ":" + server.getAddress().getPort() + "/"),
                        Map.of(),
                        Optional.empty(),
                        certificate))
                .text();
    }

    private AddressGuard guard() {
        int port = server.getAddress().getPort();
        return new AddressGuard(List.of("vendor.example:" + port, "other.example:" + port), any -> false, host ->
                new InetAddress[] {InetAddress.getByName("127.0.0.1")});
    }

    private ClientCertificate certificate() throws Exception {
        return new ClientCertificate(
                new Secret(
                        pem("CERTIFICATE", clientKeys.getCertificate("client").getEncoded())),
                new Secret(
                        pem("PRIVATE KEY", clientKeys.getKey("client", PASSWORD).getEncoded())));
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + what + "-----\n";
    }

    /** The JDK's own tool makes them: it has no public class that does. */
    private static KeyStore keys(String name, String alternative) throws Exception {
        Path file = folder.resolve(name + ".p12");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=" + alternative,
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String printed = process.inputReader().readAllAsString();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(printed);
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream stream = Files.newInputStream(file)) {
            store.load(stream, PASSWORD);
        }
        return store;
    }

    private static TrustManagerFactory trust(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, PASSWORD);
        String alias = keys.aliases().nextElement();
        trusted.setCertificateEntry(alias, keys.getCertificate(alias));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory;
    }
}
