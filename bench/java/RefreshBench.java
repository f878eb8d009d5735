import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
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
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The refresh engine under load: {@code rate}, {@code size} and {@code together}. One PostgreSQL of its own, nodes as users start
 * them, a token endpoint on 127.0.0.1. Settings are system properties: {@code due}, {@code delay}, {@code large}, {@code rounds}.
 */
public final class RefreshBench implements AutoCloseable {
    /** The reference system refreshes on read only; this many a second, with 64 callers. */
    private static final int REFERENCE = 109;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final Path folder = Files.createTempDirectory("latchkey-bench");
    private final TokenServer tokens;
    private final EmbeddedPostgres postgres;
    private final String encryptionKey;
    private final String key = UUID.randomUUID().toString();

    private RefreshBench() throws IOException {
        tokens = keep(new TokenServer(Long.getLong("delay", 50)));
        postgres = keep(EmbeddedPostgres.start(
                folder.resolve("postgres"),
                new SecureRandom(),
                // As an operator gives a database of millions: what it holds is what it works on.
                List.of("shared_buffers=" + System.getProperty("buffers", "64MB"))));
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        encryptionKey = Base64.getEncoder().encodeToString(bytes);
        Path providers = Files.createDirectories(folder.resolve("providers"));
        Files.writeString(providers.resolve("bench-refresh.yaml"), """
                id: bench-refresh
                name: Bench refresh
                tags: [bench]
                api_docs: https://bench.example/docs
                auth:
                  kind: oauth2_code
                  authorize: { url: http://127.0.0.1:%1$d/authorize }
                  exchange: { url: http://127.0.0.1:%1$d/token }
                api: { base: http://127.0.0.1:%1$d }
                """.formatted(tokens.port()));
    }

    public static void main(String[] cases) throws Exception {
        List<String> wanted = cases.length == 0 ? List.of("rate", "size", "together") : List.of(cases);
        try (RefreshBench bench = new RefreshBench()) {
            for (String one : wanted) {
                switch (one) {
                    case "rate" -> bench.rate(Integer.getInteger("due", 30_000));
                    case "size" -> bench.size(Integer.getInteger("large", 1_000_000), Integer.getInteger("rounds", 12));
                    case "together" -> bench.together(Integer.getInteger("rounds", 12));
                    default -> throw new IllegalArgumentException("there are the cases rate, size and together, not " + one);
                }
            }
        }
        System.exit(0);
    }

    private static void print(String form, Object... values) {
        System.out.printf(Locale.ROOT, form + "%n", values);
    }

    private DatabaseAddress database(String name) {
        DatabaseAddress admin = postgres.address();
        org.jdbi.v3.core.Jdbi.create(admin.jdbcUrl(), admin.user(), admin.password().reveal())
                .useHandle(handle -> handle.execute("CREATE DATABASE " + name));
        return new DatabaseAddress(admin.jdbcUrl().replaceFirst("/[^/]*$", "/" + name), admin.user(), admin.password());
    }

    private BenchNode node(String name, DatabaseAddress address) throws IOException {
        Map<String, String> settings = new HashMap<>();
        settings.put("LATCHKEY_DATABASE_URL", address.jdbcUrl().substring("jdbc:".length())
                .replace("//", "//" + address.user() + ":" + address.password().reveal() + "@"));
        settings.put("LATCHKEY_ENCRYPTION_KEY", encryptionKey);
        settings.put("LATCHKEY_LAB", "false");
        settings.put("LATCHKEY_METRICS", "open");
        settings.put("LATCHKEY_PROVIDERS_DIR", folder.resolve("providers").toString());
        settings.put("LATCHKEY_EGRESS_ALLOW", "127.0.0.1:" + tokens.port());
        return keep(new BenchNode(folder, name, freePort(), key, settings)).awaitReady();
    }

    private static void integrate(BenchNode node) throws IOException {
        var answer = node.send("POST", "/integrations", """
                {"provider": "bench-refresh", "unique_key": "bench", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""");
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
    }

