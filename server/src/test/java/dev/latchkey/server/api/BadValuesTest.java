package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.api.RouteCalls.Call;
import dev.latchkey.server.http.OpenApi;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * D9: every member of every body, and every parameter in a query or a path, that the API's description names, with values that nothing
 * was made for. No response is a fault of the server, each refusal has the error's shape and a code of the contract, and stores nothing.
 * Generated from the description, {@code routes()} and a seed; as many as half a minute allows.
 */
@Tag("routes")
class BadValuesTest {
    private static final Duration LONGEST = Duration.ofSeconds(20);
    static final List<String> EVERYTHING = List.of(Scopes.EVERYTHING, Scopes.WRITE_KEYS, Scopes.ACCOUNT);
    private static final String LONG = "x".repeat(5_000);

    /** Of any type; a text with half of a surrogate pair can be written in JSON. */
    private static final List<String> JSON_VALUES = List.of(
            "null",
            "true",
            "0",
            "-1",
            "1.5",
            "1e400",
            "123456789012345678901234567890",
            "\"\"",
            "\" \"",
            "\"a\\u0000b\"",
            "\"\\ud83d\"",
            "\"\\udc00x\"",
            "\"\\u202e\\u2028\\ufeff\"",
            "\"-1\"",
            "\"+294277-01-01T00:00:00Z\"",
            "\"${secret.apiKey}\"",
            "\"" + LONG + "\"",
            "[]",
            "[null]",
            "[[[]]]",
            "[\"\\u0000\"]",
            "{}",
            "{\"a\": null}",
            "{\"\": {\"\\u0000\": \"x\"}}",
            "{\"__proto__\": {\"a\": [1]}}");

    private static final List<String> URL_VALUES = List.of(
            "",
            "%20",
            "%00",
            "%ED%A0%BD",
            "%FF",
            "%F0%9F%98%80",
            "-1",
            "99999999999999999999",
            "1e9",
            "null",
            "%5B%5D",
            "%7B%7D",
            "..%2F..%2Fetc",
            "a%2Fb",
            "a%0D%0Ab",
            "%27%20OR%201=1--",
            "x".repeat(300),
            "x".repeat(4_000));

    /** Nothing of it may change with a refusal; what changes by itself, as a refreshed connection does, is left out. */
    private static final String STORED = """
            SELECT (SELECT count(*) FROM connections)
                || ' ' || (SELECT count(*) || '/' || coalesce(max(updated_at)::text, '') FROM integrations)
                || ' ' || (SELECT count(*) FROM connect_sessions) || ' ' || (SELECT count(*) FROM environments)
                || ' ' || (SELECT count(*) FROM api_keys) || ' ' || (SELECT count(*) FROM own_providers)
                || ' ' || (SELECT count(*) FROM webhook_endpoints) || ' ' || (SELECT count(*) FROM members)
                || ' ' || (SELECT count(*) FROM refresh_jobs) || ' ' || (SELECT count(*) FROM brand_logos)""";

    private static Latchkey latchkey;
    private static Description description;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        description = Description.of(latchkey);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** @param place what is bad, and where; a failure names it */
    record Bad(Router.Declared route, Call call, String place) {
        /** Its responses have the vendor's status and shape. */
        boolean isOfVendor() {
            return route.path().startsWith("/proxy/");
        }

        /** Keys of another environment are named in the body. */
        String resuming() {
            ObjectNode body = (ObjectNode) Json.MAPPER.readTree(call.body());
            body.remove("reason");
            return body.toString();
        }
    }

    @Test
    void d9_noBadValueIsAFaultOrIsStored() {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("seed of BadValuesTest: " + seed + " (repeat with -Dseed=" + seed + ")");
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "bad");
        String key = world.keyWith(EVERYTHING);
        List<Bad> all = new ArrayList<>();
        latchkey.routes().forEach(route -> all.addAll(bad(route, world)));
        Collections.shuffle(all, new Random(seed));
        List<String> wrong = new ArrayList<>();
        Set<String> routes = new TreeSet<>();
        Map<String, Integer> refusals = new TreeMap<>();
        DatabaseAddress address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        Handle database = Jdbi.create(
                        address.jdbcUrl(), address.user(), address.password().reveal())
                .open();
        String stored = stored(database);
        long end = System.nanoTime() + LONGEST.toNanos();
        int sent = 0;

        for (Bad bad : all) {
            if (System.nanoTime() > end) {
                break;
            }
            sent++;
            routes.add(bad.route().method() + " " + bad.route().path());
            HttpResponse<String> response = send(latchkey, bad, key, world);
            String before = stored;
            stored = stored(database);
            problem(response, bad.isOfVendor(), before.equals(stored))
                    .ifPresent(what -> wrong.add(bad.place() + ": " + what));
            if (bad.route().path().endsWith("/pause") && response.statusCode() < 300) {
                // Everything else would be refused from now on.
                latchkey.sendAs(
                        "Bearer " + key, "POST", bad.call().path().replace("/pause", "/resume"), bad.resuming());
                stored = stored(database);
            }
            if (response.statusCode() >= 400 && !bad.isOfVendor()) {
                refusals.merge(code(response), 1, Integer::sum);
            }
        }

