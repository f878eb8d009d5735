package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import dev.latchkey.server.api.Latchkey;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;
import tools.jackson.databind.JsonNode;

/** Servers that are no databases are connected by independent ones of their protocols, which run in this process. */
public class ProtocolServersTest {
    /** Each of these goes connect → credential → refused → deleted below. */
    public static final Set<String> JOURNEYS = Set.of("smtp", "imap", "ldap");

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
}
