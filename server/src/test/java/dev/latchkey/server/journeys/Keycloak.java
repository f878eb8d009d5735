package dev.latchkey.server.journeys;

import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.TerminalFailureException;

/**
 * A Keycloak on 127.0.0.1, as its makers ship it, with the realm of {@code src/test/resources/keycloak}: refresh tokens are rotated and
 * may not be used again, PKCE is required. It takes a while to start: one for all tests of a class. Its files come by
 * {@code ./latchkey test} (Maven's {@code dependency:unpack@keycloak}).
 */
public final class Keycloak implements AutoCloseable {
    public static final String CLIENT_ID = "latchkey";
    /** A client whose access tokens live for six seconds. */
    public static final String BRIEF_CLIENT_ID = "latchkey-brief";
    /** Of both. */
    public static final String CLIENT_SECRET = "a client secret of +/ 40 %&= characters";
    /** Users of the realm, with their passwords. */
    public static final Map<String, String> USERS = Map.of("ada", "analytical", "grace", "nanosecond");

    private static final Path REALM = Path.of("src/test/resources/keycloak/latchkey-realm.json");
    /** Of what it can do: what no client of ours meets. */
    private static final List<String> UNUSED = List.of(
            "account",
            "account-api",
            "admin",
            "admin-api",
            "admin-fine-grained-authz",
            "authorization",
            "ciba",
            "device-flow",
            "impersonation",
            "kerberos",
            "organization",
            "par",
            "passkeys",
            "web-authn");

    private static final Path FILES = Path.of("keycloak").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Pattern FORM = Pattern.compile("action=\"([^\"]+)\"");

    private final int port;
    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();

