package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Oracle's own driver, as an operator adds it, against a scripted listener. No Oracle Database runs here, so no login succeeds: proven are
 * the way to the listener, TLS, and what the listener, the network and the guard refuse.
 */
public class OracleTest {
    public static final Set<String> JOURNEYS = Set.of("oracle");

    @TempDir
    static Path folder;

    private static Latchkey latchkey;
    private static DatastoreJourneys journeys;
    private static Certificates certificates;

    @BeforeAll
    static void start() throws Exception {
        certificates = Certificates.in(folder);
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_EGRESS_ALLOW",
                "localhost,127.0.0.1",
                "LATCHKEY_DRIVERS_DIR",
                OracleDriver.folder().toString()));
        journeys = new DatastoreJourneys(latchkey, JOURNEYS);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static Map<String, String> fields(int port) {
        return new HashMap<>(Map.of(
                "host", "localhost",
                "port", Integer.toString(port),
                "database", "orders",
                "username", "app",
                "password", "s3cret",
                "tls", "disable"));
    }

    /** A packet of Oracle Net: its length, a checksum that nobody computes, a type, flags; then what the type needs. */
    private static HostileServer.Script packet(int type, String head, String text) {
        return (in, out) -> {
            in.readNBytes(in.readUnsignedShort() - 2);
            byte[] content = text.getBytes(StandardCharsets.US_ASCII);
            byte[] reason = head.getBytes(StandardCharsets.ISO_8859_1);
            int length = 8 + reason.length + 2 + content.length;
            out.write(HostileServer.joined(
                    new byte[] {(byte) (length >> 8), (byte) length, 0, 0, (byte) type, 0, 0, 0},
                    reason,
                    new byte[] {(byte) (content.length >> 8), (byte) content.length},
                    content));
            in.readAllBytes();
        };
    }

    @Test
    void theListenersRefusalIsShown() throws Exception {
        HostileServer.Script refuse = packet(
                4,
                "\"\0",
                "(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))");
        try (HostileServer listener = new HostileServer(refuse)) {
            assertThat(journeys.refused("oracle", fields(listener.port())))
                    .contains(
                            "Oracle Database at localhost:" + listener.port() + " refused the connection", "ORA-12514");
        }
    }

    @Test
    void aRedirectToAForbiddenAddressIsNotFollowed() throws Exception {
        HostileServer.Script redirect = packet(5, "", "(ADDRESS=(PROTOCOL=tcp)(HOST=169.254.169.254)(PORT=1521))");
        try (HostileServer listener = new HostileServer(redirect)) {
            assertThat(journeys.refused("oracle", fields(listener.port())))
                    .contains("was not allowed to connect")
                    .doesNotContain("169.254.169.254");
        }
    }

    @Test
    void tlsIsOurs() throws Exception {
        try (TlsListener listener = new TlsListener(certificates.serverTls())) {
            Map<String, String> fields = DatastoreJourneys.with(fields(listener.port()), "tls", "verify-full");
            assertThat(journeys.refused("oracle", fields)).contains("could not be verified by TLS", "(ca)");
            assertThat(listener.received()).isZero();

            fields.put("ca", certificates.pem("ca.pem"));
            assertThat(journeys.refused("oracle", fields)).doesNotContain("could not be verified");
            assertThat(listener.received()).isPositive();
        }
    }

    @Test
    void nobodyListens() throws Exception {
        assertThat(journeys.refused("oracle", fields(Latchkey.freePort()))).contains("Connection refused");
    }

    @Test
    void withoutTheDriverTheRefusalSaysWhatToDo() {
        try (Latchkey without = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "localhost"))) {
            assertThat(new DatastoreJourneys(without, JOURNEYS).refused("oracle", fields(1521)))
                    .contains("is not part of Latchkey", "ojdbc11.jar", "LATCHKEY_DRIVERS_DIR");
        }
    }
}
