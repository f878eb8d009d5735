package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.Lab;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.commands.LatchkeyCommand;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.journeys.EveryKind;
import dev.latchkey.server.journeys.EveryKind.Journey;
import dev.latchkey.server.journeys.LabFlow;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.journeys.RecordingVendor;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.telemetry.Collector;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Secrets go through every kind of authentication, every route, every action of the dashboard and every other entrance; then nothing
 * that is logged, stored in clear text, kept on disk, put into an address or returned with an error holds one. The lists are generated from the
 * variants of {@code Auth}, from the catalogue and from what the server registers: what is new is scanned, or fails for want of a
 * request.
 */
@Tag("routes")
@Tag("pages")
class SecretScanTest {
    private final MarkedSecrets secrets = new MarkedSecrets();
    /** Codes, states and request tokens, which addresses are made to carry. */
    private final MarkedSecrets passing = new MarkedSecrets();

    private final List<String> errors = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();
    private final Set<String> called = new TreeSet<>();

    @TempDir
    Path folder;

    @Test
    void noSecretIsLoggedStoredInClearOrReturnedWithAnError() throws Exception {
        Path providers = Files.createDirectories(folder.resolve("providers"));
        EveryKind.define(providers);
        Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Level before = root.getLevel();
        root.setLevel(Level.DEBUG);
        root.addAppender(log);
        Map<String, String> settings;
        List<String> spans;
        try (RecordingVendor vendor = new RecordingVendor();
                Collector collector = new Collector()) {
            define(providers, vendor);
            String password = secrets.mark("dashboard password");
            Map<String, String> given = new HashMap<>(Map.of(
                    "LATCHKEY_PROVIDERS_DIR",
                    providers.toString(),
                    "LATCHKEY_EGRESS_ALLOW",
                    "localhost,127.0.0.1," + vendor.host(),
                    "LATCHKEY_FLOW_RATE_LIMIT",
                    "off",
                    "LATCHKEY_RATE_LIMIT",
                    "off",
                    "LATCHKEY_DASHBOARD_PASSWORD",
                    password,
                    "LATCHKEY_OIDC_ISSUER",
                    vendor.address(),
                    "LATCHKEY_OIDC_CLIENT_ID",
                    "members",
                    "LATCHKEY_OIDC_CLIENT_SECRET",
                    secrets.mark("client secret of the sign-in")));
            given.put("LATCHKEY_OTLP_ENDPOINT", collector.endpoint());
            given.put("LATCHKEY_OTLP_HEADERS", "authorization=" + secrets.mark("key of the collector"));
            given.put("LATCHKEY_TRACE_VENDORS", "true");
            try (Latchkey latchkey = Latchkey.start(given)) {
                settings = latchkey.settings;
                secrets.add(latchkey.key, "API key");
                secrets.add(latchkey.accountKey, "account key");
                secrets.add(latchkey.prodKey(), "API key of prod");
                everyKind(latchkey);
                peculiarVendor(latchkey, vendor);
                everyRoute(latchkey);
                everyAction(latchkey, password);
                everyEntrance(latchkey);
                exportAndImport(latchkey);
            }
            // Stopping sent the rest.
            spans = collector.texts();
            assertThat(collector.spans()).hasSizeGreaterThan(500);
        } finally {
            root.detachAppender(log);
            root.setLevel(before);
        }

        assertThat(secrets.count()).isGreaterThan(200);
        List<String> found = new ArrayList<>();
        for (MarkedSecrets all : List.of(secrets, passing)) {
            found.addAll(all.in("the database", everyRow(settings.getOrDefault("LATCHKEY_DATABASE_URL", ""))));
            found.addAll(all.in("the data directory", everyFile(settings.getOrDefault("LATCHKEY_DATA_DIR", ""))));
            found.addAll(all.in(
                    "the log", log.list.stream().map(SecretScanTest::line).toList()));
            found.addAll(all.in("an error", errors));
            found.addAll(all.in("traces and metrics", spans));
        }
        found.addAll(secrets.in("an address", addresses));
        found.addAll(secrets.in(
                "the settings", List.of(Configuration.fromEnvironment(settings).toString())));
        assertThat(found).isEmpty();
    }

