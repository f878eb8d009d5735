package dev.latchkey.server.monitoring;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The alerts and the dashboard in {@code packaging} against what {@code /metrics} returns after a read, refreshes that end in every way, a
 * webhook and proxied calls: every metric, every label and every value that they name exists.
 */
class MonitoringFilesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path ALERTS = Path.of("../packaging/prometheus/alerts.yaml");
    private static final Path DASHBOARD = Path.of("../packaging/grafana/latchkey.json");
    private static final Path GUIDE = Path.of("../docs/operations.md");

    private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-z_:][a-z0-9_:]*)(?:\\{(.*)})? \\S+$");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(=~|!~|!=|=)\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern BY = Pattern.compile("\\b(?:by|without|on|ignoring) \\(([^)]*)\\)");
    private static final Pattern SELECTOR =
            Pattern.compile("\\b([a-z_][a-z0-9_]*)\\b(?!\\s*\\()(?:\\{((?:[^}\"]|\"[^\"]*\")*)})?(?:\\[[^]]*])?");
    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset");
    /** Given by Prometheus to each target, not by the target. */
    private static final Set<String> OF_THE_TARGET = Set.of("job", "instance");

    private static final Map<String, List<Map<String, String>>> METRICS = new HashMap<>();

    @BeforeAll
    static void scrape() {
        try (Receiver receiver = new Receiver();
                Latchkey latchkey = Latchkey.start(Map.of(
                        "LATCHKEY_METRICS", "open",
                        "LATCHKEY_REFRESH_AHEAD", "false",
                        "LATCHKEY_EGRESS_ALLOW", receiver.host()))) {
            work(latchkey, receiver);
            SAMPLE.matcher(latchkey.sendAs("", "GET", "/metrics", "").body())
                    .results()
                    .forEach(sample -> {
                        Map<String, String> labels = new HashMap<>();
                        LABEL.matcher(sample.group(2) == null ? "" : sample.group(2))
                                .results()
                                .forEach(label -> labels.put(label.group(1), label.group(3)));
                        METRICS.computeIfAbsent(sample.group(1), name -> new ArrayList<>())
                                .add(labels);
                    });
        }
        METRICS.put("up", List.of(Map.of()));
    }

    private static void work(Latchkey latchkey, Receiver receiver) {
        latchkey.call("POST", "/environment/webhooks", "{\"url\": \"" + receiver.url("/hooks") + "\"}", 201);
        latchkey.labIntegration("github", "gh");
        URI start = latchkey.address.resolve(
                "/oauth/connect/gh?connect_session_token=" + latchkey.sessionNamed("c1", "gh"));
        assertThat(new LabUser().connect(start).statusCode()).isEqualTo(200);
        String refresh = "/connections/c1?provider_config_key=gh&force_refresh=true";
        latchkey.call("GET", refresh, "", 200);
        fault(latchkey, "{\"kind\": \"server_error\", \"count\": 1, \"on\": \"token\"}");
        latchkey.call("GET", refresh, "", 200);
        Map<String, String> proxied = Map.of("Provider-Config-Key", "gh", "Connection-Id", "c1");
        assertThat(latchkey.send("GET", "/proxy/user", "", proxied).statusCode())
                .isEqualTo(200);
        fault(latchkey, "{\"kind\": \"too_many_requests\", \"count\": 1, \"on\": \"api\", \"retry_after\": 500}");
        assertThat(latchkey.send("GET", "/proxy/user", "", proxied).statusCode())
                .isEqualTo(429);
        // What is sent to a vendor whose limit is reached would have to wait for longer than calls do.
        assertThat(latchkey.send("GET", "/proxy/user", "", proxied).statusCode())
                .isEqualTo(429);
        latchkey.labIntegration("hubspot", "hs");
        assertThat(new LabUser()
                        .connect(latchkey.address.resolve(
                                "/oauth/connect/hs?connect_session_token=" + latchkey.sessionNamed("c2", "hs")))
                        .statusCode())
                .isEqualTo(200);
        latchkey.call("PATCH", "/integrations/hs", """
                {"credentials": {"type": "OAUTH2", "client_id": "nobody-knows-it", "client_secret": "typed-badly"}}""", 200);
        latchkey.send("GET", "/connections/c2?provider_config_key=hs&force_refresh=true", "");
        latchkey.call("POST", "/lab/api/github/revoke", "{}", 200);
        assertThat(latchkey.send("GET", refresh, "").statusCode()).isEqualTo(400);
        latchkey.sql("ALTER TABLE webhook_endpoints RENAME TO hidden");
        assertThat(latchkey.send("GET", "/environment/webhooks", "").statusCode())
                .isEqualTo(500);
        latchkey.sql("ALTER TABLE hidden RENAME TO webhook_endpoints");
        await().atMost(PATIENCE)
                .until(() -> !receiver.requests().isEmpty()
                        && latchkey.sendAs("", "GET", "/metrics", "")
                                .body()
                                .contains("latchkey_deliveries_seconds_count"));
    }

    private static void fault(Latchkey latchkey, String fault) {
        latchkey.call("POST", "/lab/api/github/faults", fault, 200);
    }

    private static List<JsonNode> alerts() throws IOException {
        List<JsonNode> rules = new ArrayList<>();
        YAMLMapper.shared()
                .readTree(Files.readString(ALERTS))
                .path("groups")
                .forEach(group -> group.path("rules").forEach(rules::add));
        assertThat(rules).hasSizeGreaterThan(10);
        return rules;
    }

    /** What an expression names that is not there. */
    private static List<String> missing(String expression) {
        List<String> missing = new ArrayList<>();
        Set<String> grouped = new TreeSet<>();
        BY.matcher(expression)
                .results()
                .forEach(by -> grouped.addAll(List.of(by.group(1).split("\\s*,\\s*"))));
        String rest = BY.matcher(expression).replaceAll("");
        Set<String> labels = new TreeSet<>(OF_THE_TARGET);
        int selectors = 0;
        for (var selector : SELECTOR.matcher(rest).results().toList()) {
            String name = selector.group(1);
            if (WORDS.contains(name) || isWithin(rest, selector.start())) {
                continue;
            }
            selectors++;
            List<Map<String, String>> samples = METRICS.getOrDefault(name, List.of());
            if (samples.isEmpty()) {
                missing.add("no metric " + name);
            }
            samples.forEach(sample -> labels.addAll(sample.keySet()));
            LABEL.matcher(selector.group(2) == null ? "" : selector.group(2))
                    .results()
                    .filter(label -> !OF_THE_TARGET.contains(label.group(1)))
                    .filter(label -> samples.stream()
                            .noneMatch(sample -> label.group(2).equals("=")
                                    ? label.group(3).equals(sample.get(label.group(1)))
                                    : sample.containsKey(label.group(1))))
                    .forEach(label -> missing.add("no " + label.group() + " of " + name));
        }
        grouped.stream()
                .filter(label -> !labels.contains(label))
                .forEach(label -> missing.add("no label " + label + " to group by"));
        if (selectors == 0) {
            missing.add("no metric in it");
        }
        return missing;
    }

    /** In a text, or in braces or brackets. */
    private static boolean isWithin(String expression, int at) {
        String before = expression.substring(0, at);
        return before.lastIndexOf('{') > before.lastIndexOf('}') || before.lastIndexOf('[') > before.lastIndexOf(']');
    }

    private static List<String> problems(Map<String, String> expressions) {
        return expressions.entrySet().stream()
                .flatMap(one -> missing(one.getValue()).stream().map(what -> one.getKey() + ": " + what))
                .toList();
    }

    @Test
    void everyAlertIsOnMetricsThatExist() throws IOException {
        Map<String, String> expressions = new HashMap<>();
        alerts().forEach(rule ->
                expressions.put(rule.path("alert").asString(), rule.path("expr").asString()));

        assertThat(problems(expressions)).isEmpty();
    }

    @Test
    void everyPanelIsOnMetricsThatExist() throws IOException {
        Map<String, String> expressions = new HashMap<>();
        JsonNode dashboard = Json.MAPPER.readTree(Files.readString(DASHBOARD));
        dashboard
                .path("panels")
                .forEach(panel -> panel.path("targets")
                        .forEach(target -> expressions.put(
                                panel.path("title").asString() + " "
                                        + target.path("refId").asString(),
                                target.path("expr").asString())));
        dashboard.at("/templating/list").forEach(variable -> {
            String query = variable.at("/query/query").asString("");
            if (!query.isEmpty()) {
                expressions.put("$" + variable.path("name").asString(), query.replaceFirst(",[^,]*\\)$", ")"));
            }
        });

        assertThat(expressions).hasSizeGreaterThan(20);
        assertThat(problems(expressions)).isEmpty();
    }

    @Test
    void theCheckFindsWhatDoesNotExist() {
        assertThat(missing("sum by (provider) (rate(latchkey_refresh_seconds_count[5m]))"))
                .contains("no metric latchkey_refresh_seconds_count");
        assertThat(missing("latchkey_problem{code=\"disc_full\"} == 1"))
                .containsExactly("no code=\"disc_full\" of latchkey_problem");
        assertThat(missing("sum by (vendor) (latchkey_refreshes_running)"))
                .containsExactly("no label vendor to group by");
        assertThat(missing("1 > 0")).containsExactly("no metric in it");
    }

    /** The anchor as GitHub and most renderers make it of a heading. */
    @Test
    void everyAlertHasItsRunbookAndEveryRunbookItsAlert() throws IOException {
        List<String> names =
                alerts().stream().map(rule -> rule.path("alert").asString()).toList();
        Set<String> runbooks = Files.readString(GUIDE)
                .lines()
                .filter(line -> line.startsWith("#### Latchkey"))
                .map(line -> line.substring("#### ".length()))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(names).doesNotHaveDuplicates();
        assertThat(runbooks).containsExactlyInAnyOrderElementsOf(names);
        for (JsonNode rule : alerts()) {
            String name = rule.path("alert").asString();
            assertThat(rule.at("/annotations/runbook_url").asString())
                    .isEqualTo("https://latchkey.dev/docs/operations#" + name.toLowerCase(Locale.ROOT));
            assertThat(rule.at("/annotations/summary").asString()).as(name).isNotEmpty();
            assertThat(rule.at("/annotations/description").asString()).as(name).endsWith(".");
            assertThat(rule.at("/labels/severity").asString()).as(name).isIn("critical", "warning");
            assertThat(rule.path("for").asString()).as(name).matches("\\d+m");
        }
    }

    @Test
    void everyProblemThatANodeReportsHasAnAlert() throws IOException {
        Set<String> alerted = new TreeSet<>();
        alerts().forEach(rule -> Pattern.compile("code=\"([a-z_]+)\"")
                .matcher(rule.path("expr").asString())
                .results()
                .forEach(code -> alerted.add(code.group(1))));

        assertThat(METRICS.getOrDefault("latchkey_problem", List.of()).stream().map(labels -> labels.get("code")))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(alerted);
    }
}
