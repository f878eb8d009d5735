package dev.latchkey.connectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.NotConfiguredException;
import dev.latchkey.client.Settings;
import dev.latchkey.client.Verified;
import dev.latchkey.lab.Lab;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Without a secret key, each connector with a key or a password connects by the client itself; the lab plays the vendors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EveryKeyConnectorTest {
    private static final Catalogue CATALOGUE = Catalogue.load();

    private final AtomicReference<String> played = new AtomicReference<>("");
    private final HttpClient http = HttpClient.newHttpClient();
    private URI base;
    private Lab lab;
    private WebServer server;
    private Latchkey latchkey;

    static Stream<String> connectors() {
        return CATALOGUE.all().stream()
                .filter(provider -> !provider.auth().facts().needsServer() && Lab.plays(provider))
                .map(Provider::id);
    }

    @BeforeAll
    void start() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            base = URI.create("http://localhost:" + socket.getLocalPort());
        }
        lab = new Lab(CATALOGUE, base, InstantSource.system(), new SecureRandom());
        HttpRouting.Builder routing = HttpRouting.builder();
        lab.route(routing);
        server = WebServer.builder()
                .port(base.getPort())
                .address(InetAddress.getLoopbackAddress())
                .shutdownHook(false)
                .routing(routing)
                .build()
                .start();
        latchkey = Latchkey.of(Settings.from(Map.of())
                .withConnectors(new CatalogueConnectors(
                        () -> CATALOGUE, address -> lab.locate(String.valueOf(played.get()), address))));
    }

    @AfterAll
    void stop() {
        latchkey.close();
        server.stop();
        http.close();
    }

    @ParameterizedTest
    @MethodSource("connectors")
    void connectsWithAWorkingCredentialAndRefusesAWrongOne(String id) throws Exception {
        played.set(id);
        Provider provider = CATALOGUE.find(id).orElseThrow();
        Map<String, String> right = account(id);

        Verified verified = latchkey.connect(id, "mine", right);

        // Only the server signs a vendor's calls.
        boolean probed = provider.calls().verification() instanceof Verification.Probe
                && provider.api().sign() == Api.Sign.NONE;
        assertThat(verified.proof()).isEqualTo(probed ? Verified.Proof.ACCEPTED : Verified.Proof.UNCHECKED);
        assertThat(latchkey.getConnection(id, "mine").credentials())
                .isEqualTo(verified.connection().credentials());
        Map<String, String> wrong = wrong(provider, right);
        if (probed && !wrong.equals(right)) {
            assertThatThrownBy(() -> latchkey.connect(id, "other", wrong))
                    .isInstanceOf(LatchkeyException.CredentialRefused.class)
                    .hasMessageStartingWith(provider.name() + " refused the credential");
            assertThatThrownBy(() -> latchkey.getConnection(id, "other")).isInstanceOf(NotConfiguredException.class);
        }
    }

    /** The definitions' own probes, not only those that are left unchecked. */
    @Test
    void mostAreReallyAsked() {
        long all = connectors().count();
        long checked = connectors()
                .map(id -> CATALOGUE.find(id).orElseThrow())
                .filter(provider -> provider.calls().verification() instanceof Verification.Probe)
                .count();

        assertThat(checked).isGreaterThan(all * 8 / 10);
    }

    private Map<String, String> account(String id) throws IOException, InterruptedException {
        JsonNode fields = JsonMapper.shared()
                .readTree(http.send(
                                HttpRequest.newBuilder(base.resolve("/lab/api/" + id + "/account"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
        Map<String, String> values = new LinkedHashMap<>();
        fields.properties()
                .forEach(field -> values.put(field.getKey(), field.getValue().asString()));
        return values;
    }

    /** The lab refuses what says that it is wrong; what a definition's own check would refuse before stays right. */
    private static Map<String, String> wrong(Provider provider, Map<String, String> right) {
        Map<String, String> values = new LinkedHashMap<>(right);
        values.replaceAll((name, value) -> Optional.ofNullable(provider.fields().get(name))
                .filter(field -> field.scope() == Field.Scope.SECRET
                        && field.accepts().choices().isEmpty()
                        && field.accepts()
                                .check()
                                .map(check -> check.matcher(value + "wrong").find())
                                .orElse(true))
                .map(field -> value + "wrong")
                .orElse(value));
        return values;
    }
}
