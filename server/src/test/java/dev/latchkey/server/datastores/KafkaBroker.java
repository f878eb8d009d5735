package dev.latchkey.server.datastores;

import dev.latchkey.server.api.Latchkey;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/** A Kafka in this process, broker and controller in one, with a listener for each way to sign in. */
final class KafkaBroker implements AutoCloseable {
    static final String PASSWORD = "s3cret /:;@%";

    private static final Map<String, String> PROTOCOLS = Map.of(
            "CONTROLLER", "PLAINTEXT",
            "INTERNAL", "PLAINTEXT",
            "SCRAM", "SASL_SSL",
            "PLAINTLS", "SASL_SSL",
            "CLEAR", "SASL_PLAINTEXT",
            "TOKEN", "SASL_PLAINTEXT",
            "MTLS", "SSL");

    private final KafkaRaftServer server;
    private final Map<String, Integer> ports;

    private KafkaBroker(KafkaRaftServer server, Map<String, Integer> ports) {
        this.server = server;
        this.ports = ports;
    }

    static KafkaBroker start(Path folder, Certificates certificates) throws Exception {
        Map<String, Integer> ports = new LinkedHashMap<>();
        PROTOCOLS.keySet().forEach(listener -> ports.put(listener, Latchkey.freePort()));
        Properties properties = properties(folder, certificates, ports);
        Path file = folder.resolve("kafka.properties");
        try (var writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        String[] format = {
            "format",
            "--config",
            file.toString(),
            "--cluster-id",
            Uuid.randomUuid().toString(),
            "--add-scram",
            "SCRAM-SHA-256=[name=app,password=" + PASSWORD + "]",
            "--add-scram",
            "SCRAM-SHA-512=[name=app,password=" + PASSWORD + "]"
        };
        if (StorageTool.execute(format, new PrintStream(said, true, StandardCharsets.UTF_8)) != 0) {
            throw new IllegalStateException(
                    "Kafka's storage is not formatted: " + said.toString(StandardCharsets.UTF_8));
        }
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
        server.startup();
        return new KafkaBroker(server, ports);
    }

    private static Properties properties(Path folder, Certificates certificates, Map<String, Integer> ports)
            throws Exception {
        String plain =
                "org.apache.kafka.common.security.plain.PlainLoginModule required user_app=\"" + PASSWORD + "\";";
        Properties properties = new Properties();
        properties.putAll(Map.of(
                "process.roles", "broker,controller",
                "node.id", "1",
                "controller.quorum.voters", "1@localhost:" + ports.get("CONTROLLER"),
                "controller.listener.names", "CONTROLLER",
                "inter.broker.listener.name", "INTERNAL",
                "log.dirs", folder.resolve("kafka").toString(),
                "listener.security.protocol.map", joined(PROTOCOLS, ":"),
                "listeners",
                        ports.entrySet().stream()
                                .map(one -> one.getKey() + "://127.0.0.1:" + one.getValue())
                                .collect(Collectors.joining(",")),
                "offsets.topic.replication.factor", "1",
                "num.network.threads", "1"));
        properties.putAll(Map.of(
                "ssl.keystore.type", "PKCS12",
                "ssl.keystore.location", certificates.keyStore("in-a-test").toString(),
                "ssl.keystore.password", "in-a-test",
                "ssl.key.password", "in-a-test",
                "ssl.truststore.type", "PEM",
                "ssl.truststore.location", certificates.file("ca.pem").toString(),
                "listener.name.mtls.ssl.client.auth", "required"));
        properties.putAll(Map.of(
                "listener.name.scram.sasl.enabled.mechanisms", "SCRAM-SHA-256,SCRAM-SHA-512",
                "listener.name.scram.scram-sha-256.sasl.jaas.config",
                        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "listener.name.scram.scram-sha-512.sasl.jaas.config",
                        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "listener.name.plaintls.sasl.enabled.mechanisms", "PLAIN",
                "listener.name.plaintls.plain.sasl.jaas.config", plain,
                "listener.name.clear.sasl.enabled.mechanisms", "PLAIN",
                "listener.name.clear.plain.sasl.jaas.config", plain,
                "listener.name.token.sasl.enabled.mechanisms", "OAUTHBEARER",
                // Kafka's validator for development, which takes tokens that nobody signed.
                "listener.name.token.oauthbearer.sasl.jaas.config",
                        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"
                                + " unsecuredLoginStringClaim_sub=\"broker\";"));
        return properties;
    }

    private static String joined(Map<String, String> map, String between) {
        return map.entrySet().stream()
                .map(one -> one.getKey() + between + one.getValue())
                .collect(Collectors.joining(","));
    }

    /** An unsigned one, as that validator takes it. */
    static String token(String subject) {
        long now = System.currentTimeMillis() / 1_000;
        return base64("{\"alg\":\"none\"}") + "."
                + base64("{\"sub\":\"" + subject + "\",\"iat\":" + now + ",\"exp\":" + (now + 600) + "}") + ".";
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    int port(String listener) {
        return ports.getOrDefault(listener, 0);
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
