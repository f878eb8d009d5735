package dev.latchkey.server.storage;

import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Two PostgreSQL of Debian's, a primary and a synchronous standby, that Patroni and etcd look after, on loopback. */
public final class PatroniCluster implements AutoCloseable {
    private static final String PASSWORD = "of-the-test";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path folder;
    private final int etcdPort;
    private final int etcdPeerPort;
    private final Map<String, Integer> databases = new HashMap<>();
    private final Map<String, Integer> watchers = new HashMap<>();
    private final Map<String, Process> running = new HashMap<>();
    private final Process etcd;
    private final HttpClient http = HttpClient.newHttpClient();

    /** Returns when the standby is synchronous. @param ports free ones */
    public PatroniCluster(Path folder, IntSupplier ports) throws IOException {
        Assumptions.assumeTrue(
                Stream.of("/usr/bin/patroni", "/usr/bin/etcd", programs() + "/postgres")
                        .allMatch(program -> Files.isExecutable(Path.of(program))),
                "patroni, etcd-server and postgresql are installed by ./latchkey nightly");
        this.folder = folder;
        etcdPort = ports.getAsInt();
        etcdPeerPort = ports.getAsInt();
        etcd = start(
                "etcd",
                List.of(),
                List.of(
                        "/usr/bin/etcd",
                        "--name=etcd",
                        "--data-dir=" + folder.resolve("etcd"),
                        "--listen-client-urls=http://127.0.0.1:" + etcdPort,
                        "--advertise-client-urls=http://127.0.0.1:" + etcdPort,
                        "--listen-peer-urls=http://127.0.0.1:" + etcdPeerPort,
                        "--initial-advertise-peer-urls=http://127.0.0.1:" + etcdPeerPort,
                        "--initial-cluster=etcd=http://127.0.0.1:" + etcdPeerPort));
        for (String name : List.of("one", "two")) {
            databases.put(name, ports.getAsInt());
            watchers.put(name, ports.getAsInt());
            startMember(name);
            Awaiting.until(name + " is a member", PATIENCE, () -> asks(name, "/health"));
        }
        awaitStandby();
    }

    private static String programs() {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(it -> it.resolve("bin").toString()).sorted().reduce("", (a, b) -> b);
        } catch (IOException e) {
            return "";
        }
    }

    /** As LATCHKEY_DATABASE_URL is written: both, whichever is the primary. */
    public String url() {
        return "postgresql://postgres:" + PASSWORD + "@127.0.0.1:" + databases.get("one") + ",127.0.0.1:"
                + databases.get("two") + "/postgres";
    }

    /** Its name. */
    public String primary() {
        return databases.keySet().stream()
                .filter(name -> asks(name, "/primary"))
                .findFirst()
                .orElse("");
    }

    private static String other(String name) {
        return name.equals("one") ? "two" : "one";
    }

    public void awaitStandby() {
        Awaiting.until(
                "there is a synchronous standby",
                PATIENCE,
                () -> !primary().isEmpty() && asks(other(primary()), "/synchronous"));
    }

    /** The machine is lost with all that it runs. @return which it was */
    public String killPrimary() throws IOException {
        String lost = primary();
        long postmaster = Long.parseLong(Files.readAllLines(data(lost).resolve("postmaster.pid"))
                .getFirst()
                .strip());
        Process watcher = Objects.requireNonNull(running.remove(lost));
        List<ProcessHandle> all = new ArrayList<>(watcher.descendants().toList());
        all.add(watcher.toHandle());
        ProcessHandle.of(postmaster).ifPresent(server -> {
            all.addAll(server.descendants().toList());
            all.add(server);
        });
        all.forEach(ProcessHandle::destroyForcibly);
        return lost;
    }

    /** A machine that was lost is back; what it has beyond the new primary is rewound. */
    public void startMember(String name) throws IOException {
        Path file = folder.resolve(name + ".yml");
        Files.writeString(file, """
                scope: latchkey
                name: %1$s
                restapi: { listen: "127.0.0.1:%2$d", connect_address: "127.0.0.1:%2$d" }
                etcd3: { host: "127.0.0.1:%3$d" }
                bootstrap:
                  dcs:
                    ttl: 20
                    loop_wait: 2
                    retry_timeout: 3
                    synchronous_mode: true
                    postgresql:
                      use_pg_rewind: true
                      parameters: { max_connections: 100 }
                  initdb: [ { encoding: UTF8 }, { locale: C.UTF-8 }, data-checksums ]
                postgresql:
                  listen: "127.0.0.1:%4$d"
                  connect_address: "127.0.0.1:%4$d"
                  data_dir: %5$s
                  bin_dir: %6$s
                  pgpass: %5$s.pgpass
                  authentication:
                    superuser: { username: postgres, password: %7$s }
                    replication: { username: replicator, password: %7$s }
                    rewind: { username: rewinder, password: %7$s }
                  parameters: { unix_socket_directories: "" }
                  pg_hba: [ "host all all 127.0.0.1/32 scram-sha-256", "host replication replicator 127.0.0.1/32 scram-sha-256" ]
                """.formatted(
                        name, watchers.get(name), etcdPort, databases.get(name), data(name), programs(), PASSWORD));
        running.put(name, start(name, PostgresCluster.asNormalUser(), List.of("/usr/bin/patroni", file.toString())));
    }

    private Path data(String name) {
        return folder.resolve(name + "-data");
    }

    /** As an operator does before maintenance: nothing that was confirmed may be lost. */
    public void switchOver() throws IOException, InterruptedException {
        String leader = primary();
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(watcher(leader, "/switchover"))
                        .POST(HttpRequest.BodyPublishers.ofString("{\"leader\": \"" + leader + "\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("no switchover: " + answer.body());
        }
    }

    private URI watcher(String name, String path) {
        return URI.create("http://127.0.0.1:" + watchers.get(name) + path);
    }

    private boolean asks(String name, String path) {
        try {
            return http.send(
                                    HttpRequest.newBuilder(watcher(name, path))
                                            .timeout(Duration.ofSeconds(3))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Process start(String name, List<String> before, List<String> program) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(program);
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve(name + ".log").toFile()))
                .start();
    }

    @Override
    public void close() throws InterruptedException {
        // Patroni stops its PostgreSQL.
        for (Process member : running.values()) {
            member.descendants().forEach(ProcessHandle::destroy);
            member.destroy();
        }
        for (Process member : running.values()) {
            if (!member.waitFor(20, TimeUnit.SECONDS)) {
                member.descendants().forEach(ProcessHandle::destroyForcibly);
                member.destroyForcibly();
            }
        }
        etcd.destroy();
        boolean unused = etcd.waitFor(10, TimeUnit.SECONDS);
        http.close();
    }
}
