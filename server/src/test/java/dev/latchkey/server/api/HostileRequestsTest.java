package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.waiting.Awaiting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * D13, F6, F9, F32: a stranger cannot buy computing time. Every route, as it was registered, gets what costs careless readers the
 * most: from a caller without a key, with no more than a session's token. Work is measured as the CPU time of this process, which
 * plays the stranger, too: the bound is wide, and what it must catch takes minutes.
 */
@Tag("routes")
class HostileRequestsTest {
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final Duration MOST_WORK = Duration.ofSeconds(2);
    private static final int MEBIBYTE = 1024 * 1024;

    private static final java.util.function.Predicate<Provider> LAB_PLAYS =
            provider -> !(provider.auth() instanceof dev.latchkey.catalogue.model.Auth.AwsRole);

    private static final List<String> integrations = new ArrayList<>();
    private static Latchkey latchkey;
    private static String session = "";
    private static String environment;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(
                Map.of("LATCHKEY_RATE_LIMIT", "off", "LATCHKEY_FLOW_RATE_LIMIT", "off", "LATCHKEY_METRICS", "open"));
        // One provider of each kind: the routes of flows read a body when the integration is of theirs.
        Map<String, String> kinds = new LinkedHashMap<>();
        for (Provider provider : Catalogue.load().all()) {
            String kind = provider.auth().getClass().getSimpleName()
                    + provider.auth().facts().mode();
            if (!kinds.containsKey(kind) && LAB_PLAYS.test(provider)) {
                kinds.put(kind, provider.id());
            }
        }
        kinds.put("GitHub", "github");
        kinds.put("key in PEM", "gcp-service-account");
        kinds.values().stream().distinct().forEach(provider -> {
            latchkey.labIntegration(provider, provider);
            integrations.add(provider);
        });
        String hook = latchkey.call("GET", "/integrations/github?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString();
        environment = hook.replaceFirst(".*/webhook/([0-9a-f-]{36})/.*", "$1");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** @param head without the request line, each line with its end. @param body sent again and again when endless */
    private record Hostile(String head, byte[] body, boolean endless) {}

    /** One for each route: there is one that ends it. */
    private static void newSession() {
        session = latchkey.session(integrations.toArray(String[]::new));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] repeated(String part, int length) {
        return bytes(part.repeat(length / part.length()));
    }

    private static Hostile body(String type, byte[] body) {
        return new Hostile("Content-Type: " + type + "\r\nContent-Length: " + body.length + "\r\n", body, false);
    }

    private static byte[] bomb(int unpacked) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            byte[] zeros = new byte[MEBIBYTE];
            for (int i = 0; i < unpacked; i += zeros.length) {
                gzip.write(zeros);
            }
        }
        return packed.toByteArray();
    }

    private static Map<String, Hostile> bodies() throws IOException {
        Map<String, Hostile> all = new LinkedHashMap<>();
        byte[] chunk = new byte[64 * 1024 + 9];
        byte[] size = bytes("10000\r\n");
        System.arraycopy(size, 0, chunk, 0, size.length);
        java.util.Arrays.fill(chunk, size.length, chunk.length - 2, (byte) 'a');
        chunk[chunk.length - 2] = '\r';
        chunk[chunk.length - 1] = '\n';
        for (String type : List.of("application/json", "application/x-www-form-urlencoded", "application/yaml")) {
            all.put(
                    "chunks without end of " + type,
                    new Hostile("Content-Type: " + type + "\r\nTransfer-Encoding: chunked\r\n", chunk, true));
        }
        all.put(
                "a terabyte",
                new Hostile("Content-Type: application/json\r\nContent-Length: 1099511627776\r\n", chunk, true));
        for (String part : List.of("a", "=", "%", "%41", "a=", "a&", "&", "+", "a=b&", "\u00ff")) {
            all.put("a form of " + part, body("application/x-www-form-urlencoded", repeated(part, Form.LARGEST)));
        }
        for (String part : List.of("[", "{\"a\":", "[[],", "{\"a\":[", "\"", "\\", "1", "{\"a\":1e")) {
            all.put("JSON of " + part, body("application/json", repeated(part, MEBIBYTE)));
        }
        all.put("many values", body("application/json", bytes("{\"a\":[" + "[],".repeat(300_000) + "0]}")));
        StringBuilder names = new StringBuilder("{");
        for (int i = 0; i < 80_000; i++) {
            names.append("\"n").append(i).append("\":0,");
        }
        all.put("many names", body("application/json", bytes(names + "\"z\":0}")));
        for (String field : List.of("connection_string", "private_key", "privateKey", "apiKey", "host", "provider")) {
            for (String part : List.of("a", "@", "a@", "a.", "-----BEGIN A", ",", "a=", " ", "%", "\\n")) {
                all.put(
                        field + " of " + part,
                        body(
                                "application/json",
                                bytes("{\"" + field + "\":\"" + part.repeat(900_000 / part.length()) + "\"}")));
            }
        }
        all.put(
                "a number of a billion digits",
                body(
                        "application/json",
                        bytes("{\"limit\":1e1000000000,\"provider\":1E-999999999,\"apiKey\":1e1000000000}")));
        byte[] packed = bomb(200 * MEBIBYTE);
        for (String type : List.of("application/json", "application/x-www-form-urlencoded")) {
            Hostile plain = body(type, packed);
            all.put("a gzip bomb of " + type, new Hostile(plain.head() + "Content-Encoding: gzip\r\n", packed, false));
        }
        return all;
    }

    private static Map<String, Hostile> heads() {
        Map<String, Hostile> all = new LinkedHashMap<>();
        List<String> headers = List.of(
                "Cookie",
                "Accept",
                "Accept-Language",
                "Accept-Encoding",
                "Authorization",
                "Origin",
                "Forwarded",
                "X-Forwarded-For",
                "If-None-Match",
                "If-Modified-Since",
                "Range",
                "Referer",
                "Sec-Fetch-Site",
                "Sec-WebSocket-Protocol",
                "Content-Type",
                "Traceparent");
        for (String header : headers) {
            for (String part : List.of(",", ";", "a=b;", "a,", "=", " ", "\"", "a", "%", "en;q=0.1,", "/", "0-1,")) {
                all.put(
                        header + " of " + part,
                        new Hostile(header + ": a" + part.repeat(7_000 / part.length()) + "a\r\n", new byte[0], false));
            }
        }
        return all;
    }

    /** As many as the request line takes. */
    private static List<String> queries() {
        List<String> all = new ArrayList<>();
        for (String part : List.of("a", "&", "=", "a=b&", "%41", "%", "a[", "params[a]=b&", "+", "a=&")) {
            all.add("?" + part.repeat(3_600 / part.length()));
            all.add("?connect_session_token=" + session + "&" + part.repeat(3_400 / part.length()));
        }
        return all;
    }

    private static List<Doors.Door> doors() {
        return latchkey.entrances().stream()
                .filter(door ->
                        !door.path().startsWith("/static/") && !door.path().matches("/web/.*|.*\\.(js|css|svg|woff2)"))
                .toList();
    }

    private static String path(Doors.Door door, String key) {
        return door.path()
                .replace("*", "no/such")
                .replace("{env}", "dev")
                .replace("{environment}", environment)
                .replace("{key}", key)
                .replace("{id}", UUID.randomUUID().toString())
                .replaceAll("\\{[^}]*}", "x");
    }

    private static String method(Doors.Door door) {
        return door.method().equals("ANY") ? "POST" : door.method();
    }

    /** The status, or empty when the server ended the connection without a word. */
    private static Optional<Integer> send(String line, Hostile hostile) {
        try (Socket socket = new Socket("127.0.0.1", latchkey.address.getPort())) {
            socket.setSoTimeout(30_000);
            Thread writing = Thread.ofVirtual().start(() -> write(socket, line, hostile));
            try {
                return status(socket.getInputStream());
            } finally {
                socket.close();
                writing.join();
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError(line + " was not answered", e);
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void write(Socket socket, String line, Hostile hostile) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes(line + " HTTP/1.1\r\nHost: localhost\r\n" + hostile.head() + "\r\n"));
            // Twice what is ever read of anybody.
            for (long left = hostile.endless() ? 100L * MEBIBYTE : 1; left > 0; left -= hostile.body().length + 1) {
                out.write(hostile.body());
            }
        } catch (IOException e) {
            // The server has had enough.
        }
    }

    private static Optional<Integer> status(InputStream in) throws IOException {
        byte[] begin = in.readNBytes(12);
        return begin.length < 12
                ? Optional.empty()
                : Optional.of(Integer.parseInt(new String(begin, 9, 3, StandardCharsets.US_ASCII)));
    }

    private static void costsLittle(List<String> expensive, String what, Runnable one) {
        long before = PROCESS.getProcessCpuTime();
        one.run();
        Duration work = Duration.ofNanos(PROCESS.getProcessCpuTime() - before);
        if (work.compareTo(MOST_WORK) > 0) {
            expensive.add(what + " took " + work);
        }
    }

    private static void isWell() {
        assertThat(latchkey.get("/health", Map.of()).statusCode()).isEqualTo(200);
    }

    private static void send(Doors.Door door, String key, String query, Hostile hostile, List<String> wrong) {
        Optional<Integer> status = send(method(door) + " " + path(door, key) + query, hostile);
        // 501: the lab does not play it.
        if (status.filter(code -> code >= 500 && code != 501 && code != 503).isPresent()) {
            wrong.add(method(door) + " " + path(door, key) + " answered " + status.get());
        }
    }

    @Test
    void d13_noBodyCostsMoreThanALittleWorkAtAnyRoute() throws Exception {
        List<String> wrong = new ArrayList<>();
        Map<String, Hostile> bodies = bodies();
        int requests = 0;
        for (Doors.Door door : doors()) {
            newSession();
            boolean reads = !method(door).matches("GET|HEAD|DELETE|OPTIONS");
            boolean stranger = door.limit() != Limit.KEY && !door.path().matches("/dashboard/\\{env}.*");
            List<String> keys = keys(door);
            for (Map.Entry<String, Hostile> body : bodies.entrySet()) {
                // Behind a key or a member's session nothing is read; one of each kind shows that.
                boolean one = body.getKey()
                        .matches("chunks without end of application/json|a form of a|a gzip bomb of application/json");
                if (!one && !(reads && (stranger || door.path().contains("auth")))) {
                    continue;
                }
                for (String key : keys) {
                    requests++;
                    costsLittle(
                            wrong,
                            body.getKey() + " at " + door,
                            () -> send(
                                    door, key, "?connect_session_token=" + session, bearing(body.getValue()), wrong));
                }
            }
        }
        isWell();
        assertThat(wrong).isEmpty();
        assertThat(requests).isGreaterThan(1_000);
    }

    /** Integrations whose kind the route is for; where none is, one of another. */
    private static List<String> keys(Doors.Door door) {
        if (!door.path().contains("{key}")) {
            return List.of("");
        }
        List<String> fitting = integrations.stream()
                .filter(key -> door.method().equals("POST") && !door.path().startsWith("/webhook"))
                .filter(key -> {
                    String answer = latchkey.sendAs(
                                    "",
                                    "POST",
                                    path(door, key) + "?connect_session_token=" + session,
                                    "{\"no_such_field\": 1}")
                            .body();
                    return answer.contains("invalid_body");
                })
                .toList();
        return fitting.isEmpty() ? List.of("github") : fitting;
    }

    private static Hostile bearing(Hostile hostile) {
        return new Hostile(
                "Authorization: Bearer " + session + "\r\n" + hostile.head(), hostile.body(), hostile.endless());
    }

    @Test
    void d13_noHeaderAndNoQueryCostsMoreThanALittleWorkAtAnyRoute() {
        List<String> wrong = new ArrayList<>();
        Map<String, Hostile> heads = heads();
        int requests = 0;
        List<Doors.Door> doors = doors().stream()
                .filter(door -> door.limit() != Limit.KEY && door.limit() != Limit.PAGE)
                .toList();
        for (Doors.Door door : doors) {
            for (Map.Entry<String, Hostile> head : heads.entrySet()) {
                // Behind the door all headers are read in the same way; all of them where a session opens.
                requests++;
                costsLittle(
                        wrong, head.getKey() + " at " + door, () -> send(door, "github", "", head.getValue(), wrong));
            }
            newSession();
            for (String query : queries()) {
                requests++;
                costsLittle(
                        wrong,
                        query.substring(0, 12) + " at " + door,
                        () -> send(door, "github", query, new Hostile("", new byte[0], false), wrong));
            }
        }
        isWell();
        assertThat(wrong).isEmpty();
        assertThat(requests).isGreaterThan(1_000);
    }

    /** D9: the one character that PostgreSQL stores in no text is refused by its name, with a key, too, and fails nowhere. */
    @Test
    void d9_noRouteFailsOverANulCharacter() {
        List<String> wrong = new ArrayList<>();
        int refused = 0;
        String json =
                "{\"provider_config_key\": \"a\\u0000\", \"end_user\": {\"id\": \"\\u0000\"}, \"metadata\": {\"\\u0000\": 1}}";
        String query = "connectionId=%00&search=%00&provider_config_key=gh%00&state=%00&params%5Ba%00%5D=b";
        for (Doors.Door door : doors()) {
            newSession();
            String bearer = door.limit() == Limit.FLOW ? session : latchkey.key;
            String path = path(door, "github");
            String named = door.path().replaceAll("\\{[^}]*}|\\*", "a%00");
            String opened = path + "?connect_session_token=" + session;
            Map<String, HttpResponse<String>> answers = new LinkedHashMap<>();
            answers.put("query", latchkey.sendAs("Bearer " + bearer, method(door), path + "?" + query, ""));
            answers.put("path", latchkey.sendAs("Bearer " + bearer, method(door), named, ""));
            if (!method(door).matches("GET|HEAD|OPTIONS|DELETE")) {
                answers.put("JSON", latchkey.sendAs("Bearer " + bearer, method(door), opened, json));
                answers.put("form", latchkey.send(method(door), opened, "a=%00&state=%00&token=%00", Map.of()));
            }
            for (Map.Entry<String, HttpResponse<String>> answer : answers.entrySet()) {
                int status = answer.getValue().statusCode();
                // 501: the lab does not play it.
                if (status >= 500 && status != 501) {
                    wrong.add(answer.getKey() + " at " + door + ": "
                            + answer.getValue().body());
                }
                refused += answer.getValue().body().contains("NUL") ? 1 : 0;
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(refused).isGreaterThan(200);
    }

    /** D9: a path names what is not there, in whatever form; each part of each path gets what readers of ids stumble over. */
    @Test
    void d9_noRouteFailsOverAnOddValueInItsPath() {
        List<String> odd = List.of(
                "-".repeat(36),
                "0".repeat(36),
                "f".repeat(36),
                "00000000-0000-0000-0000-00000000000g",
                "1-1-1-1-1",
                "00000000-0000-0000-0000-000000000000",
                "-1",
                "9".repeat(40),
                "a".repeat(3_000),
                "%C3%28",
                "%ED%A0%80",
                "%F0%9F%92%A9",
                "%2e%2e%2f%2e%2e%2fetc",
                "%0d%0aX-A:1",
                "%7B%7D",
                "null",
                ".svg");
        List<String> wrong = new ArrayList<>();
        int requests = 0;
        for (Doors.Door door : doors()) {
            // Below all routes is one for every other path.
            if (!door.path().startsWith("/")
                    || !door.path().contains("{") && !door.path().contains("*")) {
                continue;
            }
            newSession();
            for (String value : odd) {
                String everywhere = door.path().replaceAll("\\{[^}]*}|\\*", Matcher.quoteReplacement(value));
                String last = path(door, "github").replaceAll("[^/]+$", Matcher.quoteReplacement(value));
                for (String path : new LinkedHashSet<>(List.of(everywhere, last))) {
                    for (String bearer : List.of(session, latchkey.key, latchkey.accountKey)) {
                        requests++;
                        HttpResponse<String> answer = latchkey.sendAs(
                                "Bearer " + bearer, method(door), path + "?connect_session_token=" + session, "{}");
                        if (answer.statusCode() >= 500 && answer.statusCode() != 501) {
                            wrong.add(method(door) + " " + path + ": " + answer.body());
                        }
                    }
                }
            }
        }
        isWell();
        assertThat(wrong).isEmpty();
        assertThat(requests).isGreaterThan(5_000);
    }

    /** D9: a time that can be written and not be stored. */
    @Test
    void d9_noRouteFailsOverATimeOutOfRange() {
        List<String> wrong = new ArrayList<>();
        int refused = 0;
        String far = "+294277-01-01T00:00:00Z";
        for (Doors.Door door : doors()) {
            if (door.limit() != Limit.KEY || method(door).equals("DELETE")) {
                continue;
            }
            for (String name : List.of("since", "until", "from", "to", "before", "expires_at")) {
                String path = path(door, "github");
                List<HttpResponse<String>> answers = List.of(
                        latchkey.sendAs(
                                "Bearer " + latchkey.key,
                                method(door),
                                path + "?" + name + "=%2B294277-01-01T00:00:00Z",
                                ""),
                        latchkey.sendAs(
                                "Bearer " + latchkey.accountKey,
                                method(door),
                                path,
                                "{\"name\": \"k\", \"scopes\": [\"environment:connections:list\"], \"" + name + "\": \""
                                        + far + "\"}"));
                for (HttpResponse<String> answer : answers) {
                    if (answer.statusCode() >= 500 && answer.statusCode() != 501) {
                        wrong.add(name + " at " + door + ": " + answer.body());
                    }
                    refused += answer.body().contains("invalid_format")
                                    && answer.body().contains(name)
                            ? 1
                            : 0;
                }
            }
        }
        Map<String, Integer> expiries = Map.of(
                "\"expires_at\": \"" + far + "\"",
                400,
                "\"expires_in\": 1e300",
                201,
                "\"expires_in\": 9223372036854775807",
                201);
        expiries.forEach((expiry, status) -> {
            HttpResponse<String> imported = latchkey.send("POST", "/connections", """
                    {"provider_config_key": "github", "credentials": {"type": "OAUTH2", "access_token": "t", "refresh_token": "r", %s}}""".formatted(expiry));
            assertThat(imported.statusCode()).as(expiry + imported.body()).isEqualTo(status);
        });
        assertThat(wrong).isEmpty();
        assertThat(refused).isGreaterThan(4);
    }

    /** A guest's page: its cookie, and the token that its form carries. */
    private record Page(String cookie, String token) {
        static Page of(String path) {
            HttpResponse<String> page = latchkey.get(path, Map.of());
            Matcher token =
                    Pattern.compile("name=\"_token\" value=\"([^\"]+)\"").matcher(page.body());
            assertThat(token.find()).as(page.body()).isTrue();
            return new Page(
                    page.headers().firstValue("set-cookie").orElseThrow().replaceFirst(";.*", ""), token.group(1));
        }

        HttpResponse<String> post(String path, String form) {
            return latchkey.send(
                    "POST",
                    path,
                    "_token=" + token + "&" + form,
                    Map.of("Cookie", cookie, "X-Forwarded-For", "192.0.2.1"));
        }
    }

    @Test
    void f9_nobodyWithoutAnInvitationBuysAHash() {
        Page join = Page.of("/dashboard/join");
        Page setup = Page.of("/dashboard/setup");
        long before = PROCESS.getProcessCpuTime();

        for (int i = 0; i < 100; i++) {
            assertThat(join.post("/dashboard/join", "token=junk" + i + "&password=long+enough+for+it")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(setup.post("/dashboard/setup", "token=junk" + i + "&password=long+enough+for+it")
                            .statusCode())
                    .isEqualTo(403);
        }

        // Two hundred hashes would take ten seconds and more.
        assertThat(Duration.ofNanos(PROCESS.getProcessCpuTime() - before)).isLessThan(Duration.ofSeconds(4));
    }

    /** F9, F32: past the queue of what takes the processor, requests are refused, and others continue. */
    @Test
    void d13_tooMuchHeavyWorkIsRefusedToBeTriedAgain() throws Exception {
        Page signIn = Page.of("/dashboard/setup");
        CountDownLatch end = new CountDownLatch(1);
        List<Thread> busy = new ArrayList<>();
        Set<HeavyWork> full = ConcurrentHashMap.newKeySet();
        List<HeavyWork> pools = List.of(HeavyWork.hashing(), HeavyWork.signing());
        for (HeavyWork pool : pools) {
            for (int i = 0; i < 1_200; i++) {
                busy.add(Thread.ofVirtual().start(() -> {
                    try {
                        pool.run(() -> {
                            end.await();
                            return true;
                        });
                    } catch (HeavyWork.BusyException e) {
                        full.add(pool);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }));
            }
        }
        try {
            // Before, a request would find a place in the queue, and wait there for the end.
            Awaiting.await().atMost(Duration.ofSeconds(30)).until(() -> full.containsAll(pools));
            HttpResponse<String> page = signIn.post("/dashboard/sign-in", "email=a%40b.example&password=long+enough");
            assertThat(page.statusCode()).isEqualTo(503);
            assertThat(page.headers().firstValue("retry-after")).contains("1");
            assertThat(page.headers().firstValue("content-type").orElseThrow()).startsWith("text/html");
            newSession();
            HttpResponse<String> api = latchkey.sendAs(
                    "",
                    "POST",
                    "/auth/two-step/gcp-service-account?connect_session_token=" + session,
                    serviceAccount());
            assertThat(api.statusCode()).as(api.body()).isEqualTo(503);
            assertThat(api.headers().firstValue("retry-after")).contains("1");
            assertThat(Json.MAPPER.readTree(api.body()).at("/error/code").asString())
                    .isEqualTo("busy");
            isWell();
        } finally {
            end.countDown();
            for (Thread thread : busy) {
                thread.join();
            }
        }
    }

    private static String serviceAccount() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return Json.MAPPER
                .createObjectNode()
                .put("clientEmail", "a@b.iam.gserviceaccount.com")
                .put(
                        "privateKey",
                        "-----BEGIN PRIVATE KEY-----\n"
                                + Base64.getMimeEncoder()
                                        .encodeToString(generator
                                                .generateKeyPair()
                                                .getPrivate()
                                                .getEncoded())
                                + "\n-----END PRIVATE KEY-----\n")
                .toString();
    }

    @Test
    void d13_manyLargeBodiesAtOnceTakeAPartOfTheMemory() throws Exception {
        byte[] large = repeated("[],", 9 * MEBIBYTE);
        String hook = "POST /webhook/" + environment + "/github";
        List<Socket> sockets = new ArrayList<>();
        List<Integer> answers = new java.util.concurrent.CopyOnWriteArrayList<>();
        long most = Math.max(40L * MEBIBYTE, Runtime.getRuntime().maxMemory() / 4) / (3L * large.length) + 10;
        try {
            for (int i = 0; i < most; i++) {
                Socket socket = new Socket("127.0.0.1", latchkey.address.getPort());
                sockets.add(socket);
                Thread.ofVirtual().start(() -> {
                    try {
                        OutputStream out = socket.getOutputStream();
                        out.write(bytes(hook
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                                + (large.length + 1) + "\r\n\r\n"));
                        out.write(large);
                        // The last byte does not come.
                        status(socket.getInputStream()).ifPresent(answers::add);
                    } catch (IOException e) {
                        // Answered and ended.
                    }
                });
            }
            Awaiting.await("some are refused while others are held")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> answers.contains(503));
            isWell();
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        Awaiting.await("the memory is given back")
                .atMost(Duration.ofSeconds(60))
                .until(() -> {
                    byte[] small = repeated(" ", MEBIBYTE);
                    return send(hook, body("application/json", small))
                            .filter(code -> code != 503)
                            .isPresent();
                });
    }
}
