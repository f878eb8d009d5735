import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One Latchkey, started as a user starts it, with a log of its own. */
final class BenchNode implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    final int port;
    final Process process;
    private final String key;
    private final Path log;

    BenchNode(Path folder, String name, int port, String key, Map<String, String> settings) throws IOException {
        this.port = port;
        this.key = key;
        this.log = folder.resolve(name + ".log");
        Path jar = Path.of(System.getProperty("latchkey.jar"));
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                jar.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        String options = System.getenv("BENCH_NODE_JAVA_OPTIONS");
        if (options != null) {
            builder.command().addAll(1, java.util.List.of(options.split(" ")));
        }
        builder.environment().keySet().removeIf(variable -> variable.startsWith("LATCHKEY_"));
        builder.environment().putAll(settings);
        builder.environment().put("LATCHKEY_PORT", Integer.toString(port));
        builder.environment().put("LATCHKEY_SECRET_KEY", key);
        builder.environment().put("LATCHKEY_DATA_DIR", Files.createDirectories(folder.resolve(name)).toString());
        process = builder.start();
    }

    BenchNode awaitReady() throws IOException {
        long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
        while (System.nanoTime() < limit && process.isAlive()) {
            try {
                if (send("GET", "/integrations", "").statusCode() == 200) {
                    return this;
                }
            } catch (IOException e) {
                // It does not listen yet.
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        throw new IllegalStateException("a node does not start:\n" + Files.readString(log));
    }

    HttpResponse<String> send(String method, String path, String body) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + key)
                .method(method, body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
