package dev.latchkey.server.api;

import dev.latchkey.server.Application;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.TestFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import tools.jackson.databind.JsonNode;

/** A running Latchkey with the lab, on a free port and a fresh database. */
public final class Latchkey implements AutoCloseable {
    /** Below those that the system gives to outgoing connections, which would take a port between two starts of a node. */
    private static final int FIRST_PORT = 20_000;

    private static final int PORTS = 12_000;

    /** Each of the processes that run tests side by side begins somewhere else. */
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger((int) (ProcessHandle.current().pid() * 997 % PORTS));

    /** A node that stops in this process may leave a connection that it had accepted; a process would end it. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    public final String key;
    /** For environments, keys and members. */
    public final String accountKey;

    public final URI address;
    public final Map<String, String> settings;
    private final Application application;
    private final HttpClient http = HttpClient.newHttpClient();

    private Latchkey(Map<String, String> extra, InstantSource clock) {
        settings = new HashMap<>(Map.of(
                "LATCHKEY_PORT", Integer.toString(freePort()),
                "LATCHKEY_SECRET_KEY", UUID.randomUUID().toString(),
                "LATCHKEY_ACCOUNT_KEY", UUID.randomUUID().toString(),
                "LATCHKEY_LAB", "true"));
        settings.putAll(extra);
        key = settings.getOrDefault("LATCHKEY_SECRET_KEY", "");
        accountKey = settings.getOrDefault("LATCHKEY_ACCOUNT_KEY", "");
        address = URI.create("http://localhost:" + settings.get("LATCHKEY_PORT"));
        if (!settings.containsKey("LATCHKEY_DATABASE_URL")) {
            settings.putAll(DatabaseForTests.fresh());
        }
        DatabaseForTests.past(settings.getOrDefault("LATCHKEY_DATABASE_URL", ""))
                .ifPresent(direct -> settings.putIfAbsent("LATCHKEY_DATABASE_DIRECT_URL", direct));
        settings.putIfAbsent("LATCHKEY_DATA_DIR", TestFolders.make().toString());
        application = Application.start(Configuration.fromEnvironment(settings), clock);
    }

    public static Latchkey start() {
        return start(Map.of());
    }

    public static Latchkey start(Map<String, String> settings) {
        return start(settings, InstantSource.system());
    }

    /** With a clock that may be wrong. */
    public static Latchkey start(Map<String, String> settings, InstantSource clock) {
        return new Latchkey(settings, clock);
    }

    /** The key of the other environment. */
    public String prodKey() {
        return Objects.requireNonNull(application.newKeys().get("prod")).reveal();
    }

    /** What lets one set the dashboard's first password. */
    public String setupToken() {
        return application.setupToken().orElseThrow().reveal();
    }

