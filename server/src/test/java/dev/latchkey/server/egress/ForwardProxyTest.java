package dev.latchkey.server.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.proxy.FrontProxy;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** V16: only a forward proxy reaches the internet. The proxy is Debian's tinyproxy, which asks for a user and a password. */
class ForwardProxyTest {
    private static final String USER = "latchkey";
    private static final String PASSWORD = "s3cret-of-the-proxy";
    private static final int PORT = Latchkey.freePort();

    /** A name that only the proxy's machine looks up: the guard here does not know it. */
    private static final AddressGuard.Resolver NO_NAMES = name -> {
        if (name.matches("[0-9.]+|\\[.*")) {
            return InetAddress.getAllByName(name);
        }
        throw new UnknownHostException(name);
    };

    /** This machine by a name that is not localhost, which is never asked of a proxy. */
    private static final InetAddress OURSELVES = ourselves();

    private static InetAddress ourselves() {
        try {
            return InetAddress.getLocalHost();
        } catch (UnknownHostException e) {
            return InetAddress.getLoopbackAddress();
        }
    }

    @TempDir
    static Path folder;

    private static HttpServer vendor;
    private static HttpsServer secure;
    private static KeyStore keys;
    private static FrontProxy proxy;
    private static final Set<String> ASKED = ConcurrentHashMap.newKeySet();
    /** From where the secure vendor was called: each tunnel is one. */
    private static final Set<InetSocketAddress> CALLERS = ConcurrentHashMap.newKeySet();

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(OURSELVES.isLoopbackAddress(), "this machine's name means this machine");
        vendor = HttpServer.create(new InetSocketAddress(OURSELVES, 0), 0);
        vendor.createContext("/", ForwardProxyTest::answer);
        vendor.start();
        keys = MutualTlsTest.keys(folder, "vendor", "dns:" + OURSELVES.getHostName());
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, MutualTlsTest.PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), null, null);
        secure = HttpsServer.create(new InetSocketAddress(OURSELVES, 0), 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(context));
        secure.createContext("/", exchange -> {
            CALLERS.add(exchange.getRemoteAddress());
            answer(exchange);
        });
        secure.start();
        proxy = FrontProxy.tinyproxy(PORT, folder.resolve("proxy.log"), USER, PASSWORD);
    }

    /** Whether a proxy named itself (RFC 9110 section 7.6.3), or passed its own credentials on. */
    private static void answer(HttpExchange exchange) throws IOException {
        ASKED.add(exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath() + " "
                + exchange.getRequestHeaders().containsKey("Via") + " "
                + exchange.getRequestHeaders().containsKey("Proxy-Authorization"));
        byte[] body = "{\"access_token\": \"t-1\", \"expires_in\": 3600}".getBytes(StandardCharsets.UTF_8);
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @AfterAll
    static void stop() {
        proxy.close();
        vendor.stop(0);
        secure.stop(0);
    }

    private static String securePlace() {
        return OURSELVES.getHostName() + ":" + secure.getAddress().getPort();
    }

    private static int vendorPort() {
        return vendor.getAddress().getPort();
    }

    private static ForwardProxy forward(String credentials, String... direct) {
        return new ForwardProxy("127.0.0.1", PORT, Optional.of(new Secret(credentials)), List.of(direct));
    }

    private static AddressGuard guard(ForwardProxy proxy, String... allowed) {
        return new AddressGuard(List.of(allowed), port -> false, NO_NAMES, Optional.of(proxy));
    }

    private static String log() {
        try {
            return Files.readString(folder.resolve("proxy.log"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Egress.Request get(String address) {
        return new Egress.Request("GET", URI.create(address), Map.of(), Optional.empty());
    }

    @Test
    void theProxyIsAskedToConnectToANameThatItKnowsAlone() {
        try (Egress egress = new Egress(guard(forward(USER + ":" + PASSWORD)), EgressObserver.NONE)) {
            assertThatThrownBy(() -> egress.send(get("https://api.vendor.invalid/me")))
                    .isInstanceOf(EgressException.class)
                    .hasMessageMatching(
                            "the proxy of LATCHKEY_EGRESS_PROXY did not connect to api.vendor.invalid: it answered 5\\d\\d")
                    .extracting(e -> ((EgressException) e).kind())
                    .isEqualTo(EgressException.Kind.NOT_CONNECTED);
        }
        assertThat(log()).contains("CONNECT api.vendor.invalid:443");
    }

    @Test
    void anHttpsVendorIsReachedThroughATunnelAndAnHttpOneByName() throws Exception {
        String place = OURSELVES.getHostName() + ":" + vendorPort();
        try (Egress egress = new Egress(
                guard(forward(USER + ":" + PASSWORD), securePlace(), place),
                MutualTlsTest.trust(keys).getTrustManagers())) {
            assertThat(egress.send(get("https://" + securePlace() + "/tunnelled"))
                            .status())
                    .isEqualTo(200);
            assertThat(egress.send(get("http://" + place + "/plain")).status()).isEqualTo(200);
        }
        // The proxy sees names of a tunnel and no content; its credentials stay with it.
        assertThat(ASKED).contains("GET /tunnelled false false", "GET /plain true false");
        assertThat(log()).contains("CONNECT " + securePlace());
    }

    @Test
    void wrongCredentialsAreSaidAndNeverShown() {
        ForwardProxy wrong = forward(USER + ":wrong-secret");
        try (Egress egress = new Egress(guard(wrong), EgressObserver.NONE)) {
            assertThatThrownBy(() -> egress.send(get("https://api.vendor.invalid/me")))
                    .hasMessageMatching(
                            "the proxy of LATCHKEY_EGRESS_PROXY refuses its user and password \\(40[17]\\)");
        }
        assertThat(wrong.toString()).doesNotContain("wrong-secret");
        String place = OURSELVES.getHostName() + ":" + vendorPort();
        ForwardProxy none = new ForwardProxy("127.0.0.1", PORT, Optional.empty(), List.of());
        try (Egress egress = new Egress(guard(none, place), EgressObserver.NONE)) {
            for (String address : List.of("https://api.vendor.invalid/me", "http://" + place + "/me")) {
                assertThatThrownBy(() -> egress.send(get(address)))
                        .as(address)
                        .hasMessage("the proxy of LATCHKEY_EGRESS_PROXY refuses its user and password (407)");
            }
        }
    }

    @Test
    void aProxyThatIsAwayIsSaid() {
        ForwardProxy away = new ForwardProxy("127.0.0.1", Latchkey.freePort(), Optional.empty(), List.of());
        try (Egress egress = new Egress(guard(away), EgressObserver.NONE)) {
            assertThatThrownBy(() -> egress.send(get("https://api.vendor.invalid/me")))
                    .hasMessage("the proxy of LATCHKEY_EGRESS_PROXY cannot be reached");
        }
    }

    /** What the proxy may be asked for is decided here: it stands where more can be reached. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://10.0.0.1/",
                "https://169.254.169.254/latest/meta-data",
                "https://[fd00:ec2::254]/",
                "https://2130706433/",
                "https://0x7f.1/",
                "https://intranet/",
                "https://metadata.google.internal/",
                "https://printer.local/",
                "https://router.home.arpa/",
                "https://split.example/",
                "http://api.vendor.invalid/",
                "https://api.vendor.invalid:8443/"
            })
    void theProxyIsNotAskedForWhatIsNotPublic(String address) {
        AddressGuard guard = new AddressGuard(
                List.of(),
                port -> false,
                name -> name.equals("split.example")
                        ? new InetAddress[] {InetAddress.getByName("10.1.2.3")}
                        : NO_NAMES.resolve(name),
                Optional.of(forward(USER + ":" + PASSWORD)));
        int before = log().length();
        try (Egress egress = new Egress(guard, EgressObserver.NONE)) {
            assertThatThrownBy(() -> egress.send(get(address)))
                    .isInstanceOf(EgressException.class)
                    .extracting(e -> ((EgressException) e).kind())
                    .isEqualTo(EgressException.Kind.FORBIDDEN);
        }
        assertThat(log().substring(before)).doesNotContain("CONNECT");
    }

    @ParameterizedTest(name = "{0} reaches {1}: {2}")
    @CsvSource({
        "'', api.example.com, true",
        "'', localhost, false",
        "'', 127.0.0.1, false",
        "'', [::1], false",
        "api.example.com, api.example.com, false",
        "API.example.com, api.example.com, false",
        "api.example.com, v2.api.example.com, true",
        "*.example.com, api.example.com, false",
        ".example.com, api.example.com, false",
        ".example.com, badexample.com, true",
        "10.0.0.0/8, 10.2.3.4, false",
        "10.0.0.0/8, 11.2.3.4, true",
        "2001:db8::/32, [2001:db8::7], false",
        "*, api.example.com, false"
    })
    void hostsOfTheListAreCalledWithoutIt(String entry, String host, boolean reached) {
        assertThat(forward("a:b", entry).reaches(host)).isEqualTo(reached);
    }

    @Test
    void tokenRequestsCallsAndWebhooksGoThroughIt() throws Exception {
        Path providers = Files.createDirectories(folder.resolve("providers"));
        String base = "https://" + securePlace();
        Files.writeString(providers.resolve("acme.yaml"), """
                id: acme
                name: Acme
                tags: [other]
                api_docs: https://docs.example.com/
                auth: { kind: oauth2_client, exchange: { url: "%1$s/token" } }
                api: { base: "%1$s/base" }
                """.formatted(base));
        Path authority = Files.writeString(
                folder.resolve("authority.pem"),
                MutualTlsTest.pem("CERTIFICATE", keys.getCertificate("vendor").getEncoded()));
        int before = log().length();
        CALLERS.clear();
        try (Latchkey latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_LAB",
                "false",
                "LATCHKEY_EGRESS_CA",
                authority.toString(),
                "LATCHKEY_EGRESS_ALLOW",
                securePlace(),
                "LATCHKEY_EGRESS_PROXY",
                "http://" + USER + ":s3cret%2Dof%2Dthe-proxy@127.0.0.1:" + PORT))) {
            latchkey.call("POST", "/integrations", "{\"provider\": \"acme\", \"unique_key\": \"acme\"}", 200);
            latchkey.call("POST", "/environment/webhooks", "{\"url\": \"" + base + "/hooks\"}", 201);
            String token = latchkey.session("acme");
            var connected = latchkey.sendAs(
                    "",
                    "POST",
                    "/oauth2/auth/acme?connect_session_token=" + token,
                    "{\"client_id\": \"id\", \"client_secret\": \"cs\"}");
            assertThat(connected.statusCode()).as(connected.body()).isEqualTo(200);
            String connection = latchkey.call("GET", "/connections", "", 200)
                    .at("/connections/0/connection_id")
                    .asString();
            assertThat(latchkey.send(
                                    "GET",
                                    "/proxy/me",
                                    "",
                                    Map.of("Provider-Config-Key", "acme", "Connection-Id", connection))
                            .statusCode())
                    .isEqualTo(200);

            Awaiting.await()
                    .untilAsserted(() -> assertThat(ASKED)
                            .contains(
                                    "POST /token false false", "GET /base/me false false", "POST /hooks false false"));
            // Nothing reached the vendor beside the tunnels.
            assertThat(log().substring(before).split("CONNECT " + securePlace(), -1))
                    .hasSize(CALLERS.size() + 1);
        }
        assertThat(log()).doesNotContain(PASSWORD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proxy.example.com:3128",
                "https://u:typed-secret@proxy.example.com",
                "http://u:typed-secret@proxy.example.com:99999",
                "http://u:typed-secret@proxy.example.com/path",
                "http://typed-secret@proxy.example.com"
            })
    void aSettingThatCannotBeReadIsSaidWithoutItsValue(String value) {
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of("LATCHKEY_EGRESS_PROXY", value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("LATCHKEY_EGRESS_PROXY must be an address such as http://proxy.example.com:3128")
                .hasMessageNotContaining("typed-secret")
                .hasNoCause();
        assertThatCode(() -> Configuration.fromEnvironment(Map.of("LATCHKEY_EGRESS_PROXY", "http://[::1]:3128")))
                .doesNotThrowAnyException();
    }
}
