package dev.latchkey.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What holds for every method that calls the server; they are found by reflection. */
class EveryOperationTest {
    private static final String KEY = "key-secret1";
    private static final int CALLERS = 50;

    private static Latchkey client(URI host) {
        return client(Settings.standard().withHost(host));
    }

    private static Latchkey client(Settings settings) {
        return new Latchkey(
                settings.withSecretKey(KEY + "\n").withGrace(Duration.ofMillis(100)),
                InstantSource.system(),
                Optional.of(time -> CompletableFuture.completedFuture(null)));
    }

    @Test
    void aRedirectIsNoSuccessAndSaysWhereTo() {
        for (String body : List.of("", "<html>Sign in</html>")) {
            try (ScriptedServer wall = new ScriptedServer();
                    Latchkey latchkey = client(wall.address)) {
                for (Operations.Operation operation : Operations.all()) {
                    wall.clear();
                    wall.then(
                            302,
                            body,
                            Map.of(
                                    "Location",
                                    "https://login.example/start?state=secret2",
                                    "X-Latchkey-Request-Id",
                                    ""));

                    assertThatThrownBy(() -> operation.call(latchkey))
                            .as(operation.name())
                            .isInstanceOf(LatchkeyException.class)
                            .hasMessageContaining(wall.address.toString())
                            .hasMessageContaining("302")
                            .hasMessageContaining("https://login.example/start")
                            .hasMessageNotContaining("secret2")
                            .hasMessageNotContaining("secret1");
                }
            }
        }
    }

    /** As a login page, a health page or an older server may send. */
    @Test
    void aResponseWithoutWhatItMustHaveIsNoSuccess() {
        try (ScriptedServer other = new ScriptedServer();
                Latchkey latchkey = client(other.address)) {
            for (Operations.Operation operation : Operations.all()) {
                if (operation.isRaw()) {
                    continue;
                }
                for (String body :
                        List.of("{}", "[]", "null", "<html>Welcome</html>", "", "{\"data\": {}}", "{\"data\": null}")) {
                    // Of as many requests as a method sends.
                    other.then(200, body).then(200, body).then(200, body);

                    boolean emptyListIsRight =
                            body.equals("[]") && operation.name().equals("Latchkey.ping()");
                    boolean anyObject = body.equals("{\"data\": {}}") && returnsItsObject(operation);
                    if (!emptyListIsRight && !anyObject) {
                        assertThatThrownBy(() -> operation.call(latchkey))
                                .as(operation.name() + " of " + body)
                                .isInstanceOfAny(
                                        LatchkeyException.Unexpected.class, LatchkeyException.NotConnected.class)
                                .hasMessageNotContaining("secret1");
                    }
                    other.clear();
                }
            }
        }
    }

    /** An object of the server's, as it is: it may be empty. */
    private static boolean returnsItsObject(Operations.Operation operation) {
        return operation.returned() == Json.class
                || operation.name().startsWith("OwnProviders.find")
                || operation.name().startsWith("Sessions.awaitConnected");
    }

