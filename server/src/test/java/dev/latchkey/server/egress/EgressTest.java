package dev.latchkey.server.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** security.md B1 to B7. No packet leaves 127.0.0.0/8: names are resolved by a fake, literals are refused before a connection. */
class EgressTest {
    private static AddressGuard guard(String... allowed) {
        return new AddressGuard(List.of(allowed), port -> port == 8443, InetAddress::getAllByName);
    }

    @ParameterizedTest(name = "B1 {0} ({1})")
    @CsvSource({
        "127.0.0.1, loopback",
        "127.255.255.254, loopback",
        "0.0.0.0, unspecified",
        "0.1.2.3, this network",
        "10.0.0.1, private",
        "172.16.0.1, private",
        "172.31.255.255, private",
        "192.168.1.1, private",
        "169.254.169.254, link-local and metadata",
        "100.64.0.1, CGNAT",
        "100.100.100.200, metadata within CGNAT",
        "168.63.129.16, metadata on a public number",
        "192.0.0.192, metadata within protocol assignments",
        "192.0.2.1, documentation",
        "198.51.100.1, documentation",
        "203.0.113.1, documentation",
        "198.18.0.1, benchmarks",
        "192.88.99.1, 6to4 relay",
        "224.0.0.1, multicast",
        "240.0.0.1, reserved",
        "255.255.255.255, broadcast",
        "::1, loopback",
        "::, unspecified",
        "fe80::1, link-local",
        "fec0::1, site-local",
        "fc00::1, unique local",
        "fd00:ec2::254, metadata",
        "ff02::1, multicast",
        "::ffff:127.0.0.1, IPv4-mapped",
        "::ffff:10.0.0.1, IPv4-mapped",
        "::127.0.0.1, IPv4-compatible",
        "64:ff9b::7f00:1, NAT64",
        "64:ff9b:1::a00:1, local NAT64",
        "2002:7f00:1::, 6to4 of loopback",
        "2001:0:7f00:1::, Teredo",
        "2001:db8::1, documentation",
        "3fff::1, documentation",
        "100::1, discard",
        "5f00::1, segment routing",
        "4000::1, not assigned",
    })
    void b1_addressesThatAreNotPublicAreRefused(String literal, String why) {
        String host = literal.contains(":") ? "[" + literal + "]" : literal;

        assertThatThrownBy(() -> guard().resolve(host))
                .as(why)
                .isInstanceOf(EgressException.class)
                .extracting(e -> ((EgressException) e).kind())
                .isEqualTo(EgressException.Kind.FORBIDDEN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[2a00:1450::1]"})
    void b1_publicAddressesMayBeCalled(String host) {
        assertThatCode(() -> guard().resolve(host)).doesNotThrowAnyException();
    }

    @ParameterizedTest(name = "B1 {0}")
    @ValueSource(
            strings = {
                "2130706433",
                "0x7f000001",
                "0x7f.1",
                "0177.0.0.1",
                "127.1",
                "127.0.1",
                "017700000001",
                "1.1.1.01",
                "1.1.257",
                "134744072",
                "fe80::1%25eth0"
            })
    void b1_otherWaysToWriteANumberAreRefusedWhateverTheyMean(String host) {
        AddressGuard fake = new AddressGuard(List.of(), any -> false, name ->
                new InetAddress[] {InetAddress.getByAddress(new byte[] {8, 8, 8, 8})});

        assertThatThrownBy(() -> fake.resolve(host))
                .isInstanceOf(EgressException.class)
                .extracting(e -> ((EgressException) e).kind())
                .isEqualTo(EgressException.Kind.FORBIDDEN);
    }

    private static void assertForbidden(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(EgressException.class)
                .extracting(e -> ((EgressException) e).kind())
                .isEqualTo(EgressException.Kind.FORBIDDEN);
    }

    @Test
    void b1_oneBadAddressOfANameCondemnsIt() {
        AddressGuard fake = new AddressGuard(List.of(), any -> false, name -> new InetAddress[] {
            InetAddress.getByAddress(new byte[] {8, 8, 8, 8}), InetAddress.getByAddress(new byte[] {127, 0, 0, 9})
        });

        assertForbidden(() -> fake.resolve("both.example"));
    }

    @Test
    void b1_whatTheOperatorListsMayBeCalledAndOnlyThat() {
        AddressGuard guard = guard("127.0.0.9:3000", "intern.example", "*:9443");

        assertThatCode(() -> guard.check(URI.create("http://127.0.0.9:3000/x"))).doesNotThrowAnyException();
        assertForbidden(() -> guard.check(URI.create("http://127.0.0.9:3001/x")));
        assertForbidden(() -> guard.check(URI.create("https://127.0.0.9/x")));
        assertThatCode(() -> guard.check(URI.create("http://intern.example:81/x")))
                .doesNotThrowAnyException();
        assertThatCode(() -> guard.check(URI.create("https://vendor.example:9443/x")))
                .doesNotThrowAnyException();
    }

    @Test
    void b3_portsAreThoseOfTheWebAndWhatDefinitionsName() {
        assertThatCode(() -> guard().check(URI.create("https://vendor.example/x")))
                .doesNotThrowAnyException();
        assertThatCode(() -> guard().check(URI.create("https://vendor.example:8443/x")))
                .doesNotThrowAnyException();
        for (String address : List.of(
                "https://vendor.example:22/",
                "https://vendor.example:5432/",
                "http://vendor.example/",
                "ftp://vendor.example/",
                "file:///etc/passwd",
                "https://user:secret@vendor.example/",
                "https:///path")) {
            assertThatThrownBy(() -> guard().check(URI.create(address)))
                    .as(address)
                    .isInstanceOf(EgressException.class)
                    .hasMessageNotContaining("secret");
        }
    }

    /** Answers with another address each time it is asked, as DNS rebinding does. */
    private static AddressGuard.Resolver turning(Deque<String> addresses, AtomicInteger asked) {
        return host -> {
            asked.incrementAndGet();
            return new InetAddress[] {InetAddress.getByName(addresses.size() > 1 ? addresses.pop() : addresses.peek())};
        };
    }

    @Test
    void b1_theConnectionGoesToTheAddressThatWasChecked() throws Exception {
        // "public.example" stands for a listed name here, since no packet may leave the loopback.
        HttpServer good = server("127.0.0.1", 0, "good");
        HttpServer bad = server("127.0.0.9", good.getAddress().getPort(), "bad");
        AtomicInteger asked = new AtomicInteger();
        String name = "moving.example";
        int port = good.getAddress().getPort();
        try (Egress egress = new Egress(
                new AddressGuard(
                        List.of(name + ":" + port),
                        any -> false,
                        turning(new ArrayDeque<>(List.of("127.0.0.1", "127.0.0.9")), asked)),
                EgressObserver.NONE)) {
            URI uri = URI.create("http://" + name + ":" + port + "/");

            assertThat(get(egress, uri)).isEqualTo("good");
            assertThat(get(egress, uri))
                    .as("the open connection stays where it was checked")
                    .isEqualTo("good");
            assertThat(asked).hasValue(1);
        } finally {
            good.stop(0);
            bad.stop(0);
        }
    }

    @Test
    void b1_anOpenConnectionOpensNoDoorForAnotherName() throws Exception {
        HttpServer server = server("127.0.0.9", 0, "inside");
        int port = server.getAddress().getPort();
        AtomicInteger asked = new AtomicInteger();
        AddressGuard.Resolver resolver = host -> {
            asked.incrementAndGet();
            return new InetAddress[] {InetAddress.getByName("127.0.0.9")};
        };
        try (Egress egress = new Egress(
                new AddressGuard(List.of("intern.example:" + port, "*:" + port), any -> false, resolver),
                EgressObserver.NONE)) {
            assertThat(get(egress, URI.create("http://intern.example:" + port + "/")))
                    .isEqualTo("inside");

            for (String other : List.of("https://evil.example:" + port + "/", "https://127.0.0.9:" + port + "/")) {
                assertThatThrownBy(() -> get(egress, URI.create(other)))
                        .isInstanceOf(EgressException.class)
                        .extracting(e -> ((EgressException) e).kind())
                        .isEqualTo(EgressException.Kind.FORBIDDEN);
            }
        } finally {
            server.stop(0);
        }
    }

    @Test
    void b4_answersAreBounded() throws Exception {
        HttpServer server = server("127.0.0.1", 0, "x".repeat(1024 * 1024 + 1));
        try (Egress egress = open(server)) {
            assertThatThrownBy(() -> get(egress, address(server)))
                    .isInstanceOf(EgressException.class)
                    .extracting(e -> ((EgressException) e).kind())
                    .isEqualTo(EgressException.Kind.TOO_LARGE);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void b4_headersAreBounded() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            int headers = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
            for (int i = 0; i < headers; i++) {
                exchange.getResponseHeaders().add("X-" + i, "y");
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        try (Egress egress = open(server)) {
            URI few = address(server).resolve("/190");
            assertThat(egress.send(new Egress.Request("GET", few, Map.of(), Optional.empty()))
                            .headers())
                    .containsKey("x-189");
            // Just over the 200: nothing but their number distinguishes it from the one that was read.
            assertThatThrownBy(() -> get(egress, address(server).resolve("/210")))
                    .isInstanceOf(EgressException.class)
                    .extracting(e -> ((EgressException) e).kind())
                    .isEqualTo(EgressException.Kind.UNREACHABLE);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void b5_proxiesOfTheEnvironmentAreNotUsed() throws Exception {
        HttpServer server = server("127.0.0.1", 0, "direct");
        Map<String, String> settings = Map.of(
                "http.proxyHost",
                "127.0.0.9",
                "http.proxyPort",
                "9",
                "socksProxyHost",
                "127.0.0.9",
                "socksProxyPort",
                "9");
        settings.forEach(System::setProperty);
        try (Egress egress = open(server)) {
            assertThat(get(egress, address(server))).isEqualTo("direct");
        } finally {
            settings.keySet().forEach(System::clearProperty);
            server.stop(0);
        }
    }

    @Test
    void b7_anUnknownNameIsAFailureOfItsOwn() {
        AddressGuard fake = new AddressGuard(List.of(), any -> false, host -> {
            throw new UnknownHostException(host);
        });

        assertThatThrownBy(() -> fake.resolve("nowhere.example"))
                .isInstanceOf(EgressException.class)
                .extracting(e -> ((EgressException) e).kind())
                .isEqualTo(EgressException.Kind.UNREACHABLE);
    }

    private static HttpServer server(String address, int port, String body) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
        server.createContext("/", exchange -> {
            byte[] bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static URI address(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private static Egress open(HttpServer server) {
        return new Egress(guard("127.0.0.1:" + server.getAddress().getPort()), EgressObserver.NONE);
    }

    private static String get(Egress egress, URI uri) {
        return egress.send(new Egress.Request("GET", uri, Map.of(), Optional.empty()))
                .text();
    }
}