    /** One node, with more due than it can refresh at once: how many it refreshes a second. */
    private void rate(int due) throws Exception {
        DatabaseAddress address = database("rate");
        BenchNode node = node("rate", address);
        integrate(node);
        try (Stock stock = new Stock(address, encryptionKey, folder)) {
            int warm = Math.min(5_000, due);
            stock.fill("bench", "warm", warm, Duration.ofMinutes(-30), Duration.ofMinutes(1));
            await("the engine refreshes " + warm + " to warm up", () -> refreshed(stock) == warm);
            // Not due until all are there.
            stock.fill("bench", "due", due, Duration.ofDays(1), Duration.ofMinutes(1));
            stock.run("CHECKPOINT");
            long database = postmaster();
            double nodeBefore = Processes.cpuSeconds(node.process.pid());
            double databaseBefore = Processes.cpuSeconds(database);
            double selfBefore = Processes.cpuSeconds(ProcessHandle.current().pid()) - Processes.cpuSeconds(database) - Processes.cpuSeconds(node.process.pid());
            long asked = tokens.asked.get();
            stock.run("UPDATE connections SET refresh_at = now() - interval '1 second' WHERE connection_id LIKE 'due%'");
            await("the first is asked for", () -> tokens.asked.get() > asked);
            long begin = System.nanoTime();
            List<long[]> samples = new ArrayList<>();
            while (tokens.answered.get() < asked + due) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                samples.add(new long[] {System.nanoTime() - begin, tokens.answered.get() - asked});
            }
            await("all are stored", () -> refreshed(stock) == warm + due);
            double seconds = (System.nanoTime() - begin) / 1e9;
            double nodeCpu = Processes.cpuSeconds(node.process.pid()) - nodeBefore;
            double databaseCpu = Processes.cpuSeconds(database) - databaseBefore;
            double selfCpu = Processes.cpuSeconds(ProcessHandle.current().pid()) - Processes.cpuSeconds(database) - Processes.cpuSeconds(node.process.pid()) - selfBefore;
            print("refreshes ahead of time, one node, token endpoint of %d ms: %.0f/s over %.1f s (reference, on read: %d/s; ratio %.1f), the middle eight tenths %.0f/s",
                    Long.getLong("delay", 50), due / seconds, seconds, REFERENCE, due / seconds / REFERENCE, middle(samples, due));
            print("  processor: node %.2f + database %.2f + token endpoint %.2f of %d cores = %.2f ms a refresh (node and database %.2f); up to %d at once; load average %s",
                    nodeCpu / seconds, databaseCpu / seconds, selfCpu / seconds, Runtime.getRuntime().availableProcessors(),
                    (nodeCpu + databaseCpu + selfCpu) / due * 1e3, (nodeCpu + databaseCpu) / due * 1e3, tokens.mostInFlight.get(), Processes.load());
            print("  the window of a kill: from the last byte of a response until it is on the disk p50 %.2f ms, p99 %.2f ms",
                    1e3 * quantile(node, "0.5"), 1e3 * quantile(node, "0.99"));
            print("  %d token requests for %d connections; %d refreshed once, %d reported",
                    tokens.asked.get() - asked, due,
                    stock.number("SELECT count(*) FROM connections WHERE connection_id LIKE 'due%' AND version = 2"),
                    stock.number("SELECT count(*) FROM timeline WHERE event = 'refreshed'") - warm);
        }
        stop(node);
    }

    /** Of the time that the node measures under this load. */
    private static double quantile(BenchNode node, String which) throws IOException {
        return node.send("GET", "/metrics", "").body().lines()
                .filter(line -> line.startsWith("latchkey_refresh_journaled_seconds{quantile=\"" + which + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    private static long refreshed(Stock stock) {
        return stock.number("SELECT count(*) FROM connections WHERE version > 1");
    }

    private static double middle(List<long[]> samples, int due) {
        long[] from = samples.stream().filter(sample -> sample[1] >= due / 10).findFirst().orElseThrow();
        long[] to = samples.stream().filter(sample -> sample[1] >= due * 9L / 10).findFirst().orElseThrow();
        return to[0] == from[0] ? 0 : (to[1] - from[1]) / ((to[0] - from[0]) / 1e9);
    }

    /** The same work beside 1,000 and beside a million stored connections, in turn, so that the machine's noise meets both. */
    private void size(int large, int rounds) throws Exception {
        int small = 1_000;
        int batch = 200;
        loadStatistics();
        Map<Integer, BenchNode> nodes = new HashMap<>();
        Map<Integer, Stock> stocks = new HashMap<>();
        Map<Integer, List<Double>> reads = new HashMap<>();
        Map<Integer, String> names = Map.of(small, "small", large, "large");
        for (int size : List.of(small, large)) {
            DatabaseAddress address = database(names.get(size));
            BenchNode node = node(names.get(size), address);
            integrate(node);
            // It would wait for the indexes that are built.
            stop(node);
            Stock stock = new Stock(address, encryptionKey, folder);
            long begin = System.nanoTime();
            stock.fill("bench", "c", size, Duration.ofDays(1), Duration.ofDays(1));
            print("  %,d connections stored in %.0f s", size, (System.nanoTime() - begin) / 1e9);
            if (stock.number("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_prewarm'") == 1) {
                stock.run("CREATE EXTENSION IF NOT EXISTS pg_prewarm");
                stock.number("SELECT sum(pg_prewarm(oid)) FROM pg_class WHERE relname LIKE 'connections%' AND relkind IN ('r', 'i')"
                        + " OR oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'connections'::regclass)");
            }
            nodes.put(size, node(names.get(size), address));
            stocks.put(size, stock);
            reads.put(size, new ArrayList<>());
        }
        for (int round = 0; round < rounds + 2; round++) {
            if (round == 2) {
                // Warm by now.
                stocks.get(small).run("SELECT pg_stat_statements_reset()");
                reads.values().forEach(List::clear);
            }
            List<Integer> turn = round % 2 == 0 ? List.of(small, large) : List.of(large, small);
            // What was read in the last round, the short-lived cache has forgotten.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5_100));
            for (int i = 0; i < batch; i++) {
                for (int size : turn) {
                    long begin = System.nanoTime();
                    int status = nodes.get(size)
                            .send("GET", "/connections/c" + (i * (size / batch) + round % (size / batch)) + "?provider_config_key=bench", "")
                            .statusCode();
                    reads.get(size).add((System.nanoTime() - begin) / 1e3);
                    if (status != 200) {
                        throw new IllegalStateException("a read was answered " + status);
                    }
                }
            }
            for (int size : turn) {
                Stock stock = stocks.get(size);
                long answered = tokens.answered.get();
                StringBuilder due = new StringBuilder();
                for (int i = 0; i < batch; i++) {
                    due.append(due.isEmpty() ? "'c" : ", 'c").append((long) (round * batch + i) * (size / small) % size).append("'");
                }
                stock.run("UPDATE connections c SET refresh_at = now() FROM integrations i WHERE c.environment_id = i.environment_id"
                        + " AND c.integration_id = i.id AND c.connection_id IN (" + due + ")");
                await("the due ones are asked for", () -> tokens.answered.get() == answered + batch);
                await("the due ones are stored", () -> stock.number("SELECT count(*) FROM integrations i JOIN connections c"
                        + " ON c.environment_id = i.environment_id AND c.integration_id = i.id AND c.refresh_at <= now()") == 0);
            }
        }
        double readSmall = median(reads.get(small));
        double readLarge = median(reads.get(large));
        print("reading one, past the cache, median of %d: %.0f us beside %,d stored, %.0f us beside %,d: ratio %.2f",
                reads.get(large).size(), readSmall, small, readLarge, large, readLarge / readSmall);
        for (String[] kind : new String[][] {
            {"reading one (the statement)", "%WHERE c.environment_id = % AND i.unique_key = % AND c.connection_id = %"},
            {"looking what is due", "%AS broken%FROM integrations i%CROSS JOIN LATERAL%FROM connections c%refresh_at <=%"},
            {"claiming what is due, a connection", "%WITH picked AS%AS lane (%SKIP LOCKED%"}
        }) {
            String each = kind[0].startsWith("claiming") ? "rows" : "calls";
            Statistic a = statistic(stocks.get(small), "small", kind[1], each);
            Statistic b = statistic(stocks.get(large), "large", kind[1], each);
            print("%s, mean of %d and %d: %.0f us and %.1f pages beside %,d stored, %.0f us and %.1f pages beside %,d: ratio %.2f",
                    kind[0], a.calls, b.calls, a.micros, a.pages, small, b.micros, b.pages, large, b.micros / a.micros);
        }
        print("  load average %s", Processes.load());
        for (Stock stock : stocks.values()) {
            stock.close();
        }
        for (BenchNode node : nodes.values()) {
            stop(node);
        }
    }

    /** @param calls or rows @param pages of 8 KiB that each touched */
    private record Statistic(long calls, double micros, double pages) {}

    private static Statistic statistic(Stock stock, String database, String like, String each) {
        return stock.with(handle -> handle.createQuery("""
                        SELECT sum(<each>)::bigint AS calls, 1000 * sum(total_exec_time) / sum(<each>) AS micros,
                               sum(shared_blks_hit + shared_blks_read) / sum(<each>) AS pages
                        FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
                        WHERE d.datname = :database AND query LIKE :like AND query NOT LIKE '%pg_stat_statements%'""")
                .define("each", each)
                .bind("database", database)
                .bind("like", like)
                .map((row, context) -> new Statistic(row.getLong(1), row.getDouble(2), row.getDouble(3)))
                .one());
    }

    /** PostgreSQL counts each statement's time and pages itself, from its next start on. */
    private void loadStatistics() throws Exception {
        DatabaseAddress admin = postgres.address();
        var jdbi = org.jdbi.v3.core.Jdbi.create(admin.jdbcUrl(), admin.user(), admin.password().reveal());
        jdbi.useHandle(handle -> handle.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"));
        long old = postmaster();
        new ProcessBuilder("kill", "-INT", Long.toString(old)).start().waitFor();
        await("PostgreSQL is back", () -> postmaster() != old && jdbi.withHandle(handle ->
                handle.createQuery("SELECT 1").mapTo(Integer.class).one()) == 1);
        // Each database that is made from now on has the view.
        for (String database : List.of("postgres", "template1")) {
            var each = org.jdbi.v3.core.Jdbi.create(admin.jdbcUrl().replaceFirst("/[^/]*$", "/" + database), admin.user(), admin.password().reveal());
            each.useHandle(handle -> handle.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"));
        }
    }

    private long postmaster() {
        try {
            return Long.parseLong(Files.readAllLines(folder.resolve("postgres/cluster/postmaster.pid")).getFirst().strip());
        } catch (IOException e) {
            return 0;
        }
    }

    /** A hundred callers ask three nodes at once for one credential that has expired. */
    private void together(int rounds) throws Exception {
        DatabaseAddress address = database("together");
        List<BenchNode> nodes = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            nodes.add(node("together" + i, address));
        }
        integrate(nodes.getFirst());
        long most = 0;
        List<Double> seconds = new ArrayList<>();
        Map<Integer, Integer> statuses = new HashMap<>();
        for (int round = 0; round < rounds; round++) {
            String name = "one" + round;
            var answer = nodes.getFirst().send("POST", "/connections", """
                    {"provider_config_key": "bench", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "at", "refresh_token": "rt",
                     "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(name));
            if (answer.statusCode() != 201) {
                throw new IllegalStateException(answer.body());
            }
            long asked = tokens.asked.get();
            List<Callable<Integer>> callers = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                BenchNode node = nodes.get(i % nodes.size());
                callers.add(() -> node.send("GET", "/connections/" + name + "?provider_config_key=bench", "").statusCode());
            }
            long begin = System.nanoTime();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (Future<Integer> one : threads.invokeAll(callers)) {
                    statuses.merge(one.get(), 1, Integer::sum);
                }
            }
            seconds.add((System.nanoTime() - begin) / 1e9);
            most = Math.max(most, tokens.asked.get() - asked);
        }
        print("100 callers on one expired connection across three nodes, %d rounds: at most %d token request(s) a round, answers %s, median %.2f s (reference, one node: 1, 0.6-0.9 s)",
                rounds, most, statuses, median(seconds));
        for (BenchNode node : nodes) {
            stop(node);
        }
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (RuntimeException e) {
                // The database starts again.
            }
            if (System.nanoTime() > limit) {
                throw new IllegalStateException("not within ten minutes: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private <T extends AutoCloseable> T keep(T part) {
        parts.push(part);
        return part;
    }

    private void stop(BenchNode node) throws InterruptedException {
        parts.remove(node);
        node.close();
    }

    @Override
    public void close() throws Exception {
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
        if (System.getenv("BENCH_KEEP") == null) {
            try (var files = Files.walk(folder)) {
                files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }
}