    @Test
    void everyCallEndsAtItsDeadlineWhereverTheServerStops() throws Exception {
        List<String> beginnings = List.of(
                "",
                "HTTP/1.1 200 OK\r\nContent-Type: appl",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Latchkey-Request-Id: r1\r\nContent-Length: 4000\r\n\r\n{\"data\": [");
        for (String beginning : beginnings) {
            try (StubbornServer server = new StubbornServer(beginning);
                    Latchkey latchkey = client(server.address)) {
                Latchkey hurried = latchkey.with(RequestOptions.none()
                        .withTimeout(Duration.ofMillis(200))
                        .withDeadline(Duration.ofMillis(300)));
                ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
                List<Callable<Optional<String>>> calls = new ArrayList<>();
                for (Operations.Operation operation : Operations.all()) {
                    calls.add(() -> problem(operation, hurried));
                }
                long start = System.nanoTime();

                List<String> problems = new ArrayList<>();
                for (Future<Optional<String>> future : callers.invokeAll(calls)) {
                    future.get().ifPresent(problems::add);
                }

                callers.shutdown();
                assertThat(problems).isEmpty();
                int rounds = calls.size() / CALLERS + 1;
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3L * rounds));
            }
        }
    }

    private static Optional<String> problem(Operations.Operation operation, Latchkey latchkey) {
        try {
            Object result = operation.call(latchkey);
            if (result instanceof ProxyAnswer answer) {
                answer.text();
            }
            // A proxied answer begins, and is read by its caller.
            return operation.isRaw() && String.valueOf(result).startsWith("ProxyAnswer")
                    ? Optional.empty()
                    : Optional.of(operation.name() + " returned " + result);
        } catch (LatchkeyException.Unreachable e) {
            return Optional.empty();
        } catch (RuntimeException e) {
            return Optional.of(operation.name() + " threw " + e);
        }
    }

    @Test
    void noFailureShowsASecret() {
        try (ScriptedServer server = new ScriptedServer();
                Latchkey latchkey = client(server.address)) {
            for (Operations.Operation operation : Operations.all()) {
                for (int status : List.of(400, 401, 403, 404, 423, 424, 500)) {
                    server.then(
                            status,
                            "{\"error\": {\"code\": \"some_code\", \"message\": \"Words.\"}}",
                            Map.of("Latchkey-Error", "some_code"));

                    assertThatThrownBy(() -> operation.call(latchkey).toString().transform(text -> {
                                // Whatever finds nothing returns so.
                                throw new LatchkeyException.NotConnected(text);
                            }))
                            .as(operation.name() + " " + status)
                            .satisfies(e -> assertThat(stack(e)).doesNotContain("secret1"));
                    server.clear();
                }
            }
        }
    }

    private static String stack(Throwable failure) {
        java.io.StringWriter text = new java.io.StringWriter();
        failure.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }

    /** For programs that were written for Nango; the client has its own way for each. */
    private static final Set<String> OF_NANGOS_CLIENTS =
            Set.of("POST /integrations/quickstart", "GET /providers/{}/templates");

    @Test
    void coversTheWholeBackendApi() {
        Set<String> called = new ConcurrentSkipListSet<>();
        Interceptor observer = new Interceptor() {
            @Override
            public void responded(Attempt attempt, int status, Duration took) {
                called.add(plain(attempt.operation()));
            }
        };
        try (ScriptedServer server = new ScriptedServer();
                Latchkey latchkey =
                        client(Settings.standard().withHost(server.address).withInterceptor(observer))) {
            for (Operations.Operation operation : Operations.all()) {
                server.then(404, "{}", Map.of("Latchkey-Error", "not_found"));
                try {
                    operation.call(latchkey);
                } catch (LatchkeyException e) {
                    // As it should be.
                }
            }
        }

        Set<String> described = described();
        assertThat(described).hasSizeGreaterThan(60);
        Set<String> missing = new TreeSet<>(described);
        missing.removeAll(called);
        missing.removeAll(OF_NANGOS_CLIENTS);
        missing.removeIf(operation -> operation.contains(" /proxy/"));
        assertThat(missing).isEmpty();
        assertThat(called.stream().filter(it -> !it.contains("/proxy/")).collect(Collectors.toSet()))
                .allMatch(it -> described.contains(it) || it.endsWith(" /connect/session"));
    }

    private static String plain(String operation) {
        return operation.replaceAll("\\{[^}]*}", "{}");
    }

    /** Those that take a secret key. */
    private static Set<String> described() {
        JsonNode api = new YAMLMapper().readTree(new File("../server/src/main/resources/openapi/openapi.yaml"));
        Set<String> found = new TreeSet<>();
        api.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    JsonNode security = method.getValue().path("security");
                    boolean byKey =
                            security.isMissingNode() || security.toString().contains("secretKey");
                    if (byKey && Set.of("get", "post", "put", "patch", "delete").contains(method.getKey())) {
                        found.add(plain(method.getKey().toUpperCase(java.util.Locale.ROOT) + " " + path.getKey()));
                    }
                }));
        return found;
    }
}
