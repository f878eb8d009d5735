package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.EmbeddedPostgres;
import dev.latchkey.server.storage.LentPrograms;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Databases are connected by real ones: PostgreSQL, MariaDB, Redis, a Mongo wire server, and as much of SQL Server as a login takes. */
public class DatastoresTest {
    /** Each of these goes connect → credential → real connection → refused → deleted below. */
    public static final Set<String> JOURNEYS = Set.of("postgres", "mariadb", "mysql", "redis", "mongodb", "sqlserver");

    private static final String PASSWORD = "s3cret/@:?#%40 \"'";

    @TempDir
    static Path folder;

    private static Latchkey latchkey;
    private static DatastoreJourneys journeys;
    private static Certificates certificates;

    @BeforeAll
    static void start() throws Exception {
        certificates = Certificates.in(folder);
        latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "localhost,127.0.0.1"));
        journeys = new DatastoreJourneys(latchkey, JOURNEYS);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    @Test
    void postgresqlByStringByFieldsAndByTls() throws Exception {
        LentPrograms.to(folder.resolve("postgres"));
        try (EmbeddedPostgres server = EmbeddedPostgres.start(folder.resolve("postgres"), new SecureRandom())) {
            DatabaseAddress admin = server.address();
            int port = Integer.parseInt(admin.jdbcUrl().replaceAll(".*:(\\d+)/.*", "$1"));
            Jdbi jdbi =
                    Jdbi.create(admin.jdbcUrl(), admin.user(), admin.password().reveal());
            jdbi.useHandle(handle -> {
                handle.execute("CREATE ROLE app LOGIN PASSWORD '" + PASSWORD.replace("'", "''") + "'");
                handle.execute("CREATE DATABASE shop OWNER app");
                handle.execute("ALTER SYSTEM SET ssl_cert_file = '" + certificates.file("server.pem") + "'");
                handle.execute("ALTER SYSTEM SET ssl_key_file = '" + certificates.file("server.key") + "'");
                handle.execute("ALTER SYSTEM SET ssl_ca_file = '" + certificates.file("ca.pem") + "'");
                handle.execute("ALTER SYSTEM SET ssl = on");
                handle.execute("SELECT pg_reload_conf()");
            });

            JsonNode plain = journeys.journey(
                    "postgres",
                    Map.of(
                            "connection_string",
                            "postgres://app:s3cret%2F%40%3A%3F%23%2540%20%22'@localhost:" + port
                                    + "/shop?sslmode=disable&socketFactory=evil"));
            JsonNode credentials = plain.get("credentials");
            assertThat(credentials.get("type").asString()).isEqualTo("DATASTORE");
            assertThat(credentials.get("driver").asString()).isEqualTo("postgresql");
            assertThat(credentials.get("password").asString()).isEqualTo(PASSWORD);
            assertThat(credentials.get("connection_string").asString())
                    .isEqualTo("postgresql://app:s3cret%2F%40%3A%3F%23%2540%20%22%27@localhost:" + port
                            + "/shop?sslmode=disable");
            assertThat(plain.get("connection_config").toString())
                    .contains("\"host\":\"localhost\"", "\"username\":\"app\"")
                    .doesNotContain("s3cret");
            Properties login = new Properties();
            login.setProperty("user", credentials.get("username").asString());
            login.setProperty("password", credentials.get("password").asString());
            try (Connection connection =
                    DriverManager.getConnection(credentials.get("jdbc_url").asString(), login)) {
                assertThat(connection.getCatalog()).isEqualTo("shop");
            }

            Map<String, String> fields = Map.of(
                    "host",
                    "localhost",
                    "port",
                    Integer.toString(port),
                    "database",
                    "shop",
                    "username",
                    "app",
                    "password",
                    PASSWORD,
                    "ca",
                    certificates.pem("ca.pem"),
                    "clientCert",
                    certificates.pem("client.pem"),
                    "clientKey",
                    certificates.pem("client.key"));
            JsonNode secure = journeys.connected("postgres", fields);
            assertThat(secure.at("/credentials/tls").asString()).isEqualTo("verify-full");

            assertThat(journeys.refused("postgres", DatastoreJourneys.with(fields, "ca", "")))
                    .contains("could not be verified by TLS", "(ca)");
            // The certificate is for localhost alone.
            assertThat(journeys.refused("postgres", DatastoreJourneys.with(fields, "host", "127.0.0.1")))
                    .contains("not for the host 127.0.0.1");
            journeys.connected(
                    "postgres",
                    DatastoreJourneys.with(DatastoreJourneys.with(fields, "host", "127.0.0.1"), "tls", "verify-ca"));
            journeys.connected(
                    "postgres", DatastoreJourneys.with(DatastoreJourneys.with(fields, "ca", ""), "tls", "require"));
            assertThat(journeys.refused("postgres", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                    .contains("SQLSTATE 28P01", "password authentication failed for user \"app\"");
            assertThat(journeys.refused("postgres", DatastoreJourneys.with(fields, "database", "nowhere")))
                    .contains("SQLSTATE 3D000", "database \"nowhere\" does not exist");
            assertThat(latchkey.send("POST", "/connections", """
                            {"provider_config_key": "postgres", "connection_id": "imported", "credentials": %s}""".formatted(secure.get("credentials")))
                            .statusCode())
                    .isEqualTo(201);
            assertThat(latchkey.call("GET", "/connections/imported?provider_config_key=postgres", "", 200)
                            .get("credentials"))
                    .isEqualTo(secure.get("credentials"));
        }
    }

    @Test
    void mariaDbAndMySqlByOneDriver() throws Exception {
        Path data = java.nio.file.Files.createDirectory(folder.resolve("mariadb"));
        int port = Latchkey.freePort();
        Process install = new ProcessBuilder(
                        "mariadb-install-db",
                        "--no-defaults",
                        "--datadir=" + data,
                        "--user=" + System.getProperty("user.name"),
                        "--auth-root-authentication-method=normal",
                        "--skip-test-db")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("install.log").toFile())
                .start();
        assertThat(install.waitFor()).isZero();
        try (Daemon server = Daemon.start(
                folder,
                port,
                List.of(
                        "mariadbd",
                        "--no-defaults",
                        "--user=" + System.getProperty("user.name"),
                        "--datadir=" + data,
                        "--socket=" + data.resolve("s.sock"),
                        "--bind-address=127.0.0.1",
                        "--port=" + port,
                        "--ssl-ca=" + certificates.file("ca.pem"),
                        "--ssl-cert=" + certificates.file("server.pem"),
                        "--ssl-key=" + certificates.file("server.key")))) {
            try (Connection root = DriverManager.getConnection(
                            "jdbc:mariadb://127.0.0.1:" + port + "/mysql?user=root&sslMode=disable");
                    var statement = root.createStatement()) {
                statement.execute("CREATE DATABASE shop");
                statement.execute("CREATE USER app@'%' IDENTIFIED BY 's3cret'");
                statement.execute("GRANT ALL ON shop.* TO app@'%'");
            }
            Map<String, String> fields = Map.of(
                    "host", "localhost",
                    "port", Integer.toString(port),
                    "database", "shop",
                    "username", "app",
                    "password", "s3cret",
                    "ca", certificates.pem("ca.pem"));
            assertThat(journeys.journey("mariadb", fields)
                            .at("/credentials/jdbc_url")
                            .asString())
                    .isEqualTo("jdbc:mariadb://localhost:" + port + "/shop?sslMode=verify-full");
            journeys.journey(
                    "mysql",
                    Map.of("connection_string", "mysql://app:s3cret@localhost:" + port + "/shop?ssl-mode=DISABLED"));

            assertThat(journeys.refused("mariadb", DatastoreJourneys.with(fields, "ca", "")))
                    .contains("could not be verified by TLS");
            assertThat(journeys.refused("mariadb", DatastoreJourneys.with(fields, "host", "127.0.0.1")))
                    .contains("not for the host 127.0.0.1");
            assertThat(journeys.refused("mariadb", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                    .contains("SQLSTATE 28000", "Access denied for user 'app'");
            assertThat(server.process().isAlive()).isTrue();
        }
    }

    @Test
    void redisWithAndWithoutTls() throws Exception {
        int plain = Latchkey.freePort();
        int tls = Latchkey.freePort();
        try (Daemon server = Daemon.start(
                folder,
                tls,
                List.of(
                        "redis-server",
                        "--bind",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(plain),
                        "--tls-port",
                        Integer.toString(tls),
                        "--tls-cert-file",
                        certificates.file("server.pem").toString(),
                        "--tls-key-file",
                        certificates.file("server.key").toString(),
                        "--tls-ca-cert-file",
                        certificates.file("ca.pem").toString(),
                        "--tls-auth-clients",
                        "yes",
                        "--requirepass",
                        "s3cret",
                        "--save",
                        "",
                        "--databases",
                        "4"))) {
            JsonNode credentials = journeys.journey(
                            "redis", Map.of("connection_string", "redis://:s3cret@127.0.0.1:" + plain + "/3"))
                    .get("credentials");
            assertThat(credentials.get("connection_string").asString())
                    .isEqualTo("redis://:s3cret@127.0.0.1:" + plain + "/3");
            assertThat(credentials.get("jdbc_url").isNull()).isTrue();
            Map<String, String> secure = Map.of(
                    "connection_string", "rediss://default:s3cret@localhost:" + tls,
                    "ca", certificates.pem("ca.pem"),
                    "clientCert", certificates.pem("client.pem"),
                    "clientKey", certificates.pem("client.key"));
            journeys.connected("redis", secure);

            assertThat(journeys.refused("redis", DatastoreJourneys.with(secure, "ca", "")))
                    .contains("could not be verified by TLS");
            assertThat(journeys.refused(
                            "redis", Map.of("connection_string", "redis://:wrong-secret@127.0.0.1:" + plain)))
                    .contains("WRONGPASS");
            assertThat(journeys.refused("redis", Map.of("connection_string", "redis://127.0.0.1:" + plain)))
                    .contains("NOAUTH");
            assertThat(journeys.refused(
                            "redis", Map.of("connection_string", "redis://:s3cret@127.0.0.1:" + plain + "/99")))
                    .contains("DB index is out of range");
            assertThat(server.process().isAlive()).isTrue();
        }
    }

    @Test
    void mongoDbByItsWireProtocol() {
        MongoServer server = new MongoServer(new MemoryBackend());
        try {
            int port = server.bind().getPort();
            JsonNode credentials = journeys.journey(
                            "mongodb",
                            Map.of("connection_string", "mongodb://127.0.0.1:" + port + "/shop?replicaSet=rs0"))
                    .get("credentials");
            assertThat(credentials.get("connection_string").asString())
                    .startsWith("mongodb://127.0.0.1:" + port + "/shop?tls=false")
                    .contains("replicaSet=rs0");
            assertThat(journeys.refused(
                            "mongodb", Map.of("connection_string", "mongodb://app:s3cret@127.0.0.1:" + port + "/shop")))
                    .contains("refused the connection");
        } finally {
            server.shutdownNow();
        }
    }

    @Test
    void sqlServerByItsProtocolAsFarAsALoginAndAStatementGo() throws Exception {
        try (ScriptedSqlServer server = new ScriptedSqlServer("app", "s3cret")) {
            String string = "Server=tcp:127.0.0.1," + server.port() + ";Database=shop;User ID=app;Password=";
            JsonNode credentials = journeys.journey(
                            "sqlserver", Map.of("connection_string", string + "s3cret;Encrypt=False"))
                    .get("credentials");
            assertThat(credentials.get("jdbc_url").asString())
                    .isEqualTo("jdbc:sqlserver://127.0.0.1:" + server.port() + ";databaseName=shop;encrypt=false"
                            + ";trustServerCertificate=false");
            assertThat(credentials.get("username").asString()).isEqualTo("app");
            assertThat(credentials.get("password").asString()).isEqualTo("s3cret");

            assertThat(journeys.refused(
                            "sqlserver", Map.of("connection_string", string + "wrong-secret;Encrypt=False")))
                    .contains("refused the connection (SQLSTATE S0001): Login failed for user 'app'");
            // It offers no encryption, without which no password goes out.
            assertThat(journeys.refused("sqlserver", Map.of("connection_string", string + "s3cret;Encrypt=True")))
                    .contains("refused the connection");
        }
    }

    @Test
    void whatDoesNotAnswerIsGivenUpInTime() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            assertThat(journeys.refused(
                            "redis", Map.of("connection_string", "redis://127.0.0.1:" + silent.getLocalPort())))
                    .contains("did not answer within 10 seconds");
        }
        int closed = Latchkey.freePort();
        assertThat(journeys.refused(
                        "postgres", Map.of("connection_string", "postgres://app:s3cret@127.0.0.1:" + closed + "/shop")))
                .contains("refused the connection");
    }

    @Test
    void privateAddressesOnlyWhereTheOperatorAllowsThem() {
        for (String host : List.of("127.0.0.9", "[::1]", "2130706433")) {
            HttpResponse<String> answer = journeys.connect(
                    "postgres", Map.of("connection_string", "postgres://app:s3cret@" + host + ":5432/shop"));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body())
                    .contains("was not allowed to connect")
                    // Which is for the operator, in the log.
                    .doesNotContain("LATCHKEY_EGRESS_ALLOW")
                    .doesNotContain("s3cret");
        }
    }

    @Test
    void saysWhatIsWrongWithAConnectionStringWithoutRepeatingIt() {
        for (String string : List.of(
                "s3cret",
                "postgres://app:s3cret@/shop",
                "postgres://app:s3cret@2001:db8::1/shop",
                "postgres://app:s3cret@dä.example.com/shop",
                "postgres://app:s3cret@a.example,,b.example/shop",
                "https://app:s3cret@db.example.com/shop",
                "mysql://app:s3cret@db.example.com/shop")) {
            HttpResponse<String> answer = journeys.connect("postgres", Map.of("connection_string", string));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            assertThat(answer.body())
                    .contains("invalid_body", "must look like postgresql://", "connection_string")
                    .doesNotContain("s3cret");
        }
        assertThat(journeys.connect("postgres", Map.of()).body()).contains("Host is missing");
        assertThat(journeys.connect("postgres", Map.of("connection_string", "postgres://db.example.com"))
                        .body())
                .contains("invalid_body", "Database is missing", "User is missing");
        assertThat(journeys.connect(
                                "mongodb",
                                Map.of("connection_string", "mongodb+srv://app:s3cret@a.example,b.example/shop"))
                        .body())
                .contains("one name without a port")
                .doesNotContain("s3cret");
        assertThat(latchkey.call("GET", "/connections?integrationId=mongodb", "", 200)
                        .path("connections"))
                .isEmpty();
    }
}
