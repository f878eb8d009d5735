package dev.latchkey.client.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import dev.latchkey.client.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request to the fake.
 *
 * @param steps the decoded parts of the path
 * @param headers names in lower case
 */
record FakeRequest(
        String method,
        URI target,
        List<String> steps,
        Map<String, String> query,
        Map<String, List<String>> headers,
        byte[] body) {

    static FakeRequest read(HttpExchange exchange) throws IOException {
        URI target = exchange.getRequestURI();
        Map<String, List<String>> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
        return new FakeRequest(
                exchange.getRequestMethod(),
                target,
                steps(target.getRawPath()),
                query(target),
                headers,
                exchange.getRequestBody().readAllBytes());
    }

    private static List<String> steps(String path) {
        List<String> steps = new ArrayList<>();
        for (String step : path.substring(1).split("/")) {
            steps.add(decode(step));
        }
        return steps;
    }

    static Map<String, String> query(URI target) {
        Map<String, String> query = new LinkedHashMap<>();
        String raw = target.getRawQuery();
        if (raw != null) {
            for (String one : raw.split("&")) {
                String[] parts = one.split("=", 2);
                query.put(decode(parts[0]), parts.length < 2 ? "" : decode(parts[1]));
            }
        }
        return query;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, UTF_8);
    }

    Optional<String> header(String name) {
        return headers.getOrDefault(name, List.of()).stream().findFirst();
    }

    Json json() {
        try {
            return Json.parse(new String(body, UTF_8));
        } catch (IllegalArgumentException e) {
            throw FakeFailure.of(400, "invalid_body", "The body is not JSON.");
        }
    }

    /** With a hole for each id: {@code GET /connections/{}}. */
    String operation() {
        String first = steps.get(0);
        boolean fixed = steps.size() < 2
                || first.equals("connect")
                || first.equals("environment")
                || (steps.size() == 2 && steps.get(1).equals("metadata"));
        String path = fixed
                ? String.join("/", steps)
                : first + "/{}" + (steps.size() > 2 ? "/" + String.join("/", steps.subList(2, steps.size())) : "");
        return method + " /" + path;
    }
}
