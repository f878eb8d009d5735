package dev.latchkey.server.simulation;

import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.RestartablePostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One database, two vendors and three nodes, with wires between them: started once, for many schedules. */
final class World implements AutoCloseable {
    final Path folder;
    final RestartablePostgres database;
    final Vendors vendors;
    final Wire wire;
    final Store store;
    final List<Node> nodes = new ArrayList<>();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    World(Path parent) throws IOException, InterruptedException {
        folder = Files.createTempDirectory(Files.createDirectories(parent), "run");
        try {
            database = keep(new RestartablePostgres(folder.resolve("postgres"), parent));
            vendors = keep(new Vendors(folder));
            wire = keep(new Wire(vendors));
            byte[] keyBytes = new byte[32];
            new SecureRandom().nextBytes(keyBytes);
            String encryptionKey = Base64.getEncoder().encodeToString(keyBytes);
            String key = UUID.randomUUID().toString();
            NodeProgram program = new NodeProgram(folder);
            for (int number = 1; number <= Schedule.NODES; number++) {
                DatabaseWire toDatabase = keep(new DatabaseWire(database.port()));
                Map<String, String> environment = environment(number, toDatabase, encryptionKey, key);
                if (number == 1) {
                    program.train(environment);
                }
                Node node =
                        new Node(number, program, environment, toDatabase, folder.resolve("node" + number + ".log"));
                nodes.add(node);
                parts.push(node::stop);
                node.start();
            }
            store = keep(new Store(database.address(), encryptionKey, folder));
            for (Node node : nodes) {
                node.awaitReady();
            }
            for (String vendor : List.of(Vendors.STRICT, Vendors.FORGIVING)) {
                integrate(vendor);
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private Map<String, String> environment(int number, DatabaseWire toDatabase, String encryptionKey, String key)
            throws IOException {
        Path definitions = Files.createDirectories(folder.resolve("providers" + number));
        Vendors.define(definitions, "http://127.0.0.1:" + wire.port(), number);
        DatabaseAddress address = database.address();
        Map<String, String> environment = new HashMap<>();
        environment.put("LATCHKEY_PORT", "0");
        environment.put("LATCHKEY_PUBLIC_URL", "http://localhost");
        environment.put("LATCHKEY_LAB", "false");
        environment.put("LATCHKEY_SECRET_KEY", key);
        environment.put("LATCHKEY_ENCRYPTION_KEY", encryptionKey);
        environment.put(
                "LATCHKEY_DATA_DIR",
                Files.createDirectories(folder.resolve("data" + number)).toString());
        environment.put("LATCHKEY_PROVIDERS_DIR", definitions.toString());
        environment.put("LATCHKEY_EGRESS_ALLOW", "127.0.0.1:" + wire.port());
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
