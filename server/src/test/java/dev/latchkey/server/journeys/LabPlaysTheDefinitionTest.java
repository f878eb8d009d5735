package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.datastores.DatastoresTest;
import dev.latchkey.server.datastores.KafkaTest;
import dev.latchkey.server.datastores.OracleTest;
import dev.latchkey.server.datastores.ProtocolServersTest;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.kinds.Kinds;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Every provider of the catalogue through the product: connect, read the credential, call the API with it, renew it, end it. The lab plays
 * the vendor from the same definition, so that what is found is a contradiction, and not a wrong URL or name: those are held by
 * {@code NamedSystemsTest}. The journeys run side by side before the first test; each test then reports its provider's.
 * {@code -Dprovider=<id>,<id>} plays these alone.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LabPlaysTheDefinitionTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final int SIDE_BY_SIDE = 6;

    private final Map<String, Optional<Throwable>> outcomes = new ConcurrentHashMap<>();
    private Latchkey latchkey;

    /** The only providers that do not travel here, each with the server that its own journey in package datastores runs against. */
    private static final Map<String, String> AT_A_SERVER_OF_THEIR_OWN = Map.ofEntries(
            Map.entry("postgres", "PostgreSQL, from Maven Central"),
            Map.entry("mariadb", "MariaDB, from Debian"),
            Map.entry("mysql", "MariaDB by MySQL's protocol and driver settings"),
            Map.entry("redis", "Redis, from Debian"),
            Map.entry("mongodb", "mongo-java-server, which speaks MongoDB's wire protocol"),
            Map.entry("sqlserver", "ScriptedSqlServer, which speaks as much TDS as a login and SELECT 1 take"),
            Map.entry("smtp", "SubEthaSMTP"),
            Map.entry("imap", "GreenMail, with a STARTTLS of ours in front"),
            Map.entry("ldap", "UnboundID's in-memory directory server"),
            Map.entry("sftp", "Apache MINA's SSH server"),
            Map.entry("rabbitmq", "Apache Qpid's broker, by AMQP 0-9-1"),
            Map.entry("amqp", "Apache ActiveMQ Artemis"),
            Map.entry("kafka", "Apache Kafka's own broker"),
            Map.entry("oracle", "ScriptedOracle, a listener that refuses and redirects; the driver is Oracle's own"));

    static Stream<String> providers() {
        return CATALOGUE.all().stream()
                .map(Provider::id)
                .filter(id -> !AT_A_SERVER_OF_THEIR_OWN.containsKey(id))
                .filter(id ->
                        List.of(System.getProperty("provider", id).split(",")).contains(id));
    }

    @Test
    void providersLeftOutHereAreDatabasesWithAServerOfTheirOwn() {
        assertThat(CATALOGUE.all().stream()
                        .filter(provider -> provider.auth() instanceof Auth.Datastore)
                        .map(Provider::id))
                .containsExactlyInAnyOrderElementsOf(AT_A_SERVER_OF_THEIR_OWN.keySet());
        assertThat(Stream.of(
                                DatastoresTest.JOURNEYS,
                                ProtocolServersTest.JOURNEYS,
                                KafkaTest.JOURNEYS,
                                OracleTest.JOURNEYS)
                        .flatMap(Set::stream))
                .containsExactlyInAnyOrderElementsOf(AT_A_SERVER_OF_THEIR_OWN.keySet());
    }

    @BeforeAll
    void travel() throws InterruptedException {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000", "LATCHKEY_RATE_LIMIT", "1000000"));
        Semaphore places = new Semaphore(SIDE_BY_SIDE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String id : providers().toList()) {
                places.acquire();
                threads.submit(() -> {
                    try {
                        new Journey(CATALOGUE.find(id).orElseThrow()).travel();
                        outcomes.put(id, Optional.empty());
                    } catch (Throwable e) {
                        outcomes.put(id, Optional.of(e));
                    } finally {
                        places.release();
                    }
                });
            }
        }
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void connectsCallsRenewsAndEnds(String provider) {
        requireNonNull(outcomes.get(provider)).ifPresent(failure -> {
            throw new AssertionError(provider + ": " + failure.getMessage(), failure);
        });
    }

    /** One provider's way. */
    private final class Journey {
        private final Provider provider;
        private final String key;
        private final LabFlow flow;
        private final JsonNode account;

        Journey(Provider provider) {
            this.provider = provider;
            this.key = provider.id();
            this.flow = new LabFlow(latchkey, provider, key);
            this.account = flow.account();
        }

        void travel() {
            latchkey.labIntegration(provider.id(), key);
            refuseWhatIsWrong();
            connect();
            JsonNode connection = read("");
            assertThat(connection.path("provider").asString()).isEqualTo(provider.id());
            apiKnows();
            renew(connection);
            end();
        }

        private void connect() {
            if (flow.throughABrowser()) {
                HttpResponse<String> page = new LabUser().connect(flow.start(latchkey.sessionNamed("c1", key)));
                assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            } else {
                HttpResponse<String> answer = flow.direct(latchkey.sessionNamed("c1", key), account);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            }
        }

        private boolean isDiscovered() {
            return provider.auth() instanceof Auth.Mcp mcp && mcp.known().isEmpty();
        }

        /** A wrong secret is refused with the vendor's reason, and leaves nothing behind. */
        private void refuseWhatIsWrong() {
            boolean tried = provider.calls().verification() instanceof Verification.Probe
                    || provider.auth() instanceof Auth.Exchange
                    || provider.auth() instanceof Auth.OAuth2Client;
            if (flow.throughABrowser() || !tried || provider.auth() instanceof Auth.NoAuth) {
                return;
            }
            ObjectNode wrong = (ObjectNode) account.deepCopy();
            provider.fields().values().stream()
                    .filter(field -> field.isAsked() && field.scope() == Field.Scope.SECRET)
                    .forEach(field -> wrong.put(
                            field.id(),
                            field.type() == Field.Type.PEM
                                    ? "-----BEGIN PRIVATE KEY-----\nd3Jvbmc=\n-----END PRIVATE KEY-----"
                                    : account.path(field.id()).asString("") + "wrong"));
            Kinds.of(provider.auth())
                    .asked()
                    .forEach(it -> wrong.put(it.id(), account.path(it.id()).asString("") + "wrong"));
            HttpResponse<String> answer = flow.direct(latchkey.sessionNamed("wrong", key), wrong);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body())
                    .doesNotContain("lab_secret")
                    .containsAnyOf("connection_test_failed", "_fetch_error", "invalid_body");
            latchkey.call("GET", "/connections/wrong?provider_config_key=" + key, "", 404);
        }

        private JsonNode read(String more) {
            return latchkey.call("GET", "/connections/c1?provider_config_key=" + key + more, "", 200);
        }

        private void apiKnows() {
            // What is in a body cannot prove a call that has none.
            if (provider.api().base().isEmpty() || !provider.api().body().isEmpty()) {
                return;
            }
            if (isDiscovered()) {
                tool();
            }
            HttpResponse<String> answer = latchkey.get(
                    "/proxy/me",
                    Map.of(
                            "Authorization",
                            "Bearer " + latchkey.key,
                            "Provider-Config-Key",
                            key,
                            "Connection-Id",
                            "c1"));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(Json.MAPPER.readTree(answer.body()).path("name").asString())
                    .isEqualTo("Ada Lovelace");
        }

        /** An MCP server's API is JSON-RPC. */
        private void tool() {
            JsonNode answer = Json.MAPPER.readTree(latchkey.send(
                            "POST",
                            "/proxy/mcp",
                            "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\": \"whoami\"}}",
                            Map.of(
                                    "Provider-Config-Key",
                                    key,
                                    "Connection-Id",
                                    "c1",
                                    "Content-Type",
                                    "application/json"))
                    .body());
            assertThat(answer.at("/result/structuredContent/name").asString(""))
                    .as(answer.toString())
                    .isEqualTo("Ada Lovelace");
        }

        private void renew(JsonNode before) {
            if (!isRenewable(before)) {
                return;
            }
            // A token that is itself what is exchanged must live still.
            boolean byToken = provider.auth() instanceof Auth.OAuth2Code(CodeGrant code)
                    && code.refresh().policy() != CodeGrant.RefreshPolicy.REFRESH_TOKEN;
            if (!byToken) {
                latchkey.call("POST", "/lab/api/" + provider.id() + "/expire", "", 200);
            }
            JsonNode after = read("&force_refresh=true");
            assertThat(after.get("credentials")).as("renewed").isNotEqualTo(before.get("credentials"));
            apiKnows();
        }

        private boolean isRenewable(JsonNode connection) {
            return switch (provider.auth()) {
                case Auth.OAuth2Code code -> code.grant().refresh().policy() != CodeGrant.RefreshPolicy.NONE;
                case Auth.OAuth2Client it -> true;
                case Auth.Mcp it -> true;
                case Auth.Exchange it -> true;
                case Auth.AppInstallation it -> true;
                case Auth.AwsRole it -> true;
                case Auth.OAuth1 it -> false;
                case Auth.PluginInstall it -> false;
                case Auth.Entered it -> false;
            };
        }

        private void end() {
            latchkey.call("DELETE", "/connections/c1?provider_config_key=" + key, "", 200);
            latchkey.call("GET", "/connections/c1?provider_config_key=" + key, "", 404);
            if (provider.calls().onDelete().isPresent() || isDiscovered()) {
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> latchkey.call("GET", "/lab/api/" + provider.id() + "/events", "", 200)
                                .toString()
                                .contains("revoked"));
            }
        }
    }
}
