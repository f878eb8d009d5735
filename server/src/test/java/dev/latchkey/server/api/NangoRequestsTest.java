package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    private static Latchkey latchkey;
    private static String session;
    private static String reader;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.call("POST", "/integrations", """
                {"provider": "github", "unique_key": "gh", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
        latchkey.labIntegration("github", "other");
        latchkey.labIntegration("sendgrid", "mail");
        latchkey.labIntegration("unauthenticated", "none");
        latchkey.labIntegration("jira-basic", "basic");
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
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "at"}}""", 201);
        session = latchkey.session("gh", "basic", "none");
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
            String body = cells.get(cells.size() - 3).replace("{token}", session);
            return new Asked(
                    cells.get(0),
                    cells.get(1).replace("{session}", "connect_session_token=" + session),
                    plain ? "" : cells.get(2),
                    body.equals("-") ? "" : body,
                    Integer.parseInt(cells.get(cells.size() - 2)),
                    cells.getLast());
        }

        HttpResponse<String> send() {
            if (sender.isEmpty()) {
                return latchkey.send(method, path, body);
            }
            Map<String, String> call = Map.of("Provider-Config-Key", "gh", "Connection-Id", "c1");
            return switch (sender) {
                case "as reader" -> latchkey.sendAs("Bearer " + reader, method, path, body);
                case "as key alone" -> latchkey.sendAs(latchkey.key, method, path, body);
                case "retry on soon" -> latchkey.send(method, path, body, with(call, "Retry-On", "soon"));
                default -> latchkey.send(method, path, body, with(call, "Base-Url-Override", sender.substring(3)));
            };
        }

        private static Map<String, String> with(Map<String, String> headers, String name, String value) {
            Map<String, String> all = new HashMap<>(headers);
            all.put(name, value);
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
                        numbers("", 27), numbers("codes ", 18), numbers("A", 13), numbers("w", 5), Stream.of("same"))
                .flatMap(all -> all)
                .toList();
        assertThat(sections.keySet().stream().map(title -> title.substring(0, title.indexOf(':'))))
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

    private static Stream<String> numbers(String prefix, int last) {
        return IntStream.rangeClosed(1, last).mapToObj(number -> prefix + number);
    }
}
