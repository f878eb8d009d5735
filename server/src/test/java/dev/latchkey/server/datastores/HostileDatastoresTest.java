package dev.latchkey.server.datastores;

import static dev.latchkey.server.datastores.HostileServer.joined;
import static dev.latchkey.server.datastores.HostileServer.pg;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.waiting.Awaiting;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** No database that a stranger names buys computing time or memory: each driver meets a server that asks for both. */
class HostileDatastoresTest {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final UUID ENVIRONMENT = UUID.randomUUID();
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final DatastoreProbe PROBE = probe(LIMIT);

    private static DatastoreProbe probe(Duration limit) {
        return new DatastoreProbe(
                new AddressGuard(List.of("127.0.0.1"), port -> true, InetAddress::getAllByName),
                limit,
                OracleDriver.DRIVERS);
    }

    private static Optional<String> refusal(DatastoreProbe probe, DatastoreDriver driver, int port) {
        Map<String, String> fields = Map.of(
                "host",
                "127.0.0.1",
                "port",
                Integer.toString(port),
                "database",
                driver == DatastoreDriver.REDIS ? "1" : "shop",
                "username",
                "app",
                "password",
                "s3cret",
                "tls",
                driver == DatastoreDriver.SFTP ? "require" : "disable");
        String provider = CATALOGUE.all().stream()
                .filter(one -> one.auth().facts().datastore().equals(Optional.of(driver)))
                .findFirst()
                .orElseThrow()
                .id();
        return probe.refusal(ENVIRONMENT, CATALOGUE.find(provider).orElseThrow(), DatastoreAddress.of(driver, fields));
    }

    private static Arguments arguments(DatastoreDriver driver, String what, HostileServer.Script script) {
        return Arguments.of(driver, named(what, script));
    }

