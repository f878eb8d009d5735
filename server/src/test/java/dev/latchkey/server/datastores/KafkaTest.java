package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Apache Kafka's own broker: SASL by each mechanism, TLS with and without client certificates, and neither. */
@Tag("nightly")
public class KafkaTest {
    public static final Set<String> JOURNEYS = Set.of("kafka");

    @TempDir
    static Path folder;

    private static Certificates certificates;
    private static KafkaBroker broker;
    private static Latchkey latchkey;
    private static DatastoreJourneys journeys;

    @BeforeAll
    static void start() throws Exception {
        certificates = Certificates.in(folder);
        broker = KafkaBroker.start(folder, certificates);
        latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "localhost,127.0.0.1"));
        journeys = new DatastoreJourneys(latchkey, JOURNEYS);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
        broker.close();
    }

    private static Map<String, String> fields(String listener, String user, String password) throws Exception {
        return new HashMap<>(Map.of(
                "host",
                "localhost:" + broker.port(listener),
                "username",
                user,
                "password",
                password,
                "ca",
                certificates.pem("ca.pem")));
    }

    @Test
    void theBestMechanismThatTheBrokerOffersIsTaken() throws Exception {
        Map<String, String> fields = fields("SCRAM", "app", KafkaBroker.PASSWORD);
        JsonNode credentials = journeys.journey("kafka", fields).get("credentials");
        assertThat(credentials.get("driver").asString()).isEqualTo("kafka");
        assertThat(credentials.get("connection_string").asString())
                .isEqualTo("kafka+ssl://app:s3cret%20%2F%3A%3B%40%25@localhost:" + broker.port("SCRAM"));
        assertThat(journeys.refused("kafka", DatastoreJourneys.with(fields, "ca", "")))
                .contains("could not be verified by TLS", "(ca)");
        assertThat(journeys.refused("kafka", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                .contains("Apache Kafka at localhost:" + broker.port("SCRAM"), "SASL_AUTHENTICATION_FAILED");
        for (String mechanism : Set.of("SCRAM-SHA-256", "SCRAM-SHA-512")) {
            journeys.connected("kafka", DatastoreJourneys.with(fields, "saslMechanism", mechanism));
        }
        assertThat(journeys.refused("kafka", DatastoreJourneys.with(fields, "saslMechanism", "PLAIN")))
                .contains("it takes logins by", "SCRAM-SHA-512", "and not by PLAIN");
        assertThat(journeys.refused("kafka", with(fields, "username", "", "password", "")))
                .contains("as a broker does that wants a login (SASL)");
    }

    @Test
    void byPlainWhereNothingElseIsOffered() throws Exception {
        Map<String, String> fields = fields("PLAINTLS", "app", KafkaBroker.PASSWORD);
        journeys.journey("kafka", fields);
        assertThat(journeys.refused("kafka", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                .contains("SASL_AUTHENTICATION_FAILED");
        journeys.journey(
                "kafka",
                Map.of(
                        "connection_string",
                        "kafka://app:s3cret%20%2F%3A%3B%40%25@127.0.0.1:" + broker.port("CLEAR")
                                + "?saslMechanism=PLAIN"));
    }

    @Test
    void byAToken() throws Exception {
        Map<String, String> fields =
                with(fields("TOKEN", "", KafkaBroker.token("app")), "saslMechanism", "OAUTHBEARER", "tls", "disable");
        journeys.journey("kafka", fields);
        assertThat(journeys.refused("kafka", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                .contains("the token is refused");
    }

    @Test
    void byAClientCertificateAlone() throws Exception {
        Map<String, String> fields = fields("MTLS", "", "");
        assertThat(journeys.refused("kafka", fields)).contains("TLS");
        fields.put("clientCert", certificates.pem("client.pem"));
        fields.put("clientKey", certificates.pem("client.key"));
        journeys.journey("kafka", fields);
        assertThat(journeys.refused("kafka", with(fields, "username", "app", "password", "wrong-secret")))
                .contains("it takes no login on this port");
    }

    @Test
    void oneOfSeveralServersIsEnough() throws Exception {
        Map<String, String> fields = fields("SCRAM", "app", KafkaBroker.PASSWORD);
        fields.put("host", "localhost:" + Latchkey.freePort() + "," + fields.get("host"));
        journeys.journey("kafka", fields);
    }

    private static Map<String, String> with(
            Map<String, String> fields, String name, String value, String other, String second) {
        return DatastoreJourneys.with(DatastoreJourneys.with(fields, name, value), other, second);
    }
}