    private Keycloak(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /** Returns when it answers. Its data is a copy, and gone with it. */
    public static Keycloak start() throws IOException, InterruptedException {
        Path distribution = distribution();
        Path prepared = prepared(distribution);
        Path home = home(distribution);
        copy(prepared, home.resolve("data/h2"));
        return start(home, List.of());
    }

    private static Keycloak start(Path home, List<String> more) throws IOException {
        int port = dev.latchkey.server.api.Latchkey.freePort();
        List<String> arguments = new ArrayList<>(List.of(
                "start",
                "--optimized",
                "--http-enabled=true",
                "--http-host=127.0.0.1",
                "--http-port=" + port,
                "--hostname-strict=false"));
        arguments.addAll(more);
        Keycloak keycloak = new Keycloak(port, run(home, arguments));
        try {
            keycloak.awaitReady(home.resolve("log"));
        } catch (IOException | RuntimeException e) {
            keycloak.close();
            throw e;
        }
        return keycloak;
    }

    private static Path distribution() throws IOException {
        if (!Files.isDirectory(FILES)) {
            throw new IllegalStateException(
                    "Keycloak is not there: run `mvn dependency:unpack@keycloak -pl server`, as ./latchkey test does");
        }
        try (var folders = Files.list(FILES)) {
            return folders.filter(folder -> folder.getFileName().toString().startsWith("keycloak-"))
                    .max(java.util.Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    /**
     * Once, kept beside its files: what Keycloak works out beforehand for this kind of database, and a database with its schema and our
     * realm. That is two thirds of what a start costs.
     *
     * @return the database's files
     */
    private static Path prepared(Path distribution) throws IOException, InterruptedException {
        CRC32 realm = new CRC32();
        realm.update(Files.readAllBytes(REALM));
        Path prepared = distribution.resolve("prepared-" + Long.toHexString(realm.getValue()));
        if (Files.exists(prepared)) {
            return prepared;
        }
        Process building = run(
                distribution,
                List.of(
                        "build",
                        "--db=dev-file",
                        "--cache=local",
                        "--health-enabled=false",
                        "--features-disabled=" + String.join(",", UNUSED)));
        if (!building.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || building.exitValue() != 0) {
            throw new IllegalStateException(
                    "Keycloak could not be prepared:\n" + Files.readString(distribution.resolve("log")));
        }
        Path home = home(distribution);
        Path imported = Files.createDirectories(home.resolve("data/import"));
        Files.copy(REALM, imported.resolve("latchkey-realm.json"));
        start(home, List.of("--import-realm")).close();
        // Whole or not at all.
        Path copied = Files.createTempDirectory(distribution, "preparing");
        copy(home.resolve("data/h2"), copied);
        return Files.move(copied, prepared, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** A home of its own, so that tests of several work trees may run at once on the same files. */
    private static Path home(Path distribution) throws IOException {
        Path home = Files.createTempDirectory(
                Files.createDirectories(Path.of("target").toAbsolutePath()), "keycloak");
        for (String shared : List.of("lib", "themes", "providers", "conf")) {
            Files.createSymbolicLink(home.resolve(shared), distribution.resolve(shared));
        }
        return home;
    }

    private static Process run(Path home, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx400m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // Its classes come from its makers' jars; to verify them again is a sixth of a start.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-BytecodeVerificationRemote",
                "-Dkc.home.dir=" + home,
                "-Djboss.server.config.dir=" + home.resolve("conf"),
                "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                "-Dpicocli.disable.closures=true",
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
                "--add-opens=java.base/java.security=ALL-UNNAMED",
                "-cp",
                home.resolve("lib/quarkus-run.jar").toString(),
                "io.quarkus.bootstrap.runner.QuarkusEntryPoint"));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("log").toFile())
                .start();
    }

    private void awaitReady(Path log) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(issuer() + "/.well-known/openid-configuration"))
                .build();
        try {
            Awaiting.await("Keycloak responds")
                    .atMost(PATIENCE)
                    // It does not listen yet.
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .failFast("its process has ended", () -> !process.isAlive())
                    .until(() -> http.send(request, HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 200);
        } catch (ConditionTimeoutException | TerminalFailureException e) {
            throw new IllegalStateException("Keycloak does not start:\n" + Files.readString(log), e);
        }
    }

    /** {@code host:port}, as LATCHKEY_EGRESS_ALLOW lists it. */
    public String authority() {
        return "127.0.0.1:" + port;
    }

    public String issuer() {
        return "http://" + authority() + "/realms/latchkey";
    }

    public String authorizationEndpoint() {
        return issuer() + "/protocol/openid-connect/auth";
    }

    public String tokenEndpoint() {
        return issuer() + "/protocol/openid-connect/token";
    }

    /**
     * A user with a browser signs in.
     *
     * @param authorization an authorization request, as a client makes it
     * @return where Keycloak sends the browser back to
     */
    public URI signIn(URI authorization, String user) {
        Map<String, String> cookies = new LinkedHashMap<>();
        HttpResponse<String> page = send(HttpRequest.newBuilder(authorization), cookies);
        Matcher form = FORM.matcher(page.body());
        if (!form.find()) {
            throw new AssertionError("no form to sign in: " + page.statusCode() + " " + page.body());
        }
        String password = String.valueOf(USERS.get(user));
        HttpResponse<String> answer = send(
                HttpRequest.newBuilder(URI.create(form.group(1).replace("&amp;", "&")))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "username=" + user + "&password=" + password + "&credentialId=")),
                cookies);
        return LabUser.location(answer);
    }

    /** The grant ends at the vendor (RFC 7009). */
    public void revoke(String clientId, String refreshToken) {
        HttpResponse<String> answer = send(
                HttpRequest.newBuilder(URI.create(issuer() + "/protocol/openid-connect/revoke"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("client_id=" + clientId + "&client_secret="
                                + encode(CLIENT_SECRET) + "&token=" + encode(refreshToken))),
                new LinkedHashMap<>());
        if (answer.statusCode() != 200) {
            throw new AssertionError("not revoked: " + answer.statusCode() + " " + answer.body());
        }
    }

    /** Cookies by hand: Keycloak marks them as secure, which a browser honours on 127.0.0.1 and the JDK does not. */
    private HttpResponse<String> send(HttpRequest.Builder request, Map<String, String> cookies) {
        if (!cookies.isEmpty()) {
            StringBuilder header = new StringBuilder();
            cookies.forEach((name, value) -> header.append(header.isEmpty() ? "" : "; ")
                    .append(name)
                    .append('=')
                    .append(value));
            request.header("Cookie", header.toString());
        }
        HttpResponse<String> answer;
        try {
            answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        answer.headers().allValues("set-cookie").forEach(cookie -> {
            String[] pair = cookie.split(";", 2)[0].split("=", 2);
            cookies.put(pair[0], pair[1]);
        });
        return answer;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        http.close();
    }
}