    static Stream<Arguments> scripts() {
        byte[] zeros = new byte[4_096];
        byte[] huge = {0x7f, -1, -1, -1};
        byte[] letters = "x".repeat(4_000).getBytes(ISO_8859_1);
        Stream.Builder<Arguments> all = Stream.builder();
        for (String rounds : List.of("100001", "2147483647", "99999999999999999999", "0", "-1", "x", "")) {
            all.add(arguments(DatastoreDriver.POSTGRESQL, rounds + " rounds", HostileServer.postgresScram(rounds)));
            all.add(arguments(DatastoreDriver.MONGODB, rounds + " rounds", HostileServer.mongoScram(rounds)));
        }
        // The most that is computed: the server fails after that.
        all.add(arguments(DatastoreDriver.POSTGRESQL, "100000 rounds", HostileServer.postgresScram("100000")));
        all.add(arguments(DatastoreDriver.MONGODB, "100000 rounds", HostileServer.mongoScram("100000")));
        for (int factor : new int[] {7, 10, 18, 20, 63, 255}) {
            for (DatastoreDriver driver : List.of(DatastoreDriver.MARIADB, DatastoreDriver.MYSQL)) {
                all.add(arguments(driver, "PARSEC 1024 << " + factor, HostileServer.parsec(factor)));
            }
        }
        all.add(arguments(DatastoreDriver.MARIADB, "PARSEC 1024 << 6", HostileServer.parsec(6)));
        for (String plugin : List.of(
                "auth_gssapi_client",
                "caching_sha2_password",
                "sha256_password",
                "client_ed25519",
                "dialog",
                "no_such")) {
            all.add(arguments(DatastoreDriver.MARIADB, plugin, HostileServer.otherPlugin(plugin)));
            all.add(arguments(DatastoreDriver.MYSQL, plugin, HostileServer.otherPlugin(plugin)));
        }
        for (char type : "RENSKZvA".toCharArray()) {
            all.add(arguments(
                    DatastoreDriver.POSTGRESQL,
                    "a message " + type + " of 2 GiB",
                    HostileServer.postgres(pg(type, Integer.MAX_VALUE, new byte[] {0, 0, 0, 11}), false)));
            all.add(arguments(
                    DatastoreDriver.POSTGRESQL,
                    "a message " + type + " of -1",
                    HostileServer.postgres(pg(type, -1, zeros), false)));
        }
        byte[] notice = pg('N', joined(new byte[] {'M'}, letters, new byte[2]));
        byte[] parameter = pg('S', joined(letters, new byte[1], letters, new byte[1]));
        all.add(arguments(DatastoreDriver.POSTGRESQL, "notices without end", HostileServer.postgres(notice, true)));
        all.add(arguments(DatastoreDriver.POSTGRESQL, "settings without end", HostileServer.postgres(parameter, true)));
        all.add(arguments(
                DatastoreDriver.POSTGRESQL,
                "a welcome, and then settings without end",
                (in, out) -> HostileServer.postgres(
                                joined(
                                        pg('R', new byte[4]),
                                        pg('S', joined(letters, new byte[1], letters, new byte[1]))),
                                true)
                        .talk(in, out)));
        all.add(arguments(
                DatastoreDriver.POSTGRESQL,
                "Kerberos",
                HostileServer.postgres(pg('R', new byte[] {0, 0, 0, 7}), false)));
        for (DatastoreDriver driver : List.of(DatastoreDriver.MARIADB, DatastoreDriver.MYSQL)) {
            all.add(arguments(driver, "zeros without end", HostileServer.mariaDb(zeros, true)));
            all.add(arguments(
                    driver,
                    "a packet without end",
                    HostileServer.mariaDb(joined(new byte[] {-1, -1, -1, 2}, zeros), true)));
            all.add(arguments(
                    driver,
                    "a packet of 16 MiB that does not come",
                    HostileServer.mariaDb(new byte[] {-1, -1, -1, 2}, false)));
        }
        byte[] info = joined(
                new byte[] {(byte) 0xAB, 40, 0},
                new byte[6],
                new byte[] {10, 0},
                "0123456789".getBytes(UTF_16LE),
                new byte[12]);
        all.add(arguments(DatastoreDriver.SQLSERVER, "zeros without end", HostileServer.sqlServer(zeros, true)));
        all.add(arguments(
                DatastoreDriver.SQLSERVER,
                "messages without end",
                HostileServer.sqlServer(HostileServer.tdsPart(info), true)));
        all.add(arguments(
                DatastoreDriver.SQLSERVER,
                "65,535 columns",
                HostileServer.sqlServer(
                        HostileServer.tdsWhole(joined(new byte[] {(byte) 0x81, -2, -1}, zeros)), false)));
        all.add(arguments(
                DatastoreDriver.SQLSERVER,
                "a token of 2 GiB",
                HostileServer.sqlServer(HostileServer.tdsWhole(joined(new byte[] {(byte) 0xEE}, huge, zeros)), false)));
        all.add(arguments(DatastoreDriver.REDIS, "a line without end", HostileServer.plain(letters, true)));
        all.add(arguments(
                DatastoreDriver.REDIS,
                "a text of 2 GiB",
                HostileServer.plain("$2147483647\r\n".getBytes(ISO_8859_1), false)));
        all.add(arguments(
                DatastoreDriver.REDIS,
                "an error without end",
                HostileServer.plain("-ERR ".getBytes(ISO_8859_1), true)));
        all.add(arguments(DatastoreDriver.MONGODB, "zeros without end", HostileServer.mongo(id -> zeros, true)));
        all.add(arguments(
                DatastoreDriver.MONGODB,
                "replies without end",
                HostileServer.mongo(id -> HostileServer.mongo(id, HostileServer.bson("ok", 0)), true)));
        for (int length : new int[] {Integer.MAX_VALUE, -1, 0, 48_000_000, 65_537}) {
            all.add(arguments(
                    DatastoreDriver.MONGODB,
                    "a reply of " + length + " bytes",
                    HostileServer.mongo(id -> HostileServer.mongo(length, id, new byte[5]), false)));
            byte[] bson = HostileServer.bson("ok", 1, "text", "x");
            bson[0] = (byte) length;
            bson[1] = (byte) (length >> 8);
            bson[2] = (byte) (length >> 16);
            bson[3] = (byte) (length >> 24);
            all.add(arguments(
                    DatastoreDriver.MONGODB,
                    "a document of " + length + " bytes",
                    HostileServer.mongo(id -> HostileServer.mongo(id, bson), false)));
        }
        all.add(arguments(
                DatastoreDriver.MONGODB,
                "a document of 7,000 levels",
                HostileServer.mongo(id -> HostileServer.mongo(id, HostileServer.nested()), false)));
        all.add(arguments(DatastoreDriver.SMTP, "a line without end", HostileServer.greeting(letters, true)));
        all.add(arguments(
                DatastoreDriver.SMTP,
                "a reply without end",
                HostileServer.greeting("220-more\r\n".getBytes(ISO_8859_1), true)));
        all.add(arguments(DatastoreDriver.IMAP, "a line without end", HostileServer.greeting(letters, true)));
        all.add(arguments(
                DatastoreDriver.IMAP,
                "untagged responses without end",
                HostileServer.greeting("* OK more\r\n".getBytes(ISO_8859_1), true)));
        byte[] entry = Ber.element(
                Ber.SEQUENCE, Ber.number(Ber.INTEGER, 1), Ber.element(0x64, Ber.text(Ber.OCTETS, "x".repeat(4_000))));
        byte[] bound = Ber.element(
                Ber.SEQUENCE,
                Ber.number(Ber.INTEGER, 1),
                Ber.element(0x61, Ber.number(Ber.ENUMERATED, 0), Ber.text(Ber.OCTETS, ""), Ber.text(Ber.OCTETS, "")));
        all.add(arguments(
                DatastoreDriver.LDAP,
                "entries without end",
                HostileServer.greeting(joined(bound, entry), false).then(entry)));
        all.add(arguments(DatastoreDriver.LDAP, "zeros without end", HostileServer.greeting(zeros, true)));
        for (byte[] length : List.of(huge, new byte[] {-1, -1, -1, -1}, new byte[] {0, 16, 0, 0})) {
            all.add(arguments(
                    DatastoreDriver.LDAP,
                    "a message of " + java.nio.ByteBuffer.wrap(length).getInt() + " bytes",
                    HostileServer.greeting(joined(new byte[] {0x30, (byte) 0x84}, length, zeros), false)));
        }
        all.add(arguments(
                DatastoreDriver.LDAP,
                "a length of 127 bytes",
                HostileServer.greeting(joined(new byte[] {0x30, -1}, zeros), false)));
        all.add(arguments(DatastoreDriver.SFTP, "a line without end", HostileServer.greeting(letters, true)));
        all.add(arguments(
                DatastoreDriver.SFTP,
                "lines without end before the version",
                HostileServer.greeting("hello\r\n".getBytes(ISO_8859_1), true)));
        all.add(arguments(
                DatastoreDriver.SFTP,
                "a packet of 2 GiB",
                HostileServer.greeting(joined("SSH-2.0-x\r\n".getBytes(ISO_8859_1), huge, zeros), false)
                        .then(zeros)));
        all.add(arguments(DatastoreDriver.AMQP, "zeros without end", HostileServer.greeting(zeros, true)));
        for (byte[] length : List.of(huge, new byte[] {-1, -1, -1, -1})) {
            all.add(arguments(
                    DatastoreDriver.AMQP,
                    "a frame of " + java.nio.ByteBuffer.wrap(length).getInt() + " bytes",
                    HostileServer.greeting(joined(new byte[] {1, 0, 0}, length, zeros), false)));
        }
        all.add(arguments(
                DatastoreDriver.AMQP,
                "heartbeats without end",
                HostileServer.greeting(new byte[] {8, 0, 0, 0, 0, 0, 0, (byte) 0xCE}, true)));
        all.add(arguments(DatastoreDriver.AMQP1, "zeros without end", HostileServer.greeting(zeros, true)));
        byte[] sasl = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};
        byte[] empty = {0, 0, 0, 8, 2, 1, 0, 0};
        all.add(arguments(
                DatastoreDriver.AMQP1,
                "empty frames without end",
                HostileServer.greeting(sasl, false).then(empty)));
        for (byte[] length : List.of(huge, new byte[] {-1, -1, -1, -1}, new byte[4])) {
            all.add(arguments(
                    DatastoreDriver.AMQP1,
                    "a frame of " + java.nio.ByteBuffer.wrap(length).getInt() + " bytes",
                    HostileServer.greeting(joined(sasl, length, new byte[] {2, 1, 0, 0}, zeros), false)));
        }
        byte[] manyNulls = {0, 0x53, 0x40, (byte) 0xc0, 11, 1, (byte) 0xf0, 0, 0, 0, 5, 0x7f, -1, -1, -1, 0x40};
        all.add(arguments(
                DatastoreDriver.AMQP1,
                "an array of 2^31 nulls",
                HostileServer.greeting(joined(sasl, new byte[] {0, 0, 0, 24, 2, 1, 0, 0}, manyNulls), false)));
        all.add(arguments(
                DatastoreDriver.AMQP1,
                "descriptors of descriptors",
                HostileServer.greeting(joined(sasl, new byte[] {0, 0, 16, 8, 2, 1, 0, 0}, zeros), false)));
        all.add(arguments(DatastoreDriver.KAFKA, "zeros without end", HostileServer.greeting(zeros, true)));
        for (byte[] length : List.of(huge, new byte[] {-1, -1, -1, -1}, new byte[] {0, 0, 0, 3})) {
            all.add(arguments(
                    DatastoreDriver.KAFKA,
                    "a response of " + java.nio.ByteBuffer.wrap(length).getInt() + " bytes",
                    HostileServer.greeting(joined(length, zeros), false)));
        }
        byte[] versions = {0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 9};
        all.add(arguments(
                DatastoreDriver.KAFKA,
                "2^31 requests that it knows",
                HostileServer.greeting(joined(new byte[] {0, 0, 0, 10, 0, 0, 0, 1, 0, 0}, huge), false)));
        all.add(arguments(
                DatastoreDriver.KAFKA,
                "2^31 mechanisms",
                HostileServer.greeting(
                        joined(versions, new byte[] {0, 0, 0, 14, 0, 0, 0, 2, 0, 33}, huge, new byte[] {-1, -1, -1, -1
                        }),
                        false)));
        for (String rounds : List.of("100001", "2147483647", "0", "x")) {
            all.add(arguments(DatastoreDriver.KAFKA, rounds + " rounds", HostileServer.kafkaScram(versions, rounds)));
        }
        all.add(arguments(DatastoreDriver.ORACLE, "zeros without end", HostileServer.greeting(zeros, true)));
        all.add(arguments(
                DatastoreDriver.ORACLE,
                "RESEND without end",
                HostileServer.greeting(new byte[] {0, 8, 0, 0, 11, 0, 0, 0}, true)));
        all.add(arguments(
                DatastoreDriver.ORACLE,
                "an accept of 2 MiB",
                HostileServer.greeting(joined(new byte[] {-1, -1, 0, 0, 2, 0, 0, 0}, zeros), true)));
        return all.build();
    }

    @Test
    void everyDriverMeetsAHostileServer() {
        assertThat(scripts().map(one -> one.get()[0])).contains((Object[]) DatastoreDriver.values());
    }

    /** Mail servers like to quote the command that they refuse. */
    @Test
    void aPasswordThatAServerRepeatsIsNotShown() throws Exception {
        HostileServer.Script echo = (in, out) -> {
            out.write("220 hello\r\n".getBytes(ISO_8859_1));
            in.readLine();
            out.write("250 AUTH PLAIN\r\n".getBytes(ISO_8859_1));
            out.write(("500 what is " + in.readLine() + "?\r\n").getBytes(ISO_8859_1));
        };
        assertThat(said(DatastoreDriver.SMTP, echo)).endsWith("500 what is AUTH PLAIN [redacted]?.");
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void itIsRefusedWithLittleWorkAndLittleMemory(DatastoreDriver driver, HostileServer.Script script)
            throws Exception {
        try (HostileServer server = new HostileServer(script)) {
            long cpu = PROCESS.getProcessCpuTime();
            long memory = THREADS.getTotalThreadAllocatedBytes();

            Optional<String> refusal = refusal(PROBE, driver, server.port());

            assertThat(refusal).isPresent();
            assertThat(refusal.get()).doesNotContain("s3cret").hasSizeLessThan(600);
            Awaiting.await("the driver ends")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(thread -> thread.getName().equals("datastore-probe")));
            assertThat(Duration.ofNanos(PROCESS.getProcessCpuTime() - cpu))
                    .as("CPU time of all, the hostile server's and that of the wait included; said was: "
                            + refusal.get())
                    .isLessThan(Duration.ofSeconds(6));
            assertThat(THREADS.getTotalThreadAllocatedBytes() - memory)
                    .as("bytes allocated by all; said was: " + refusal.get())
                    .isLessThan(256L * 1024 * 1024);
        }
    }

    @Test
    void computesAHundredThousandRoundsAndNoMore() throws Exception {
        assertThat(said(DatastoreDriver.POSTGRESQL, HostileServer.postgresScram("100001")))
                .contains("exceeds the client-side limit of 100,000");
        assertThat(said(DatastoreDriver.MONGODB, HostileServer.mongoScram("100001")))
                .contains("asks for 100001 rounds");
        assertThat(said(DatastoreDriver.MARIADB, HostileServer.parsec(7))).contains("maximum permitted is 6");
        byte[] versions = {0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 9};
        assertThat(said(DatastoreDriver.KAFKA, HostileServer.kafkaScram(versions, "100001")))
                .contains("asks for 100001 rounds");
        // The server is the one that fails then: it has no proof of its own.
        assertThat(said(DatastoreDriver.MONGODB, HostileServer.mongoScram("100000")))
                .contains("does not prove that it knows this login");
    }

    private static String said(DatastoreDriver driver, HostileServer.Script script) throws Exception {
        try (HostileServer server = new HostileServer(script)) {
            return refusal(PROBE, driver, server.port()).orElseThrow();
        }
    }

    @ParameterizedTest
    @CsvSource({"SCRAM-SHA-256, false", "SCRAM-SHA-256, true", "SCRAM-SHA-1, false", "SCRAM-SHA-1, true"})
    void logsInToAMongoThatChecksTheProof(String mechanism, boolean old) throws Exception {
        // A login that succeeds has as long as it takes on a busy machine.
        DatastoreProbe patient = probe(Duration.ofSeconds(20));
        Map<String, String> fields = new HashMap<>(Map.of(
                "host", "127.0.0.1",
                "database", "shop",
                "username", "app",
                "password", "s3cret=,",
                "options", "authMechanism=" + mechanism,
                "tls", "disable"));
        try (HostileServer server = new HostileServer(new ScriptedMongo("app", "s3cret=,", mechanism, old))) {
            fields.put("port", Integer.toString(server.port()));
            assertThat(patient.refusal(ENVIRONMENT, mongo(), DatastoreAddress.of(DatastoreDriver.MONGODB, fields)))
                    .isEmpty();
            fields.put("password", "wrong-secret");
            assertThat(patient.refusal(ENVIRONMENT, mongo(), DatastoreAddress.of(DatastoreDriver.MONGODB, fields))
                            .orElseThrow())
                    .contains("Authentication failed. (AuthenticationFailed)")
                    .doesNotContain("wrong-secret");
        }
    }

    private static Provider mongo() {
        return CATALOGUE.find("mongodb").orElseThrow();
    }

    @Test
    void moreThanAFewAtOnceAreRefusedUntilOthersHaveEnded() throws Exception {
        DatastoreProbe probe = probe(Duration.ofSeconds(3));
        try (HostileServer silent = new HostileServer((in, out) -> in.readAllBytes());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> tries = IntStream.range(0, 40)
                    .mapToObj(i -> threads.submit(() -> {
                        try {
                            refusal(probe, DatastoreDriver.REDIS, silent.port());
                            return true;
                        } catch (HeavyWork.BusyException e) {
                            return false;
                        }
                    }))
                    .toList();
            int tested = 0;
            for (Future<Boolean> one : tries) {
                tested += one.get() ? 1 : 0;
            }
            assertThat(tested).as("of one environment's users, half of all").isEqualTo(8);
        }
        try (HostileServer wrong = new HostileServer(HostileServer.plain(new byte[] {'-', '\n'}, false))) {
            Awaiting.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(refusal(probe, DatastoreDriver.REDIS, wrong.port()))
                            .isPresent());
        }
    }
}