    private static String line(ILoggingEvent event) {
        return event.getLoggerName() + " " + event.getFormattedMessage() + " "
                + (event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }

    private HttpResponse<String> keep(HttpResponse<String> response) {
        if (response.statusCode() >= 400) {
            errors.add(response.body() + response.headers().map());
        }
        response.headers().firstValue("Location").ifPresent(addresses::add);
        return response;
    }

    // ----- Kinds -----

    private void everyKind(Latchkey latchkey) {
        EveryKind kinds = new EveryKind(latchkey);
        Set<Class<?>> walked = new HashSet<>();
        for (Journey journey : EveryKind.journeys()) {
            Provider provider = EveryKind.provider(journey.provider());
            String key = journey.key();
            kinds.integrate(journey);
            secrets.addFrom(
                    latchkey.call("GET", "/integrations/" + key + "?include=credentials", "", 200),
                    key + " integration");
            // Databases are servers of their own.
            if (Lab.plays(provider)) {
                LabFlow flow = kinds.flow(journey);
                typed(provider, flow.account(), key);
                if (!journey.throughABrowser()
                        && journey.way() == EveryKind.Way.OF_ITS_KIND
                        && typesSecrets(provider)) {
                    keep(flow.direct(session(latchkey, key), wrong(flow.account())));
                }
            }
            String name = "scanned-" + key;
            connect(latchkey, kinds, journey, session(latchkey.sessionNamed(name, key)));
            use(latchkey, key, name);
            HttpResponse<String> again = latchkey.send(
                    "POST",
                    "/connect/sessions/reconnect",
                    "{\"connection_id\": \"" + name + "\", \"integration_id\": \"" + key
                            + "\", \"end_user\": {\"id\": \"u1\"}}");
            assertThat(again.statusCode()).as(key + again.body()).isEqualTo(201);
            connect(
                    latchkey,
                    kinds,
                    journey,
                    session(Json.MAPPER.readTree(again.body()).at("/data/token").asString()));
            fail(latchkey, provider.id(), key, name);
            latchkey.call("DELETE", "/connections/" + name + "?provider_config_key=" + key, "", 200);
            walked.add(provider.auth().getClass());
        }
        assertThat(walked).isEqualTo(EveryKind.kinds());
    }

    private String session(Latchkey latchkey, String key) {
        return session(latchkey.session(key));
    }

    private String session(String token) {
        passing.add(token, "session token");
        return token;
    }

    /** What users type: the definition says which of it is secret. */
    private void typed(Provider provider, JsonNode account, String key) {
        Set<String> open = provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.CONNECTION)
                .map(field -> account.path(field.id()).asString(""))
                .collect(Collectors.toSet());
        provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.SECRET || field.scope() == Field.Scope.ONCE)
                .filter(field -> !open.contains(account.path(field.id()).asString("")))
                .forEach(field -> secrets.add(account.path(field.id()).asString(""), key + " " + field.id()));
    }

    private static boolean typesSecrets(Provider provider) {
        return provider.auth().facts().holdsStaticSecret()
                || provider.fields().values().stream().anyMatch(field -> field.scope() == Field.Scope.SECRET);
    }

    private JsonNode wrong(JsonNode account) {
        ObjectNode wrong = (ObjectNode) account.deepCopy();
        List.copyOf(wrong.propertyNames())
                .forEach(name -> wrong.put(name, wrong.path(name).asString("") + secrets.mark("wrong" + name)));
        return wrong;
    }

    private void connect(Latchkey latchkey, EveryKind kinds, Journey journey, String session) {
        if (!journey.throughABrowser()) {
            HttpResponse<String> end = keep(kinds.connect(journey, session));
            assertThat(end.statusCode()).as(journey + end.body()).isEqualTo(200);
            return;
        }
        LabUser user = new LabUser();
        HttpResponse<String> begun = keep(user.get(kinds.flow(journey).start(session)));
        URI callback = user.decide(LabUser.location(begun), "allow");
        LabUser.query(callback).forEach((name, value) -> {
            if (name.matches("code|state|oauth_token|oauth_verifier")) {
                passing.add(value, journey.key() + " " + name);
            }
        });
        HttpResponse<String> end = keep(user.get(callback));
        assertThat(end.statusCode()).as(journey + end.body()).isEqualTo(200);
    }

    private void use(Latchkey latchkey, String key, String name) {
        String path = "/connections/" + name + "?refresh_token=true&provider_config_key=" + key;
        JsonNode connection = latchkey.call("GET", path, "", 200);
        secrets.addFrom(connection.path("credentials"), key + " credentials");
        HttpResponse<String> forced = keep(latchkey.send("GET", path + "&force_refresh=true", ""));
        secrets.addFrom(Json.MAPPER.readTree(forced.body()).path("credentials"), key + " refreshed");
        keep(latchkey.send("GET", "/proxy/me", "", Map.of("Provider-Config-Key", key, "Connection-Id", name)));
    }

    /** The vendor ends it, and then is broken itself. */
    private void fail(Latchkey latchkey, String provider, String key, String name) {
        latchkey.send("POST", "/lab/api/" + provider + "/revoke", "");
        String path = "/connections/" + name + "?provider_config_key=" + key;
        keep(latchkey.send("GET", path + "&force_refresh=true", ""));
        latchkey.send("POST", "/lab/api/" + provider + "/faults", "{\"kind\": \"garbage\", \"count\": 2}");
        keep(latchkey.send("POST", "/connections/" + name + "/refresh?provider_config_key=" + key, "{}"));
        keep(latchkey.send("GET", "/proxy/me", "", Map.of("Provider-Config-Key", key, "Connection-Id", name)));
        latchkey.send("DELETE", "/lab/api/" + provider + "/faults", "");
    }

    // ----- A vendor that repeats what it was sent -----

    private static void define(Path providers, RecordingVendor vendor) throws IOException {
        Files.writeString(providers.resolve("echo.yaml"), """
                id: echo
                name: Echo
                api_docs: https://example.com/docs
                auth:
                  kind: oauth2_code
                  authorize: { url: "VENDOR/authorize" }
                  device: { url: "VENDOR/device" }
                  exchange: { url: "VENDOR/token" }
                  refresh: { url: "VENDOR/refresh" }
                api: { base: "VENDOR" }
                """.replace("VENDOR", vendor.address()));
        Files.writeString(providers.resolve("echo-one.yaml"), """
                id: echo-one
                name: Echo One
                api_docs: https://example.com/docs
                auth:
                  kind: oauth1
                  request: { url: "VENDOR/request", method: POST }
                  authorize: { url: "VENDOR/one" }
                  access: { url: "VENDOR/access", method: POST }
                  signature: HMAC-SHA1
                api: { base: "VENDOR", sign: oauth1 }
                """.replace("VENDOR", vendor.address()));
    }

    private void peculiarVendor(Latchkey latchkey, RecordingVendor vendor) {
        for (String kind : List.of("echo", "echo-one")) {
            latchkey.call(
                    "POST",
                    "/integrations",
                    """
                    {"provider": "%1$s", "unique_key": "%1$s", "custom": {"device_flow": "true"},
                     "credentials": {"type": "%2$s", "client_id": "client", "client_secret": "%3$s"}}""".formatted(
                            kind, kind.equals("echo") ? "OAUTH2" : "OAUTH1", secrets.mark("client secret of " + kind)),
                    200);
        }
        String refresh = secrets.mark("refresh token");
        vendor.json(
                "/token",
                "{\"access_token\": \"%s\", \"refresh_token\": \"%s\", \"id_token\": \"%s\", \"expires_in\": 3600}"
                        .formatted(secrets.mark("access token"), refresh, secrets.mark("ID token")));
        callBack(latchkey, "echo", "code", "state");
        String verifier = form(vendor.asked("/token").getFirst().body()).getOrDefault("code_verifier", "");
        assertThat(verifier).hasSizeGreaterThan(40);
        secrets.add(verifier, "PKCE verifier");
        // Some vendors say what they did not like.
        vendor.respond(
                "/refresh",
                400,
                "application/json",
                "{\"error\": \"invalid_grant\", \"error_description\": \"No grant for %s\"}".formatted(refresh));
        for (int i = 0; i < 2; i++) {
            keep(latchkey.send("GET", "/connections/vendor-echo?provider_config_key=echo&force_refresh=true", ""));
        }

        vendor.json("/device", """
                {"device_code": "%s", "user_code": "ABCD-EFGH", "verification_uri": "https://example.com/device", "interval": 1, "expires_in": 600}""".formatted(secrets.mark("device code")));
        String session = session(latchkey, "echo");
        HttpResponse<String> begun =
                keep(latchkey.sendAs("", "POST", "/oauth2/device/echo?connect_session_token=" + session, "{}"));
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(200);
        keep(latchkey.sendAs(
                "",
                "POST",
                "/oauth2/device/echo/look?connect_session_token=" + session,
                "{\"flow\": \""
                        + Json.MAPPER.readTree(begun.body()).path("flow").asString() + "\"}"));

        String requestToken = passing.mark("request token");
        vendor.respond(
                "/request",
                200,
                "application/x-www-form-urlencoded",
                "oauth_token=" + requestToken + "&oauth_token_secret=" + secrets.mark("request token secret")
                        + "&oauth_callback_confirmed=true");
        vendor.respond(
                "/access",
                200,
                "application/x-www-form-urlencoded",
                "oauth_token=" + secrets.mark("OAuth 1 token") + "&oauth_token_secret="
                        + secrets.mark("OAuth 1 token secret"));
        callBack(latchkey, "echo-one", "oauth_verifier", "oauth_token");
        keep(latchkey.send(
                "GET", "/proxy/me", "", Map.of("Provider-Config-Key", "echo-one", "Connection-Id", "vendor-echo-one")));
    }

    /** @param carrying what the vendor's page hands back of its own address */
    private void callBack(Latchkey latchkey, String key, String code, String carrying) {
        LabUser user = new LabUser();
        HttpResponse<String> begun = keep(user.get(URI.create(latchkey.address + "/oauth/connect/" + key
                + "?connect_session_token=" + session(latchkey.sessionNamed("vendor-" + key, key)))));
        String carried = LabUser.query(LabUser.location(begun)).getOrDefault(carrying, "");
        passing.add(carried, key + " " + carrying);
        HttpResponse<String> end = keep(user.get(URI.create(latchkey.address + "/oauth/callback?" + carrying + "="
                + carried + "&" + code + "=" + passing.mark(code))));
        assertThat(end.statusCode()).as(end.body()).isEqualTo(200);
    }

    private static Map<String, String> form(String body) {
        Map<String, String> found = new HashMap<>();
        for (String pair : body.split("&")) {
            String[] parts = pair.split("=", 2);
            found.put(
                    URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                    parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
        }
        return found;
    }

    // ----- Routes, actions, entrances -----

    private void everyRoute(Latchkey latchkey) {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "scan");
        secrets.add(world.fullKey, "made key");
        String key = world.keyWith(List.of(Scopes.EVERYTHING, Scopes.WRITE_KEYS, Scopes.ACCOUNT));
        secrets.add(key, "made key");
        List<Router.Declared> routes = new ArrayList<>(latchkey.routes());
        routes.sort(Comparator.comparing(route -> route.method().equals("DELETE")));
        for (Router.Declared route : routes) {
            for (RouteCalls.Call call : RouteCalls.of(route, world)) {
                boolean flow = route.openTo() == Router.OpenTo.FLOW;
                HttpResponse<String> response = call.headers().isEmpty()
                        ? latchkey.sendAs(
                                flow ? "" : "Bearer " + key,
                                call.method(),
                                flow
                                        ? call.path() + (call.path().contains("?") ? "&" : "?")
                                                + "connect_session_token=" + world.session
                                        : call.path(),
                                call.body())
                        : latchkey.send(call.method(), call.path(), "", call.headers());
                keep(response);
                keep(latchkey.sendAs("Bearer " + secrets.mark("unknown key"), call.method(), call.path(), call.body()));
            }
            called.add(route.method() + " " + route.path());
        }
        incoming(latchkey, world);
        take(world);
    }

    /** A provider's webhook, as it is signed, and signed by another secret. */
    private void incoming(Latchkey latchkey, MarkedWorld world) {
        for (String secret : List.of(world.mark("webhook-secret"), secrets.mark("webhook secret of another"))) {
            String body = "{\"action\": \"ping\"}";
            latchkey.send(
                    "POST",
                    "/webhook/" + world.environmentId + "/" + world.key("gh"),
                    body,
                    Map.of("X-Hub-Signature-256", "sha256=" + hmac(secret, body), "Content-Type", "application/json"));
        }
    }

    private static String hmac(String key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.GeneralSecurityException e) {
            throw new AssertionError("every JDK has it", e);
        }
    }

    private void everyAction(Latchkey latchkey, String password) {
        Visitor owner = Visitor.signedIn(latchkey, password);
        owner.cookieValues().forEach(cookie -> secrets.add(cookie, "cookie"));
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "pages");
        List<DashboardRoute> routes = new ArrayList<>(latchkey.dashboardRoutes());
        routes.sort(
                Comparator.comparing((DashboardRoute route) -> route.method().equals("POST"))
                        .thenComparing(route -> route.path().matches(".*/(delete|remove)"))
                        .thenComparing(route -> route.path().endsWith("/sign-out")));
        for (DashboardRoute route : routes) {
            String path = DashboardRightsTest.path(route, world);
            if (route.path().endsWith("/live")) {
                assertThat(owner.status(path)).isEqualTo(200);
            } else {
                keep(
                        route.method().equals("GET")
                                ? owner.get(path)
                                : owner.post(path, DashboardRightsTest.form(route.path(), world)));
            }
            called.add(route.method() + " " + route.path());
        }
        take(world);
    }

    /** The one that is put into a column by SQL, as by an older version, is in the clear on purpose. */
    private void take(MarkedWorld world) {
        world.marks().stream().filter(mark -> !mark.endsWith("-late")).forEach(mark -> secrets.add(mark, "world"));
    }

    /** Whatever else is registered gets secrets wherever a request has room for one. */
    private void everyEntrance(Latchkey latchkey) {
        Set<String> left = new TreeSet<>();
        for (Doors.Door door : latchkey.entrances()) {
            String name = door.method() + " " + door.path();
            if (door.path().startsWith("/lab") || called.contains(name)) {
                continue;
            }
            left.add(name);
            String path = door.path().equals("*") ? "/no/such" : door.path().replaceAll("\\{[^}]*}|\\*", "x");
            for (String method : door.method().equals("ANY") ? List.of("GET", "POST") : List.of(door.method())) {
                String query = "?code=" + passing.mark("code") + "&state=" + passing.mark("state") + "&token="
                        + passing.mark("token") + "&connect_session_token=" + passing.mark("session token");
                latchkey.send(
                        method,
                        path + query,
                        method.equals("GET")
                                ? ""
                                : "password=" + secrets.mark("password") + "&token=" + secrets.mark("token"),
                        Map.of("Cookie", "latchkey-dashboard=" + secrets.mark("cookie")));
            }
        }
        assertThat(left).hasSizeGreaterThan(20).contains("GET /oauth/callback", "POST /dashboard/sign-in");
    }

    private void exportAndImport(Latchkey latchkey) throws IOException {
        // Those whose refresh fails cannot be exported.
        for (String suffix : List.of("scan", "pages")) {
            latchkey.call("DELETE", "/connections/f1-" + suffix + "?provider_config_key=gh-" + suffix, "", 200);
        }
        Path file = folder.resolve("all.latchkey");
        Path passphrase = Files.writeString(folder.resolve("passphrase"), secrets.mark("passphrase"));
        for (String command : List.of("export", "import")) {
            StringWriter printed = new StringWriter();
            int status = LatchkeyCommand.line(Map.of())
                    .setOut(new PrintWriter(printed, true))
                    .setErr(new PrintWriter(printed, true))
                    .execute(
                            command,
                            file.toString(),
                            "--passphrase-file",
                            passphrase.toString(),
                            "--host",
                            latchkey.address.toString(),
                            "--key",
                            latchkey.key);
            assertThat(status).as(printed.toString()).isZero();
            errors.add(printed.toString());
        }
        errors.add(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
    }

    // ----- Where they must not be -----

    /** The key that encrypts is in a file of its own, which is the point of it. */
    private static List<String> everyFile(String directory) throws IOException {
        List<String> texts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of(directory))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                texts.add(file + " " + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        return texts;
    }

    private static List<String> everyRow(String url) throws SQLException {
        DatabaseAddress address = DatabaseAddress.parse(url);
        List<String> rows = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(
                        address.jdbcUrl(), address.user(), address.password().reveal());
                Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet names = statement.executeQuery("""
                    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition""")) {
                while (names.next()) {
                    tables.add(names.getString(1));
                }
            }
            assertThat(tables)
                    .contains("connections", "integrations", "timeline", "authorization_flows", "logs", "audit_log");
            for (String table : tables) {
                try (ResultSet all = statement.executeQuery("SELECT t::text FROM " + table + " t")) {
                    while (all.next()) {
                        rows.add(table + " " + all.getString(1));
                    }
                }
            }
        }
        return rows;
    }
}
