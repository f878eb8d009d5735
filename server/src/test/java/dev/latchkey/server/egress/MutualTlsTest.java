package dev.latchkey.server.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** TLS: the server is always verified, and a client certificate is shown by the call that it belongs to and by no other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MutualTlsTest {
    static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path folder;

    private HttpsServer server;
    private KeyStore serverKeys;
    private KeyStore clientKeys;
    private KeyStore strangerKeys;
    private HttpsServer demanding;
    private HttpsServer impostor;
    private final AtomicInteger issued = new AtomicInteger();

    @BeforeAll
    void start() throws Exception {
        serverKeys = keys("server", "dns:vendor.example,dns:localhost");
        clientKeys = keys("client", "dns:client.example");
        strangerKeys = keys("stranger", "dns:localhost");
        server = server(serverKeys, false);
        demanding = server(serverKeys, true);
        impostor = server(strangerKeys, false);
    }

    /** Says who calls; {@code /token} issues a token. @param demands a client certificate, instead of taking one */
    private HttpsServer server(KeyStore keys, boolean demands) throws Exception {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust(clientKeys).getTrustManagers(), null);
        HttpsServer made = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        made.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters tls = context.getDefaultSSLParameters();
                tls.setWantClientAuth(true);
                if (demands) {
                    tls.setNeedClientAuth(true);
                }
                parameters.setSSLParameters(tls);
            }
        });
        made.createContext("/", exchange -> {
            String who;
            try {
                who = ((HttpsExchange) exchange)
                        .getSSLSession()
                        .getPeerPrincipal()
                        .getName();
            } catch (SSLPeerUnverifiedException e) {
                who = "nobody";
            }
            String path = exchange.getRequestURI().getPath();
            String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
            String text = switch (path) {
                case "/token" ->
                    "{\"access_token\": \"t-%d\", \"expires_in\": 3600, \"who\": \"%s\"}"
                            .formatted(issued.incrementAndGet(), who);
                case "/me" -> "{\"who\": \"%s\", \"by\": \"%s\"}".formatted(who, authorization);
                default -> who;
            };
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        made.start();
        return made;
    }

    @AfterAll
    void stop() {
        server.stop(0);
        demanding.stop(0);
        impostor.stop(0);
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
        try (Egress egress = new Egress(guard(), EgressObserver.NONE)) {
            assertThatThrownBy(() -> get(egress, "vendor.example", Optional.empty()))
                    .as("not signed by anybody whom the JDK trusts")
                    .isInstanceOf(EgressException.class)
                    .hasMessageContaining("TLS");
            assertThatThrownBy(() -> get(egress, "vendor.example", Optional.of(certificate())))
                    .isInstanceOf(EgressException.class)
                    .hasMessageContaining("TLS");
        }
    }

    @Test
    void refusesWhatIsNoCertificateWithoutRepeatingIt() throws Exception {
        try (Egress egress = new Egress(guard(), trust(serverKeys).getTrustManagers())) {
            assertThatThrownBy(() -> get(
                            egress,
                            "vendor.example",
                            Optional.of(new ClientCertificate(new Secret("chain-secret"), new Secret("key-secret")))))
                    .hasMessageContaining("PEM")
                    .hasMessageNotContaining("secret");
        }
    }

    /** Connect, call and renew by two kinds, at a server that demands a certificate; and what is refused, in words. */
    @Test
    void theProductConnectsAndCallsByMutualTls() throws Exception {
        Path providers = Files.createDirectory(folder.resolve("providers"));
        define(providers, "mutual", demanding, """
                auth:
                  kind: exchange
                  steps: [ { id: token, call: "POST HOST/token", form: { user: "${secret.user}" } } ]
                  token: { access: access_token, expires_in: expires_in }
                """);
        define(providers, "impostor", impostor, """
                auth:
                  kind: exchange
                  steps: [ { id: token, call: "POST HOST/token", form: { user: "${secret.user}" } } ]
                  token: { access: access_token, expires_in: expires_in }
                """);
        define(providers, "mutual-client", demanding, """
                auth: { kind: oauth2_client, exchange: { url: "HOST/token" } }
                """);
        Path authority = folder.resolve("authority.pem");
        Files.writeString(
                authority,
                pem("CERTIFICATE", serverKeys.getCertificate("server").getEncoded()));
        try (Latchkey latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR", providers.toString(),
                "LATCHKEY_EGRESS_CA", authority.toString(),
                "LATCHKEY_EGRESS_ALLOW", "localhost"))) {
            for (String provider : List.of("mutual", "mutual-client", "impostor")) {
                latchkey.call("POST", "/integrations", """
                        {"provider": "%1$s", "unique_key": "%1$s"}""".formatted(provider), 200);
            }
            for (String provider : List.of("mutual", "mutual-client")) {
                HttpResponse<String> connected = connect(latchkey, provider, clientKeys);
                assertThat(connected.statusCode()).as(connected.body()).isEqualTo(200);
                String token = token(latchkey, provider, "");
                JsonNode me = Json.MAPPER.readTree(latchkey.send(
                                "GET",
                                "/proxy/me",
                                "",
                                Map.of("Provider-Config-Key", provider, "Connection-Id", provider))
                        .body());
                assertThat(me.path("who").asString()).isEqualTo("CN=client");
                assertThat(me.path("by").asString()).isEqualTo("Bearer " + token);
                assertThat(token(latchkey, provider, "&force_refresh=true")).isNotEqualTo(token);
                latchkey.call("DELETE", "/connections/" + provider + "?provider_config_key=" + provider, "", 200);

                assertThat(refused(latchkey, provider, strangerKeys)).contains("refused the client certificate");
                // In TLS 1.3 the server's word may be lost, when it closes before it has read the request.
                assertThat(refused(latchkey, provider, null))
                        .containsAnyOf("asks for a client certificate", "broke the connection off");
            }
            assertThat(refused(latchkey, "impostor", clientKeys))
                    .contains("does not come from an authority that is trusted here");
            assertThat(latchkey.call("GET", "/connections", "", 200).path("connections"))
                    .isEmpty();
        }
    }

    private static void define(Path folder, String id, HttpsServer server, String auth) throws IOException {
        String host = "https://localhost:" + server.getAddress().getPort();
        Files.writeString(folder.resolve(id + ".yaml"), """
                id: %1$s
                name: Vendor %1$s
                tags: [other]
                api_docs: https://mutual.example/docs
                fields:
                  user: { scope: secret, required: false, exposed: true }
                  client_certificate: { scope: secret, type: pem, required: false, exposed: true }
                  client_private_key: { scope: secret, type: pem, required: false, exposed: true }
                %2$sapi: { base: "HOST", mtls: true }
                """.formatted(id, auth).replace("HOST", host));
    }

    private static HttpResponse<String> connect(Latchkey latchkey, String provider, @Nullable KeyStore keys)
            throws Exception {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("user", "ada")
                .put("client_id", "c-1")
                .put("client_secret", "s3cret");
        if (keys != null) {
            String alias = keys.aliases().nextElement();
            body.put(
                    "client_certificate",
                    pem("CERTIFICATE", keys.getCertificate(alias).getEncoded()));
            body.put(
                    "client_private_key",
                    pem("PRIVATE KEY", keys.getKey(alias, PASSWORD).getEncoded()));
        }
        boolean client = provider.equals("mutual-client");
        if (!client) {
            body.remove(List.of("client_id", "client_secret"));
        } else {
            body.remove("user");
        }
        return latchkey.sendAs(
                "",
                "POST",
                (client ? "/oauth2/auth/" : "/auth/two-step/") + provider + "?connect_session_token="
                        + latchkey.sessionNamed(provider, provider),
                body.toString());
    }

    private static String token(Latchkey latchkey, String provider, String more) {
        return latchkey.call("GET", "/connections/" + provider + "?provider_config_key=" + provider + more, "", 200)
                .at("/credentials/token")
                .asString();
    }

    /** In words, without what was typed, and with nothing left behind. */
    private static String refused(Latchkey latchkey, String provider, @Nullable KeyStore keys) throws Exception {
        HttpResponse<String> answer = connect(latchkey, provider, keys);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        JsonNode error = Json.MAPPER.readTree(answer.body()).path("error");
        assertThat(error.path("code").asString())
                .isIn("connection_test_failed", "client_credentials_fetch_error", "two_step_credentials_fetch_error");
        assertThat(answer.body()).doesNotContain("s3cret", "BEGIN");
        latchkey.call("GET", "/connections/" + provider + "?provider_config_key=" + provider, "", 404);
        return error.path("message").asString();
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

    static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + what + "-----\n";
    }

    /** The JDK's own tool makes them: it has no public class that does. */
    private static KeyStore keys(String name, String alternative) throws Exception {
        return keys(folder, name, alternative);
    }

    static KeyStore keys(Path folder, String name, String alternative) throws Exception {
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

    static TrustManagerFactory trust(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, PASSWORD);
        String alias = keys.aliases().nextElement();
        trusted.setCertificateEntry(alias, keys.getCertificate(alias));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory;
    }
}