    /** A call with the secret key, that must answer with the status. */
    public JsonNode call(String method, String path, String body, int status) {
        HttpResponse<String> answer = send(method, path, body);
        if (answer.statusCode() != status) {
            throw new AssertionError(method + " " + path + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body().isEmpty() ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(answer.body());
    }

    /** A new key of environment dev. */
    public String keyWith(String... scopes) {
        HttpResponse<String> answer = sendAs(
                "Bearer " + accountKey,
                "POST",
                "/environment/api-keys",
                "{\"name\": \"limited\", \"scopes\": [\"" + String.join("\",\"", scopes) + "\"]}");
        if (answer.statusCode() != 201) {
            throw new AssertionError("no key: " + answer.body());
        }
        return Json.MAPPER.readTree(answer.body()).at("/data/secret_key").asString();
    }

    public HttpResponse<String> send(String method, String path, String body) {
        return sendAs("Bearer " + key, method, path, body);
    }

    /** @param authorization the header's value; empty for none */
    public HttpResponse<String> sendAs(String authorization, String method, String path, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        if (body.isEmpty()) {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(body));
        }
        return answer(request.build());
    }

    /** Of a form, with further headers: what the proxy takes. */
    public HttpResponse<String> send(String method, String path, String form, Map<String, String> headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address.resolve(path)).header("Authorization", "Bearer " + key);
        headers.forEach(request::header);
        if (!form.isEmpty() && !headers.containsKey("Content-Type")) {
            request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        return answer(request.method(
                        method,
                        form.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(form))
                .build());
    }

    private HttpResponse<String> answer(HttpRequest request) {
        try {
            return http.send(
                    HttpRequest.newBuilder(request, (name, value) -> true)
                            .timeout(LONGEST)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public java.util.List<Router.Declared> routes() {
        return application.surface().routes();
    }

    /** What answers this machine and signed-in members alone. */
    public java.util.List<String> nearbyRoutes() {
        return application.surface().nearbyRoutes();
    }

    /** Every route, the dashboard's too. */
    public java.util.List<Doors.Door> entrances() {
        return application.surface().entrances();
    }

    public java.util.List<dev.latchkey.server.dashboard.DashboardRoute> dashboardRoutes() {
        return application.surface().dashboardRoutes();
    }

    public Map<String, String> dashboardActions() {
        return application.surface().dashboardActions();
    }

    /** Every statement of the node from now on passes it. */
    public void watch(org.jdbi.v3.core.statement.SqlLogger watcher) {
        application.watch(watcher);
    }

    /** What no request can bring about, such as that time has passed. */
    public int sql(String statement) {
        DatabaseAddress database = DatabaseAddress.parse(settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        return Jdbi.create(
                        database.jdbcUrl(), database.user(), database.password().reveal())
                .withHandle(handle -> handle.execute(statement));
    }

    /** A number that no response reveals. */
    public long ask(String query) {
        DatabaseAddress database = DatabaseAddress.parse(settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        return Jdbi.create(
                        database.jdbcUrl(), database.user(), database.password().reveal())
                .withHandle(
                        handle -> handle.createQuery(query).mapTo(Long.class).one());
    }

    /** The one number that a query finds. */
    public long count(String query) {
        return Long.parseLong(text(query));
    }

    /** The one value that a query finds. */
    public String text(String query) {
        DatabaseAddress database = DatabaseAddress.parse(settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        return Jdbi.create(
                        database.jdbcUrl(), database.user(), database.password().reveal())
                .withHandle(
                        handle -> handle.createQuery(query).mapTo(String.class).one());
    }

    /** A text of the database. */
    public String value(String query) {
        DatabaseAddress database = DatabaseAddress.parse(settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        return Jdbi.create(
                        database.jdbcUrl(), database.user(), database.password().reveal())
                .withHandle(
                        handle -> handle.createQuery(query).mapTo(String.class).one());
    }

    public HttpResponse<String> get(String path, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path));
        headers.forEach(request::header);
        return answer(request.build());
    }

    /** A POST with these headers alone. */
    public HttpResponse<String> sendWith(Map<String, String> headers, String path, HttpRequest.BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path));
        headers.forEach(request::header);
        return answer(request.POST(body).build());
    }

    /** An integration whose users go to the lab. */
    public void labIntegration(String provider, String uniqueKey) {
        call("POST", "/integrations", """
                {"provider": "%s", "unique_key": "%s", "lab": true}""".formatted(provider, uniqueKey), 200);
    }

    public String session(String... integrations) {
        return call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "allowed_integrations": ["%s"]}""".formatted(String.join("\",\"", integrations)), 201)
                .at("/data/token")
                .asString();
    }

    /** The same, with the backend's name for the connection; empty: it chooses none. */
    public String sessionNamed(String name, String... integrations) {
        return name.isEmpty()
                ? session(integrations)
                : call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}, "connection_id": "%s", "allowed_integrations": ["%s"]}""".formatted(name, String.join("\",\"", integrations)), 201)
                        .at("/data/token")
                        .asString();
    }

    public static int freePort() {
        while (true) {
            int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // In use: the next one.
            }
        }
    }

    @Override
    public void close() {
        application.close();
    }
}