        database.close();
        System.out.println("BadValuesTest sent " + sent + " of " + all.size() + " requests: " + refusals);
        assertThat(wrong).as("seed " + seed).isEmpty();
        assertThat(sent).isGreaterThan(500);
        assertThat(routes).hasSizeGreaterThan(80);
        assertThat(refusals).containsKeys("invalid_body", "invalid_query_params", "invalid_uri_params");
    }

    private static String stored(Handle database) {
        return database.createQuery(STORED).mapTo(String.class).one();
    }

    private static Optional<String> problem(HttpResponse<String> response, boolean isOfVendor, boolean untouched) {
        int status = response.statusCode();
        String code = status < 400 ? "" : code(response);
        boolean fault = status >= 500 && !(status == 502 || status == 503 && code.equals("database_busy"));
        if (fault) {
            return Optional.of(status + " " + response.body());
        }
        if (isOfVendor) {
            return Optional.empty();
        }
        if (status >= 400 && !code.matches("[a-z][a-z0-9_]+")) {
            return Optional.of(status + " without the error's shape: " + response.body());
        }
        if (status >= 400 && !untouched) {
            return Optional.of(status + " " + code + ", and something was stored");
        }
        return Optional.empty();
    }

    static String code(HttpResponse<String> response) {
        try {
            return Json.MAPPER.readTree(response.body()).at("/error/code").asString("");
        } catch (RuntimeException e) {
            return "";
        }
    }

    static HttpResponse<String> send(Latchkey latchkey, Bad bad, String key, MarkedWorld world) {
        Call call = bad.call();
        String path = call.path();
        if (bad.route().openTo() == Router.OpenTo.FLOW) {
            path += (path.contains("?") ? "&" : "?") + "connect_session_token=" + world.session;
        }
        String bearer = bad.route().openTo() == Router.OpenTo.SESSION ? world.session : key;
        return call.headers().isEmpty()
                ? latchkey.sendAs("Bearer " + bearer, call.method(), path, call.body())
                : latchkey.send(call.method(), path, "", call.headers());
    }

    private static List<Bad> bad(Router.Declared route, MarkedWorld world) {
        // Each would end what the others need.
        boolean ends = route.method().equals("DELETE");
        List<Bad> bad = new ArrayList<>();
        Call base = RouteCalls.of(route, world).getFirst();
        for (ObjectNode operation : description.operations(route)) {
            if (!ends) {
                members(description.body(operation), List.of())
                        .forEach(path -> JSON_VALUES.forEach(value -> bad.add(inBody(route, base, path, value))));
            }
            JsonNode ofPath = description.json().path("paths").path(OpenApi.path(route.path()));
            Stream.concat(
                            operation.path("parameters").valueStream(),
                            ofPath.path("parameters").valueStream())
                    .map(description::followed)
                    .forEach(
                            parameter -> URL_VALUES.forEach(value -> bad.addAll(inUrl(route, base, parameter, value))));
        }
        return bad;
    }

    private static Bad inBody(Router.Declared route, Call base, List<String> path, String value) {
        ObjectNode body =
                base.body().isEmpty() ? Json.MAPPER.createObjectNode() : (ObjectNode) Json.MAPPER.readTree(base.body());
        ObjectNode at = body;
        for (String step : path.subList(0, path.size() - 1)) {
            at = at.get(step) instanceof ObjectNode there ? there : at.putObject(step);
        }
        at.put(path.getLast(), "THE VALUE");
        String text = body.toString().replace("\"THE VALUE\"", value);
        return new Bad(
                route,
                new Call(base.method(), base.path(), text, base.headers(), base.kind()),
                base.method() + " " + base.path() + ", " + String.join(".", path) + " = " + shortened(value));
    }

    private static List<Bad> inUrl(Router.Declared route, Call base, JsonNode parameter, String value) {
        String name = parameter.path("name").asString();
        List<String> paths = new ArrayList<>();
        String[] parts = base.path().split("\\?", 2);
        if (parameter.path("in").asString().equals("query")) {
            String others = parts.length == 1 ? "" : parts[1].replaceAll("(^|&)" + name + "=[^&]*", "");
            for (String spelled : List.of(name + "=", name + "%5B%5D=", name + "%5Ba%5D=")) {
                paths.add(parts[0] + "?" + others + "&" + spelled + value);
            }
        } else if (parameter.path("in").asString().equals("path") && !value.isEmpty()) {
            paths.add(segments(route, base.path(), name, value));
        }
        return paths.stream()
                .map(path -> new Bad(
                        route,
                        new Call(base.method(), path, base.body(), base.headers(), base.kind()),
                        base.method() + " " + shortened(path)))
                .toList();
    }

    /** The path with another value where the route has the parameter. */
    static String segments(Router.Declared route, String path, String name, String value) {
        String[] declared = route.path().split("/");
        String[] parts = path.split("\\?", 2);
        String[] given = parts[0].split("/");
        for (int i = 0; i < declared.length; i++) {
            if (declared[i].equals("{" + name + "}")) {
                given[i] = value;
            }
        }
        return String.join("/", given) + (parts.length == 1 ? "" : "?" + parts[1]);
    }

    private static List<List<String>> members(JsonNode reference, List<String> above) {
        JsonNode schema = description.followed(reference);
        List<List<String>> found = new ArrayList<>();
        for (String choice : List.of("allOf", "oneOf", "anyOf")) {
            schema.path(choice).forEach(part -> found.addAll(members(part, above)));
        }
        if (above.size() < 4) {
            schema.path("properties").properties().forEach(entry -> {
                List<String> path = new ArrayList<>(above);
                path.add(entry.getKey());
                found.add(path);
                found.addAll(members(entry.getValue(), path));
            });
        }
        return found.stream().distinct().toList();
    }

    static String shortened(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "... (" + text.length() + ")" : text;
    }
}
