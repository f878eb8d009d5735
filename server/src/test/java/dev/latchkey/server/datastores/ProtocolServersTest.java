package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.spi.core.security.ActiveMQSecurityManager;
import org.apache.qpid.server.SystemLauncher;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.file.virtualfs.VirtualFileSystemFactory;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.sftp.server.SftpSubsystemFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;
import tools.jackson.databind.JsonNode;

/** Servers that are no databases are connected by independent ones of their protocols, which run in this process. */
public class ProtocolServersTest {
    /** Each of these goes connect → credential → refused → deleted below. */
    public static final Set<String> JOURNEYS = Set.of("smtp", "imap", "ldap", "sftp", "rabbitmq", "amqp");

    private static final String PASSWORD = "s3cret/@:?#%40 \"'\\";

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

    private static Map<String, String> fields(int port, String username) throws Exception {
        return new HashMap<>(Map.of(
                "host",
                "localhost",
                "port",
                Integer.toString(port),
                "username",
                username,
                "password",
                PASSWORD,
                "ca",
                certificates.pem("ca.pem")));
    }

    /** What every server refuses in the same words. */
    private static void refusesWhatTlsDoesNotProve(String provider, Map<String, String> fields) {
        assertThat(journeys.refused(provider, DatastoreJourneys.with(fields, "ca", "")))
                .contains("could not be verified by TLS", "(ca)");
        Map<String, String> byNumber = DatastoreJourneys.with(fields, "host", "127.0.0.1");
        assertThat(journeys.refused(provider, byNumber)).contains("not for the host 127.0.0.1");
        journeys.connected(provider, DatastoreJourneys.with(byNumber, "tls", "verify-ca"));
        journeys.connected(
                provider, DatastoreJourneys.with(DatastoreJourneys.with(byNumber, "ca", ""), "tls", "require"));
    }

    private static SMTPServer.Builder smtp(int port) {
        return SMTPServer.port(port)
                .bindAddress(InetAddress.getLoopbackAddress())
                .authenticationHandlerFactory(new EasyAuthenticationHandlerFactory((user, password, context) -> {
                    if (!user.equals("ada@example.com") || !password.equals(PASSWORD)) {
                        throw new LoginFailedException("Bad login");
                    }
                }));
    }

