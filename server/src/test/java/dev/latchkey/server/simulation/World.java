package dev.latchkey.server.simulation;

import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.RestartablePostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/** One database, two vendors and three nodes, with wires between them: started once, for many schedules. */
final class World implements AutoCloseable {
    /**
     * The machine does not lose its power here, only processes end: what the system has been given, it keeps. A restart and a standby
     * read the log as ever.
     */
    private static final List<String> POSTGRES =
            List.of("fsync=off", "full_page_writes=off", "wal_compression=off", "shared_buffers=32MB", "jit=off");

    final Path folder;
    final RestartablePostgres database;
    final Vendors vendors;
    final Webhooks webhooks;
    final Wire wire;
    final Store store;
    final List<Node> nodes = new ArrayList<>();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final List<Gate> gates =
            IntStream.range(0, Schedule.NODES).mapToObj(i -> new Gate()).toList();
    private final String encryptionKey;
    private final String key = UUID.randomUUID().toString();

    /** @param processes whether each node is a process of its own: slower, and killed by the real signal */
    World(Path parent, boolean processes) throws IOException, InterruptedException {
        folder = Files.createTempDirectory(Files.createDirectories(parent), "run");
        byte[] keyBytes = new byte[32];
        new SecureRandom().nextBytes(keyBytes);
        encryptionKey = Base64.getEncoder().encodeToString(keyBytes);
        try {
            database = keep(new RestartablePostgres(folder.resolve("postgres"), POSTGRES));
            webhooks = keep(new Webhooks());
            vendors = keep(new Vendors(folder));
            wire = keep(new Wire(vendors, number -> gates.get(number - 1), this::lives));
            Caller caller = keep(new Caller(key));
            NodeProgram program = processes ? new NodeProgram(folder) : null;
            for (int number = 1; number <= Schedule.NODES; number++) {
                Node node = program == null ? threads(number, caller) : process(number, program, caller);
                nodes.add(node);
                parts.push(node::stop);
                node.start();
                if (number == 1) {
                    // It makes the schema, for which the others would wait.
                    node.awaitReady();
                }
            }
            store = keep(new Store(database.address(), encryptionKey, folder));
            for (Node node : nodes) {
                node.awaitReady();
            }
            for (String vendor : List.of(Vendors.STRICT, Vendors.FORGIVING)) {
                integrate(vendor);
            }
            notifyOfEverything();
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private Node threads(int number, Caller caller) {
        return new ThreadNode(
                number,
                (life, toDatabase, data) -> environment(number, life, toDatabase, data),
                folder,
                database.port(),
                gates.get(number - 1),
                caller);
    }

    private Node process(int number, NodeProgram program, Caller caller) throws IOException, InterruptedException {
        DatabaseWire toDatabase = keep(new DatabaseWire(database.port(), gates.get(number - 1)));
        Path data = Files.createDirectories(folder.resolve("data" + number));
        Map<String, String> environment = environment(number, 0, toDatabase, data);
        if (number == 1) {
            program.train(environment);
        }
        return new ProcessNode(
                number,
                program,
                environment,
                life -> define(number, life),
                toDatabase,
                folder.resolve("node" + number + ".log"),
                caller);
    }

    private boolean lives(int number, int life) {
        return !(node(number) instanceof ThreadNode threads) || threads.lives(life);
    }

    /** Each life says which one it is when it asks a vendor. */
    private Path define(int number, int life) throws IOException {
        Path definitions = Files.createDirectories(folder.resolve("providers" + number));
        Vendors.define(definitions, "http://127.0.0.1:" + wire.port(), number, life);
        return definitions;
    }

    private Map<String, String> environment(int number, int life, DatabaseWire toDatabase, Path data)
            throws IOException {
        DatabaseAddress address = database.address();
        Map<String, String> environment = new HashMap<>();
        environment.put("LATCHKEY_PORT", "0");
        environment.put("LATCHKEY_PUBLIC_URL", "http://localhost");
        environment.put("LATCHKEY_LAB", "false");
        environment.put("LATCHKEY_SECRET_KEY", key);
        environment.put("LATCHKEY_ENCRYPTION_KEY", encryptionKey);
        environment.put("LATCHKEY_DATA_DIR", data.toString());
        environment.put("LATCHKEY_PROVIDERS_DIR", define(number, life).toString());
        environment.put("LATCHKEY_EGRESS_ALLOW", "127.0.0.1:" + wire.port() + "," + webhooks.host());
        environment.put(
                "LATCHKEY_DATABASE_URL",
                "postgresql://" + address.user() + ":" + address.password().reveal() + "@127.0.0.1:" + toDatabase.port()
                        + "/postgres?sslmode=disable&gssEncMode=disable");
        return environment;
    }

    private void integrate(String vendor) {
        Node.Answer answer = node(1).send("POST", "/integrations", """
                {"provider": "%1$s", "unique_key": "%1$s", "credentials": {"type": "OAUTH2", "client_id": "%2$s", "client_secret": "%3$s"}}""".formatted(
                vendor, vendors.app(vendor).clientId(), vendors.app(vendor).clientSecret()));
        if (answer.status() != 200) {
            throw new IllegalStateException("no integration: " + answer);
        }
    }

    private void notifyOfEverything() {
        Node.Answer answer = node(1).send("POST", "/environment/webhooks", """
                {"url": "%s", "events": {"connection.refreshed": true}}""".formatted(webhooks.url()));
        if (answer.status() != 201 && answer.status() != 200) {
            throw new IllegalStateException("no webhooks: " + answer);
        }
    }

    /** After a failure, so that the next schedule finds what it expects. */
    void restore() throws IOException, InterruptedException {
        wire.heal();
        for (Node node : nodes) {
            node.resume();
            node.clock(Duration.ZERO);
            node.kill();
            node.start();
        }
        for (Node node : nodes) {
            node.database().heal();
            node.awaitReady();
        }
    }

    Node node(int number) {
        return nodes.get(number - 1);
    }

    private <T extends AutoCloseable> T keep(T part) {
        parts.push(part);
        return part;
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                System.err.println("A part of the simulation did not stop well: " + e);
            }
        }
    }
}
