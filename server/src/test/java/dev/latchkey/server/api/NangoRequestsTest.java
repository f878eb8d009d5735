package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The requests of nango/requests.txt, each row of the comparison with Nango by its number and name: with Nango's status and code, or with
 * ours where docs/nango.md says why they differ.
 */
class NangoRequestsTest {
    private static final String HELD = "held by ";
    private static final String DIFFERS = "differs: ";
    private static final Pattern LETTERS = Pattern.compile("\\{x(\\d+)}");
    private static final Map<String, String> CALL = Map.of("Provider-Config-Key", "gh", "Connection-Id", "c1");
    private static Latchkey latchkey;
    private static String session;
    /** A session of all integrations. */
    private static String any;

    private static String reader;
    private static String environment;

    @BeforeAll
    static void start() {
        latchkey = NangoWorld.start();
        latchkey.call("POST", "/providers", """
                {"id": "lone", "name": "Lone", "api_docs": "https://developers.acme.example", "auth": {"kind": "basic"}, "verify": "none",
                 "fields": {"username": {"scope": "secret"}, "password": {"scope": "secret"}},
                 "api": {"base": "https://api.acme.example"}}""", 201);
        latchkey.call("POST", "/providers", """
                {"id": "own-oauth", "name": "Own", "api_docs": "https://developers.acme.example",
                 "auth": {"kind": "oauth2_code", "authorize": {"url": "https://login.acme.example/authorize"},
                          "exchange": {"url": "https://login.acme.example/token"}},
                 "api": {"base": "https://api.acme.example"}}""", 201);
        latchkey.call("POST", "/integrations", "{\"provider\": \"lone\", \"unique_key\": \"lone\"}", 200);
        reader = latchkey.keyWith("environment:connections:read");
        environment =
                latchkey.call("GET", "/environment", "", 200).at("/data/id").asString();
        latchkey.labIntegration("netsuite-tba", "tba");
        latchkey.labIntegration("bill", "bill");
        latchkey.labIntegration("paypal-cc", "cc");
        latchkey.labIntegration("perimeter81", "two");
        latchkey.labIntegration("ghost-admin", "jwt");
        latchkey.call("POST", "/integrations", """
                {"provider": "aws", "unique_key": "aws", "lab": true, "custom": {"auth_mode": "AWS_SIGV4"}}""", 200);
        session = latchkey.session("gh", "basic", "none");
        any = latchkey.call("POST", "/connect/sessions", "{\"end_user\": {\"id\": \"u1\"}}", 201)
                .at("/data/token")
                .asString();
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** @param sender how, if not with the environment's key */
    private record Asked(String method, String path, String sender, String body, int status, String part) {
        static Asked parse(String line) {
            List<String> cells =
                    Stream.of(line.split(" \\| ")).map(String::strip).toList();
            boolean plain = cells.size() == 5;
            String body = filled(cells.get(cells.size() - 3));
            return new Asked(
                    cells.get(0),
                    filled(cells.get(1)).replace("[", "%5B").replace("]", "%5D"),
                    plain ? "" : filled(cells.get(2)),
                    body.equals("-") ? "" : body,
                    Integer.parseInt(cells.get(cells.size() - 2)),
                    cells.getLast().equals("-") ? "" : cells.getLast());
        }

        private static String filled(String cell) {
            return LETTERS.matcher(cell.replace("{session}", "connect_session_token=" + session)
                            .replace("{any}", "connect_session_token=" + any)
                            .replace("{token}", session)
                            .replace("{now}", Instant.now().toString())
                            .replace("{environment}", environment))
                    .replaceAll(match -> "x".repeat(Integer.parseInt(match.group(1))));
        }

        HttpResponse<String> send() {
            return switch (sender.replaceFirst(" .*", "")) {
                case "" -> latchkey.send(method, path, body);
                case "as" -> latchkey.sendAs(authorization(sender.substring(3)), method, path, body);
                case "with" -> with(headers(Map.of(), sender.substring(5)));
                case "call" -> latchkey.send(method, path, body, headers(CALL, sender.substring(5)));
                default -> throw new IllegalArgumentException(sender);
            };
        }

        private HttpResponse<String> with(Map<String, String> headers) {
            if (headers.getOrDefault("Authorization", "-").isEmpty()) {
                headers.remove("Authorization");
                return latchkey.sendWith(headers, path, HttpRequest.BodyPublishers.ofString(body));
            }
            return headers.containsKey("Authorization")
                    ? latchkey.sendAs(headers.get("Authorization"), method, path, body)
                    : latchkey.send(method, path, body, headers);
        }

        private static String authorization(String who) {
            return switch (who) {
                case "reader" -> "Bearer " + reader;
                case "session" -> "Bearer " + session;
                case "account" -> "Bearer " + latchkey.accountKey;
                case "key alone" -> latchkey.key;
                case "nobody" -> "";
                default -> throw new IllegalArgumentException(who);
            };
        }

        private static Map<String, String> headers(Map<String, String> first, String more) {
            Map<String, String> all = new HashMap<>(first);
            all.put("Content-Type", "application/json");
            Stream.of(more.split("; "))
                    .map(one -> one.split(": ?", 2))
                    .forEach(one -> all.put(one[0], one.length > 1 ? one[1] : ""));
            return all;
        }
    }

    private static Map<String, List<String>> sections() throws IOException {
        Map<String, List<String>> sections = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("src/test/resources/nango/requests.txt"))) {
            if (line.startsWith("# ")) {
                lines = sections.computeIfAbsent(line.substring(2), title -> new ArrayList<>());
            } else if (!line.isBlank()) {
                lines.add(line);
            }
        }
        return sections;
    }

    /** In the file's order: some requests are about what an earlier one stored. */
    @TestFactory
    Stream<DynamicTest> respondsWithNangosStatusAndCode() throws IOException {
        return sections().entrySet().stream()
                .flatMap(section -> section.getValue().stream()
                        .filter(line -> !line.startsWith(HELD))
                        .map(line -> DynamicTest.dynamicTest(section.getKey() + ": " + line, () -> {
                            Asked asked = Asked.parse(line);

                            HttpResponse<String> response = asked.send();

                            assertThat(response.statusCode())
                                    .as(response.body())
                                    .isEqualTo(asked.status());
                            assertThat(response.body()).contains(asked.part());
                        })));
    }

    @Test
    void everyRowOfTheComparisonIsHeldByARequestOrATest() throws IOException {
        Map<String, List<String>> sections = sections();

        List<String> numbers = Stream.of(
                        numbers("", 27),
                        numbers("codes ", 18),
                        numbers("A", 13),
                        numbers("w", 5),
                        Stream.of("same"),
                        numbers("also ", 21))
                .flatMap(all -> all)
                .toList();
        assertThat(sections.keySet().stream()
                        .filter(title -> !title.startsWith(DIFFERS))
                        .map(title -> title.substring(0, title.indexOf(':'))))
                .containsExactlyElementsOf(numbers);
        sections.forEach((title, lines) -> {
            assertThat(lines).as(title).isNotEmpty();
            lines.stream()
                    .filter(line -> line.startsWith(HELD))
                    .forEach(line -> assertThat(Path.of(
                                    "src/test/java/dev/latchkey/server/" + line.substring(HELD.length()) + ".java"))
                            .as(title)
                            .exists());
        });
    }

    /** Row by row, in its order. */
    @Test
    void whatDiffersOnPurposeIsInTheDocumentationAndNothingElse() throws IOException {
        List<String> rows = Files.readAllLines(Path.of("../docs/nango.md")).stream()
                .dropWhile(line -> !line.startsWith("| request | Nango | Latchkey | why |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("| "))
                .map(line -> line.substring(2, line.indexOf(" | ")))
                .toList();

        assertThat(sections().keySet().stream()
                        .filter(title -> title.startsWith(DIFFERS))
                        .map(title -> title.substring(DIFFERS.length())))
                .containsExactlyElementsOf(rows);
        assertThat(rows).hasSizeGreaterThan(20);
    }

    private static Stream<String> numbers(String prefix, int last) {
        return IntStream.rangeClosed(1, last).mapToObj(number -> prefix + number);
    }
}