    @Test
    void smtpByStarttlsByTlsAndInClearText() throws Exception {
        SSLContext tls = certificates.serverTls();
        SMTPServer starttls = smtp(Latchkey.freePort())
                .requireTLS()
                .enableTLS()
                .startTlsSocketFactory(tls)
                .build();
        SMTPServer atOnce = smtp(Latchkey.freePort()).serverSocketFactory(tls).build();
        SMTPServer plain = smtp(Latchkey.freePort()).requireAuth().build();
        starttls.start();
        atOnce.start();
        plain.start();
        try {
            Map<String, String> fields = fields(starttls.getPort(), "ada@example.com");
            JsonNode credentials = journeys.journey("smtp", fields).get("credentials");
            assertThat(credentials.get("driver").asString()).isEqualTo("smtp");
            assertThat(credentials.get("startTls").asString()).isEqualTo("true");
            assertThat(credentials.get("connection_string").asString())
                    .isEqualTo("smtp://ada%40example.com:s3cret%2F%40%3A%3F%23%2540%20%22%27%5C@localhost:"
                            + starttls.getPort());
            refusesWhatTlsDoesNotProve("smtp", fields);
            assertThat(journeys.refused("smtp", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                    .contains("SMTP at localhost:" + starttls.getPort() + " refused the connection: 535");
            assertThat(journeys.refused("smtp", DatastoreJourneys.with(fields, "tls", "disable")))
                    .contains("it takes no login on this connection");

            JsonNode implicit = journeys.journey(
                            "smtp",
                            Map.of(
                                    "connection_string",
                                    "smtps://ada@example.com:" + PASSWORD.replace("%", "%25") + "@localhost:"
                                            + atOnce.getPort(),
                                    "ca",
                                    certificates.pem("ca.pem")))
                    .get("credentials");
            assertThat(implicit.get("connection_string").asString()).startsWith("smtps://");
            assertThat(implicit.get("password").asString()).isEqualTo(PASSWORD);

            Map<String, String> clear = fields(plain.getPort(), "ada@example.com");
            assertThat(journeys.refused("smtp", clear)).contains("offers no STARTTLS");
            journeys.journey("smtp", DatastoreJourneys.with(clear, "tls", "disable"));
        } finally {
            starttls.stop();
            atOnce.stop();
            plain.stop();
        }
    }

    @Test
    void imapByTlsByStarttlsAndInClearText() throws Exception {
        System.setProperty(
                "greenmail.tls.keystore.file",
                certificates.keyStore("in-a-test").toString());
        System.setProperty("greenmail.tls.keystore.password", "in-a-test");
        GreenMail mail = new GreenMail(new ServerSetup[] {
            new ServerSetup(Latchkey.freePort(), "127.0.0.1", ServerSetup.PROTOCOL_IMAP),
            new ServerSetup(Latchkey.freePort(), "127.0.0.1", ServerSetup.PROTOCOL_IMAPS)
        });
        mail.start();
        try (StartTlsFront front =
                new StartTlsFront(certificates.serverTls(), mail.getImap().getPort())) {
            mail.setUser("ada@example.com", "ada@example.com", PASSWORD);
            Map<String, String> fields =
                    DatastoreJourneys.with(fields(mail.getImaps().getPort(), "ada@example.com"), "startTls", "false");
            JsonNode credentials = journeys.journey("imap", fields).get("credentials");
            assertThat(credentials.get("connection_string").asString())
                    .isEqualTo("imaps://ada%40example.com:s3cret%2F%40%3A%3F%23%2540%20%22%27%5C@localhost:"
                            + mail.getImaps().getPort());
            refusesWhatTlsDoesNotProve("imap", fields);
            assertThat(journeys.refused("imap", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                    .contains("IMAP at localhost:" + mail.getImaps().getPort() + " refused the connection: NO");

            Map<String, String> starttls = fields(front.port(), "ada@example.com");
            journeys.journey("imap", starttls);
            refusesWhatTlsDoesNotProve("imap", starttls);
            assertThat(journeys.refused("imap", DatastoreJourneys.with(starttls, "tls", "disable")))
                    .contains("takes no login by password on this connection");

            Map<String, String> clear = fields(mail.getImap().getPort(), "ada@example.com");
            assertThat(journeys.refused("imap", clear)).contains("offers no STARTTLS");
            journeys.journey("imap", DatastoreJourneys.with(clear, "tls", "disable"));
        } finally {
            mail.stop();
        }
    }

    @Test
    void ldapByTlsByStartTlsAndInClearText() throws Exception {
        SSLContext tls = certificates.serverTls();
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=com");
        config.addAdditionalBindCredentials("cn=reader,dc=example,dc=com", PASSWORD);
        config.setListenerConfigs(
                InMemoryListenerConfig.createLDAPConfig(
                        "starttls", InetAddress.getLoopbackAddress(), 0, tls.getSocketFactory()),
                InMemoryListenerConfig.createLDAPSConfig(
                        "ldaps",
                        InetAddress.getLoopbackAddress(),
                        0,
                        tls.getServerSocketFactory(),
                        tls.getSocketFactory()));
        InMemoryDirectoryServer server = new InMemoryDirectoryServer(config);
        server.add("dn: dc=example,dc=com", "objectClass: domain", "dc: example");
        server.startListening();
        try {
            Map<String, String> fields = fields(server.getListenPort("starttls"), "cn=reader,dc=example,dc=com");
            fields.put("database", "dc=example,dc=com");
            JsonNode credentials = journeys.journey("ldap", fields).get("credentials");
            assertThat(credentials.get("database").asString()).isEqualTo("dc=example,dc=com");
            assertThat(credentials.get("connection_string").asString())
                    .startsWith("ldap://cn%3Dreader%2Cdc%3Dexample%2Cdc%3Dcom:")
                    .endsWith("@localhost:" + server.getListenPort("starttls") + "/dc%3Dexample%2Cdc%3Dcom");
            refusesWhatTlsDoesNotProve("ldap", fields);
            assertThat(journeys.refused("ldap", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                    .contains("refused the connection: invalidCredentials (49)");
            assertThat(journeys.refused("ldap", DatastoreJourneys.with(fields, "database", "dc=nowhere")))
                    .contains("refused the connection: noSuchObject (32)");
            assertThat(journeys.refused("ldap", DatastoreJourneys.with(fields, "password", "")))
                    .contains("a bind with a DN needs a password");

            journeys.journey("ldap", DatastoreJourneys.with(fields, "tls", "disable"));
            Map<String, String> ldaps = DatastoreJourneys.with(
                    DatastoreJourneys.with(fields, "port", Integer.toString(server.getListenPort("ldaps"))),
                    "startTls",
                    "false");
            assertThat(journeys.journey("ldap", ldaps)
                            .at("/credentials/connection_string")
                            .asString())
                    .startsWith("ldaps://");
            refusesWhatTlsDoesNotProve("ldap", ldaps);
        } finally {
            server.shutDown(true);
        }
    }

    @Test
    void sftpComparesTheHostKeyBeforeItSendsALogin() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        KeyPair hostKey = generator.generateKeyPair();
        KeyPair own = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        Path files = Files.createDirectories(folder.resolve("files").resolve("in box"));
        Files.writeString(files.resolve("note"), "x");
        AtomicInteger logins = new AtomicInteger();
        SshServer server = SshServer.setUpDefaultServer();
        server.setHost("127.0.0.1");
        server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        server.setPasswordAuthenticator((user, password, session) -> {
            logins.incrementAndGet();
            return user.equals("app") && password.equals(PASSWORD);
        });
        server.setPublickeyAuthenticator((user, key, session) -> user.equals("app") && key.equals(own.getPublic()));
        server.setSubsystemFactories(List.of(new SftpSubsystemFactory()));
        server.setFileSystemFactory(new VirtualFileSystemFactory(folder.resolve("files")));
        server.start();
        try {
            String fingerprint = KeyUtils.getFingerPrint(hostKey.getPublic());
            Map<String, String> fields = fields(server.getPort(), "app");
            fields.remove("ca");
            assertThat(journeys.refused("sftp", fields))
                    .contains("is not trusted yet, so no login was sent to it", "its host key is " + fingerprint);
            assertThat(journeys.refused("sftp", DatastoreJourneys.with(fields, "hostKey", "SHA256:" + "A".repeat(43))))
                    .contains("its host key is " + fingerprint, "not the one that was given");
            assertThat(logins).hasValue(0);

            Map<String, String> known = DatastoreJourneys.with(fields, "hostKey", fingerprint);
            known.put("database", "/in box");
            JsonNode credentials = journeys.journey("sftp", known).get("credentials");
            assertThat(credentials.get("connection_string").asString())
                    .isEqualTo("sftp://app:s3cret%2F%40%3A%3F%23%2540%20%22%27%5C@localhost:" + server.getPort()
                            + "/in%20box?hostKey=" + PercentEncoding.encode(fingerprint));
            journeys.journey(
                    "sftp",
                    DatastoreJourneys.with(
                            known, "hostKey", "localhost " + PublicKeyEntry.toString(hostKey.getPublic())));
            journeys.journey("sftp", DatastoreJourneys.with(fields, "tls", "require"));
            Map<String, String> byKey = DatastoreJourneys.with(known, "password", "");
            byKey.put("clientKey", pem(own));
            journeys.journey("sftp", byKey);

            assertThat(journeys.refused("sftp", DatastoreJourneys.with(known, "password", "wrong-secret")))
                    .contains(
                            "SFTP at localhost:" + server.getPort() + " refused the connection: the login is refused");
            assertThat(journeys.refused("sftp", DatastoreJourneys.with(known, "database", "/nowhere")))
                    .contains("the folder cannot be opened");
            assertThat(journeys.refused("sftp", DatastoreJourneys.with(known, "database", "/in box/note")))
                    .contains("is no folder");
            assertThat(journeys.refused("sftp", DatastoreJourneys.with(byKey, "clientKey", "no key: s3cret")))
                    .contains("the private key cannot be read");
        } finally {
            server.stop(true);
        }
    }

    private static String pem(KeyPair pair) {
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(pair.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
    }

    @Test
    void amqp10ByTlsAndInClearText() throws Exception {
        int tls = Latchkey.freePort();
        int clear = Latchkey.freePort();
        // Its audit asks for the caller in a way that this JDK no longer has.
        ((Logger) LoggerFactory.getLogger("org.apache.activemq.audit")).setLevel(Level.OFF);
        ConfigurationImpl config = new ConfigurationImpl();
        config.setPersistenceEnabled(false)
                .setSecurityEnabled(true)
                .setJMXManagementEnabled(false)
                .setJournalDirectory(folder.resolve("artemis").toString());
        config.addAcceptorConfiguration(
                "tls",
                "tcp://127.0.0.1:" + tls + "?protocols=AMQP;saslMechanisms=PLAIN;sslEnabled=true;keyStoreType=PKCS12"
                        + ";keyStorePassword=in-a-test;keyStorePath=" + certificates.keyStore("in-a-test"));
        config.addAcceptorConfiguration(
                "clear", "tcp://127.0.0.1:" + clear + "?protocols=AMQP;saslMechanisms=PLAIN,ANONYMOUS");
        EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
        broker.setConfiguration(config);
        broker.setSecurityManager(new ActiveMQSecurityManager() {
            @Override
            public boolean validateUser(String user, String password) {
                return "app".equals(user) && PASSWORD.equals(password);
            }

            @Override
            public boolean validateUserAndRole(String user, String password, Set<Role> roles, CheckType check) {
                return validateUser(user, password);
            }
        });
        broker.start();
        try {
            Map<String, String> fields = fields(tls, "app");
            assertThat(journeys.journey("amqp", fields)
                            .at("/credentials/connection_string")
                            .asString())
                    .isEqualTo("amqps://app:s3cret%2F%40%3A%3F%23%2540%20%22%27%5C@localhost:" + tls);
            refusesWhatTlsDoesNotProve("amqp", fields);
            assertThat(journeys.refused("amqp", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                    .contains("AMQP 1.0 at localhost:" + tls + " refused the connection: the login is refused");
            Map<String, String> nobody =
                    DatastoreJourneys.with(DatastoreJourneys.with(fields, "username", ""), "password", "");
            assertThat(journeys.refused("amqp", nobody)).contains("it takes logins by PLAIN, and not by ANONYMOUS");
            // ANONYMOUS is offered here, and refused when the connection is opened.
            assertThat(journeys.refused("amqp", Map.of("connection_string", "amqp://localhost:" + clear)))
                    .contains("refused the connection: amqp:unauthorized-access");
            journeys.journey(
                    "amqp",
                    Map.of(
                            "connection_string",
                            "amqp://app:" + PASSWORD.replace("%", "%25") + "@localhost:" + clear + "/shop"));
            assertThat(journeys.refused("rabbitmq", Map.of("connection_string", "amqp://app:x@localhost:" + clear)))
                    .contains("RabbitMQ (AMQP 0-9-1) at localhost:" + clear + " refused the connection");
        } finally {
            broker.stop();
        }
    }

    @Test
    void amqpByTlsAndInClearText() throws Exception {
        int tls = Latchkey.freePort();
        int clear = Latchkey.freePort();
        String port = """
                {"name": "p%1$d", "port": %1$d, "bindingAddress": "127.0.0.1", %2$s "authenticationProvider": "plain",
                 "protocols": ["AMQP_0_9_1"], "virtualhostaliases": [
                    {"name": "n", "type": "nameAlias"}, {"name": "d", "type": "defaultAlias"}]}""";
        Path config = folder.resolve("qpid.json");
        Files.writeString(config, """
                {"name": "test", "modelVersion": "9.1",
                 "keystores": [{"name": "own", "type": "FileKeyStore", "storeUrl": "%s", "password": "in-a-test"}],
                 "authenticationproviders": [{"name": "plain", "type": "Plain", "secureOnlyMechanisms": [],
                    "users": [{"name": "app", "type": "managed", "password": %s}]}],
                 "ports": [%s, %s],
                 "virtualhostnodes": [{"name": "shop", "type": "Memory", "defaultVirtualHostNode": "true",
                    "virtualHostInitialConfiguration": "{\\"type\\": \\"Memory\\"}"}]}
                """.formatted(
                        certificates.keyStore("in-a-test").toUri(),
                        Json.MAPPER.writeValueAsString(PASSWORD),
                        port.formatted(tls, "\"transports\": [\"SSL\"], \"keyStore\": \"own\","),
                        port.formatted(clear, "")));
        SystemLauncher broker = new SystemLauncher();
        broker.startup(Map.of(
                "type",
                "Memory",
                "initialConfigurationLocation",
                config.toString(),
                "startupLoggedToSystemOut",
                false));
        try {
            Map<String, String> fields = fields(tls, "app");
            fields.put("database", "shop");
            assertThat(journeys.journey("rabbitmq", fields)
                            .at("/credentials/connection_string")
                            .asString())
                    .isEqualTo("amqps://app:s3cret%2F%40%3A%3F%23%2540%20%22%27%5C@localhost:" + tls + "/shop");
            refusesWhatTlsDoesNotProve("rabbitmq", fields);
            assertThat(journeys.refused("rabbitmq", DatastoreJourneys.with(fields, "password", "wrong-secret")))
                    .contains("refused the connection: 530 Authentication failed");
            assertThat(journeys.refused("rabbitmq", DatastoreJourneys.with(fields, "database", "nowhere")))
                    .contains("nowhere");
            // Its default, /, which a string need not name.
            journeys.journey("rabbitmq", DatastoreJourneys.with(fields, "database", ""));
            journeys.journey(
                    "rabbitmq",
                    Map.of(
                            "connection_string",
                            "amqp://app:" + PASSWORD.replace("%", "%25") + "@localhost:" + clear + "/shop"));
        } finally {
            broker.shutdown();
        }
    }
}
