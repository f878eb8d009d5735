package dev.latchkey.connectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.client.Connector;
import dev.latchkey.client.Credentials;
import dev.latchkey.client.EndUser;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.NotConfiguredException;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import dev.latchkey.client.ScriptedServer;
import dev.latchkey.client.Settings;
import dev.latchkey.client.Verified;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Without a secret key: everything is listed, OAuth says what is missing, keys and databases connect all the same. */
class NotConfiguredTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final String KEY = "sk_test_a1b2c3d4";

    private final ScriptedServer vendor = new ScriptedServer();
    private final Latchkey latchkey = Latchkey.of(Settings.from(Map.of())
            .withConnectors(new CatalogueConnectors(
                    () -> CATALOGUE, address -> URI.create(vendor.address + address.getRawPath()))));

    @AfterEach
    void stop() {
        latchkey.close();
        vendor.close();
    }

    @Test
    void listsEveryConnectorAndWhichOnesNeedTheServer() {
        List<Connector> connectors = latchkey.connectors();

        assertThat(latchkey.isConfigured()).isFalse();
        assertThat(connectors).hasSameSizeAs(CATALOGUE.all());
        assertThat(connectors)
                .filteredOn(Connector::needsServer)
                .extracting(Connector::id)
                .contains("github", "slack", "salesforce", "zoom-cc", "github-app")
                .doesNotContain("stripe-api-key", "twilio", "postgres", "unauthenticated");
        assertThat(connectors)
                .filteredOn(
                        one -> List.of("API_KEY", "BASIC", "DATASTORE", "NONE").contains(one.authMode()))
                .noneMatch(Connector::needsServer);
    }

    @Test
    void saysForEveryOAuthConnectorWhichVariableToSetAndWhereToGetTheKey() {
        for (Connector connector :
                latchkey.connectors().stream().filter(Connector::needsServer).toList()) {
            assertThatThrownBy(() -> latchkey.connect(connector.id(), "c1", Map.of()))
                    .isInstanceOf(NotConfiguredException.class)
                    .hasMessageContaining(connector.name())
                    .hasMessageContaining("NANGO_SECRET_KEY")
                    .hasMessageContaining("LATCHKEY_SECRET_KEY")
                    .hasMessageContaining("latchkey start");
            assertThatThrownBy(() -> latchkey.getAuthUrl(connector.id(), "c1"))
                    .isInstanceOf(NotConfiguredException.class);
        }
    }

    @Test
    void saysItForWhateverElseNeedsTheServer() {
        assertThatThrownBy(() -> latchkey.initiateOAuth("github", "u1")).isInstanceOf(NotConfiguredException.class);
        assertThatThrownBy(() -> latchkey.getToken("github", "c1")).isInstanceOf(NotConfiguredException.class);
        assertThatThrownBy(() -> latchkey.getConnection("github", "c1")).isInstanceOf(NotConfiguredException.class);
        assertThatThrownBy(() -> latchkey.integrations().list()).isInstanceOf(NotConfiguredException.class);
        assertThatThrownBy(() -> latchkey.sessions().create(EndUser.of("u1"), List.of()))
                .isInstanceOf(NotConfiguredException.class);
        assertThatThrownBy(() -> latchkey.proxy().send("github", "c1", ProxyRequest.get("/user")))
                .isInstanceOf(NotConfiguredException.class);
        assertThat(vendor.asked).isEmpty();
    }

    @Test
    void connectsAnApiKeyThatTheVendorAccepts() {
        vendor.then(200, "{}");

        Verified verified = latchkey.connect("stripe-api-key", "billing", Map.of("apiKey", KEY));

        assertThat(verified.proof()).isEqualTo(Verified.Proof.ACCEPTED);
        assertThat(vendor.asked).containsExactly(new ScriptedServer.Asked("GET", "/v1/balance", "Bearer " + KEY, ""));
        assertThat(latchkey.getToken("stripe-api-key", "billing")).isEqualTo(KEY);
        assertThat(latchkey.getConnection("stripe-api-key", "billing").credentials())
                .isEqualTo(Credentials.apiKey(KEY));
    }

    @Test
    void connectsAPasswordThatTheVendorAccepts() {
        vendor.then(200, "{}");

        Verified verified = latchkey.connect("twilio", "sms", Map.of("username", "AC1", "password", "pw"));

        assertThat(verified.proof()).isEqualTo(Verified.Proof.ACCEPTED);
        assertThat(verified.connection().credentials()).isEqualTo(Credentials.basic("AC1", "pw"));
        assertThat(vendor.asked.get(0).authorization()).isEqualTo("Basic QUMxOnB3");
    }

    @Test
    void callsTheVendorWithTheCredentialThatItKeeps() {
        vendor.then(200, "{}").then(201, "{\"id\": \"cus_1\"}");
        latchkey.connect("stripe-api-key", "billing", Map.of("apiKey", KEY));

        try (ProxyAnswer answer = latchkey.call(
                "stripe-api-key", "billing", ProxyRequest.post("/v1/customers").withForm(Map.of("name", "Ada & Co")))) {
            assertThat(answer.status()).isEqualTo(201);
            assertThat(answer.json().get("id").asText()).isEqualTo("cus_1");
        }

        assertThat(vendor.asked.get(1))
                .isEqualTo(new ScriptedServer.Asked("POST", "/v1/customers", "Bearer " + KEY, "name=Ada%20%26%20Co"));
        latchkey.disconnect("stripe-api-key", "billing");
        assertThatThrownBy(() -> latchkey.getToken("stripe-api-key", "billing"))
                .isInstanceOf(NotConfiguredException.class);
    }

    @Test
    void refusesAKeyThatTheVendorRefusesAndDoesNotKeepIt() {
        vendor.then(401, "{\"error\": \"" + KEY + " is wrong\"}");

        assertThatThrownBy(() -> latchkey.connect("stripe-api-key", "billing", Map.of("apiKey", KEY)))
                .isInstanceOf(LatchkeyException.CredentialRefused.class)
                .hasMessageContaining("401")
                .hasMessageNotContaining(KEY);
        assertThatThrownBy(() -> latchkey.getToken("stripe-api-key", "billing"))
                .isInstanceOf(NotConfiguredException.class);
    }

    @Test
    void saysWhatIsMissingOrMalformedWithoutRepeatingIt() {
        assertThatThrownBy(() -> latchkey.connect("stripe-api-key", "billing", Map.of("apiKey", "wrong-" + KEY)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("apiKey does not look right")
                .hasMessageNotContaining(KEY);
        assertThatThrownBy(() -> latchkey.connect("postgres", "db", Map.of("host", "localhost")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("database is missing")
                .hasMessageContaining("username is missing");
        assertThatThrownBy(() -> latchkey.connect("nothing-here", "c", Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(vendor.asked).isEmpty();
    }

    @Test
    void reachesADatabaseByItsConnectionStringWhereNoDriverIsThere() throws IOException {
        try (ServerSocket database = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Verified verified = latchkey.connect(
                    "postgres",
                    "reports",
                    Map.of(
                            "connectionString",
                            "postgresql://app:p%40ss%2Fw@127.0.0.1:" + database.getLocalPort()
                                    + "/reports?sslmode=disable&application_name=x"));

            assertThat(verified.proof()).isEqualTo(Verified.Proof.REACHED);
            assertThat(verified.connection().credentials()).isInstanceOfSatisfying(Credentials.Datastore.class, it -> {
                assertThat(it.username()).isEqualTo("app");
                assertThat(it.password()).isEqualTo("p@ss/w");
                assertThat(it.database()).isEqualTo("reports");
                assertThat(it.tls()).isEqualTo("disable");
                assertThat(it.jdbcUrl())
                        .isEqualTo("jdbc:postgresql://127.0.0.1:" + database.getLocalPort()
                                + "/reports?sslmode=disable&application_name=x");
            });
            assertThat(verified.toString()).doesNotContain("p@ss");
        }
    }

    @Test
    void refusesADatabaseThatDoesNotListen() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }

        assertThatThrownBy(() -> latchkey.connect(
                        "redis", "cache", Map.of("connectionString", "redis://:hunter2@127.0.0.1:" + port + "/0")))
                .isInstanceOf(LatchkeyException.CredentialRefused.class)
                .hasMessageContaining("127.0.0.1:" + port)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void neverRepeatsAConnectionStringThatIsNone() {
        for (String text : List.of(
                "mysql://app:hunter2@db/app", "postgresql://app:hunter2@d b/app", "hunter2", "postgresql:hunter2")) {
            assertThatThrownBy(() -> latchkey.connect("postgres", "db", Map.of("connectionString", text)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("hunter2")
                    .hasNoCause();
        }
    }
}
