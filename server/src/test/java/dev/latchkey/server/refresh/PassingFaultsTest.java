package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.waiting.Awaiting;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What passes asks no user, whatever came before it; what ends does, once; and nothing loops. */
class PassingFaultsTest {
    private static final String PAST = "2020-01-01T00:00:00Z";

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final List<Latchkey> nodes = new ArrayList<>();

    @AfterEach
    void stop() {
        nodes.forEach(Latchkey::close);
        vendor.close();
    }

    private Latchkey node(Map<String, String> more, String... auth) {
        Map<String, String> settings = new java.util.HashMap<>(vendor.settings(providers, auth));
        settings.putAll(more);
        Latchkey node = Latchkey.start(settings);
        nodes.add(node);
        vendor.integration(node, "v");
        return node;
    }

    private static JsonNode body(HttpResponse<String> response) {
        return dev.latchkey.server.json.Json.MAPPER.readTree(response.body());
    }

    private static HttpResponse<String> refresh(Latchkey node, String connection) {
        return node.send("POST", "/connections/" + connection + "/refresh?provider_config_key=v", "{}");
    }

    private static long events(Latchkey node, String event, String connection) {
        return node.count(
                "SELECT count(*) FROM timeline t JOIN connections c ON c.id = t.connection_id WHERE t.event = '" + event
                        + "' AND c.connection_id = '" + connection + "'");
    }

    /** What a vendor does at one refresh of a history. */
    private enum Step {
        /** 503. */
        AWAY,
        /** The connection ends without a response. */
        LOST,
        /** A firewall's refusal. */
        STRANGE,
        /** The operator's client is refused. */
        MISCONFIGURED,
        /** Two looks, two refusals: the only thing that asks a user. */
        REFUSED,
        /** A refusal that the second look does not find. */
        REFUSED_ONCE,
        GRANTED
    }

    private static void histories(List<Step> begun, int length, List<List<Step>> all) {
        if (begun.size() == length) {
            all.add(begun);
            return;
        }
        for (Step step : Step.values()) {
            List<Step> longer = new ArrayList<>(begun);
            longer.add(step);
            histories(List.copyOf(longer), length, all);
        }
    }

    @Test
    void inEveryHistoryOnlyTwoRefusalsInARowAskTheUser() throws Exception {
        List<List<Step>> histories = new ArrayList<>();
        histories(List.of(), 3, histories);
        Map<String, List<Optional<TokenVendor.Reply>>> script = new ConcurrentHashMap<>();
        vendor.instead = parameters -> {
            String name = parameters.getOrDefault("refresh_token", "rt--0").split("-")[1];
            List<Optional<TokenVendor.Reply>> replies = script.getOrDefault(name, List.of());
            if (replies.isEmpty()) {
                return Optional.empty();
            }
            script.put(name, replies.subList(1, replies.size()));
            return replies.getFirst();
        };
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < histories.size(); i++) {
                String name = "h" + i;
                List<Step> history = histories.get(i);
                vendor.connection(
                        node, "v", name, Instant.now().plus(Duration.ofHours(1)).toString());
                running.add(threads.submit(() -> play(node, name, history, script)));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
    }

    private void play(
            Latchkey node, String name, List<Step> history, Map<String, List<Optional<TokenVendor.Reply>>> script) {
        Optional<TokenVendor.Reply> invalidGrant =
                Optional.of(TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"));
        boolean refused = false;
        for (Step step : history) {
            script.put(
                    name,
                    switch (step) {
                        case AWAY -> List.of(Optional.of(TokenVendor.Reply.of(503, "{}")));
                        case LOST -> List.of(Optional.of(TokenVendor.LOST));
                        case MISCONFIGURED ->
                            List.of(Optional.of(TokenVendor.Reply.of(401, "{\"error\":\"invalid_client\"}")));
                        case STRANGE -> List.of(Optional.of(TokenVendor.Reply.of(403, "{\"message\":\"Forbidden\"}")));
                        case REFUSED -> List.of(invalidGrant, invalidGrant);
                        case REFUSED_ONCE -> List.of(invalidGrant);
                        case GRANTED -> List.of();
                    });

            HttpResponse<String> response = refresh(node, name);

            refused = step == Step.REFUSED || refused && step != Step.GRANTED;
            String kind = node.text(
                    "SELECT coalesce(failure_kind, 'none') FROM connections WHERE connection_id = '" + name + "'");
            // Refused of many at once, a vendor's word is doubted: then no connection is marked.
            if (!refused) {
                assertThat(kind)
                        .as("%s after %s: %s", name, history, response.body())
                        .isNotEqualTo("rejected");
            }
            if (step == Step.GRANTED) {
                assertThat(kind).as("%s after %s", name, history).isEqualTo("none");
            }
        }
    }

    @Test
    void theApiSaysWhetherToWaitOrToAskTheUser() {
        vendor.instead = parameters -> Optional.of(
                parameters.getOrDefault("refresh_token", "").contains("away")
                        ? TokenVendor.Reply.of(500, "{}")
                        : TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"));
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        for (String name : List.of("away", "gone")) {
            vendor.connection(node, "v", name, PAST);
            String reason = name.equals("away") ? "transient" : "rejected";

            HttpResponse<String> first = node.send("GET", "/connections/" + name + "?provider_config_key=v", "");
            HttpResponse<String> second = node.send("GET", "/connections/" + name + "?provider_config_key=v", "");
            HttpResponse<String> proxied = node.get(
                    "/proxy/x",
                    Map.of("Authorization", "Bearer " + node.key, "Provider-Config-Key", "v", "Connection-Id", name));
            HttpResponse<String> forced = refresh(node, name);

            assertThat(first.statusCode()).isEqualTo(400);
            assertThat(second.statusCode()).isEqualTo(424);
            assertThat(proxied.statusCode()).isEqualTo(424);
            assertThat(forced.statusCode()).isEqualTo(name.equals("away") ? 424 : 400);
            for (HttpResponse<String> each : List.of(first, second, proxied, forced)) {
                assertThat(body(each).at("/error/payload/reason").asString())
                        .as(each.body())
                        .isEqualTo(reason);
            }
            assertThat(body(second).at("/error/payload/retry_at").isNull()).isEqualTo(name.equals("gone"));
            String passing = "connection_refresh_backoff";
            assertThat(body(proxied).at("/error/code").asString())
                    .isEqualTo(name.equals("away") ? passing : "invalid_credentials");
            assertThat(body(forced).at("/error/code").asString())
                    .isEqualTo(name.equals("away") ? passing : "invalid_credentials");
        }
    }

    /** Responses of proxies and firewalls, and the vendor's own words for secrets that it refuses. */
    private static Map<TokenVendor.Reply, String> wordsForSecrets() {
        return Map.of(
                TokenVendor.Reply.of(401, "{\"message\":\"Unauthorized\"}"), "transient",
                TokenVendor.Reply.of(403, "{\"message\":\"Forbidden\"}"), "transient",
                TokenVendor.Reply.of(403, "<html>blocked</html>"), "transient",
                TokenVendor.Reply.of(404, "{\"message\":\"no Route matched with those values\"}"), "transient",
                TokenVendor.Reply.of(405, ""), "transient",
                TokenVendor.Reply.of(408, "{\"error\":\"timeout\"}"), "transient",
                TokenVendor.Reply.of(200, "{\"status\":\"maintenance\"}"), "transient",
                TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"), "rejected",
                TokenVendor.Reply.of(401, "{\"error\":\"invalid_client\"}"), "rejected",
                TokenVendor.Reply.of(418, "{\"message\":\"wrong password\"}"), "rejected");
    }

    @Test
    void secretsThatAreExchangedAreAskedForAgainOnlyIfTheVendorRefusesThem() throws Exception {
        vendor.settings(providers);
        Files.writeString(providers.resolve("typed.yaml"), """
                id: typed
                name: Typed
                tags: [other]
                api_docs: https://vendor.example/docs
                fields: { user: { scope: secret }, password: { scope: secret } }
                auth:
                  kind: exchange
                  steps: [ { id: login, call: "POST http://%s/token", form: { name: "${secret.user}", password: "${secret.password}" } } ]
                  token: { errors: { rejected: ["418"] } }
                api: { base: "http://%s" }
                """.formatted(vendor.host(), vendor.host()));
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        node.call("POST", "/integrations", "{\"provider\": \"typed\", \"unique_key\": \"t\"}", 200);
        int number = 0;
        for (Map.Entry<TokenVendor.Reply, String> reply : wordsForSecrets().entrySet()) {
            vendor.instead = parameters -> Optional.of(TokenVendor.Reply.of(200, "{\"access_token\":\"a\"}"));
            HttpResponse<String> connected = node.sendAs(
                    "",
                    "POST",
                    "/auth/two-step/t?connect_session_token=" + node.sessionNamed("t" + ++number, "t"),
                    "{\"user\": \"ada\", \"password\": \"secret\"}");
            assertThat(connected.statusCode()).as(connected.body()).isEqualTo(200);
            vendor.instead = parameters -> Optional.of(reply.getKey());

            HttpResponse<String> forced =
                    node.send("POST", "/connections/t" + number + "/refresh?provider_config_key=t", "{}");

            assertThat(node.text("SELECT failure_kind FROM connections WHERE connection_id = 't" + number + "'"))
                    .as(reply.getKey() + ": " + forced.body())
                    .isEqualTo(reply.getValue());
            assertThat(events(node, "needs_authorization", "t" + number))
                    .as(reply.getKey().toString())
                    .isEqualTo(reply.getValue().equals("rejected") ? 1 : 0);
        }
    }

    @Test
    void aUserIsAskedOnceHoweverOftenTheRefreshIsForced() {
        vendor.instead = parameters -> Optional.of(TokenVendor.Reply.of(400, "{\"error\":\"invalid_grant\"}"));
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        vendor.connection(node, "v", "c", PAST);

        for (int i = 0; i < 4; i++) {
            assertThat(refresh(node, "c").statusCode()).isEqualTo(400);
        }

        assertThat(events(node, "needs_authorization", "c")).isEqualTo(1);
        vendor.connection(node, "v", "c", PAST);
        refresh(node, "c");
        assertThat(events(node, "needs_authorization", "c")).isEqualTo(2);
    }

    /** Every shape of an end that a vendor could write; the token itself is good. */
    private static List<String> ends() {
        List<String> all = new ArrayList<>(List.of(
                "",
                "\"expires_in\":0",
                "\"expires_in\":-3600",
                "\"expires_in\":1",
                "\"expires_in\":\"1\"",
                "\"expires_in\":null",
                "\"expires_at\":0",
                "\"expires_at\":\"0001-01-01T00:00:00Z\"",
                "\"expires_in\":3600,\"expires_at\":0",
                "\"expires_in\":1,\"expires_at\":0"));
        for (long seconds : List.of(-60L, -1L, 3600L, -3 * 3600L, -4 * 3600L, -86_400L)) {
            Instant end = Instant.now().plusSeconds(seconds);
            all.add("\"expires_at\":" + end.getEpochSecond());
            all.add("\"expires_at\":" + end.toEpochMilli());
            all.add("\"expires_at\":\"" + end + "\"");
            all.add("\"expires_at\":\"" + end.toString().replace("Z", "") + "\"");
            all.add("\"expires_at\":\"" + end.toString().substring(0, 19).replace('T', ' ') + "\"");
        }
        return all;
    }

    @Test
    void noEndThatAVendorCanWriteMakesALoop() throws Exception {
        List<String> ends = ends();
        Map<String, Integer> calls = new ConcurrentHashMap<>();
        vendor.instead = parameters -> {
            String[] token = parameters.getOrDefault("refresh_token", "rt--0").split("-");
            calls.merge(token[1], 1, Integer::sum);
            String end = token[1].startsWith("e") ? ends.get(Integer.parseInt(token[1].substring(1))) : "";
            return Optional.of(TokenVendor.Reply.of(
                    200,
                    "{\"access_token\":\"at\",\"refresh_token\":\"rt-" + token[1] + "-" + calls.get(token[1]) + "\""
                            + (end.isEmpty() ? "" : "," + end) + "}"));
        };
        Latchkey node = node(Map.of());
        for (int i = 0; i < ends.size(); i++) {
            vendor.connection(node, "v", "e" + i, PAST);
        }
        Awaiting.until("all are refreshed", () -> calls.size() == ends.size());

        // Six rounds of the engine, which looks each second.
        for (int round = 0; round < 6; round++) {
            String canary = "canary" + round;
            vendor.connection(node, "v", canary, PAST);
            node.sql("UPDATE connections SET refresh_at = now() + INTERVAL '900 ms' WHERE connection_id = '" + canary
                    + "'");
            Awaiting.until(canary + " is refreshed", () -> calls.containsKey(canary));
        }

        for (int i = 0; i < ends.size(); i++) {
            assertThat(calls.get("e" + i)).as(ends.get(i)).isEqualTo(1);
            for (int read = 0; read < 5; read++) {
                int status = node.send("GET", "/connections/e" + i + "?provider_config_key=v", "")
                        .statusCode();
                // What lives for a second may be over when it arrives, on a machine that is busy: then it is no
                // credential.
                boolean mayBeOver = ends.get(i).matches(".*\"expires_in\":\"?1\\b.*");
                assertThat(status).as(ends.get(i)).matches(it -> it == 200 || mayBeOver && (it == 400 || it == 424));
            }
            // A life of a second is over: one of the readers gets a new token, the others what it got.
            assertThat(calls.get("e" + i)).as(ends.get(i)).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void anEndThatCannotBeIsReportedInTheLogOfTheRefresh() {
        vendor.more = ",\"expires_at\":\"0001-01-01T00:00:00Z\"";
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        vendor.connection(node, "v", "c", PAST);

        assertThat(refresh(node, "c").statusCode()).isEqualTo(200);

        Awaiting.until(
                "the log names the definition's mistake",
                () -> node.call("GET", "/logs?search=token.expires_at&limit=20", "", 200)
                        .toString()
                        .contains("Check token.expires_at of the definition"));
    }

    /** What may fail after the refresh token is used up, or bring an end that is over: by definition, what the further call answers. */
    private static Map<String, String> furtherSteps() {
        return Map.of(
                "then: [ { id: s, call: \"GET http://HOST/lab/step\", token: { access: session }, on_refresh: true } ]",
                "{}",
                "expiry: { introspect: { call: \"POST http://HOST/lab/step\", form: { token: \"${token.access}\" } } }",
                "{\"active\":true,\"exp\":0}",
                "extra_tokens: { user: { from: authed_user, refresh: own } }",
                "{}",
                "extra_tokens: { files: { from: files, url: \"http://HOST/lab/step\", refresh: shared } }",
                "{\"access_token\":\"f\",\"expires_at\":0}");
    }

    @Test
    void noFurtherStepMakesALoopOrHandsOutWhatIsOver() {
        furtherSteps().forEach((auth, said) -> {
            TokenVendor own = new TokenVendor();
            int number = nodes.size();
            own.instead = parameters -> Optional.of(
                    parameters.getOrDefault("refresh_token", "").startsWith("rt-")
                                            && !parameters.containsKey("scope")
                                            && auth.startsWith("extra_tokens: { user")
                                    || parameters.containsKey("grant_type") && !auth.startsWith("extra_tokens: { user")
                            ? TokenVendor.Reply.of(
                                    200,
                                    "{\"access_token\":\"new\",\"refresh_token\":\"rt-c-1\",\"authed_user\":{\"access_token\":\"u\","
                                            + "\"refresh_token\":\"ru\",\"expires_at\":\"2020-01-01T00:00:00Z\"}}")
                            : TokenVendor.Reply.of(200, said));
            Map<String, String> settings =
                    new java.util.HashMap<>(own.settings(providers, auth.replace("HOST", own.host())));
            settings.put("LATCHKEY_REFRESH_AHEAD", "false");
            try (Latchkey node = Latchkey.start(settings)) {
                own.integration(node, "v");
                own.connection(node, "v", "c", PAST);
                int first = node.send("GET", "/connections/c?provider_config_key=v&refresh_token=true", "")
                        .statusCode();
                int calls = own.calls.get();
                for (int read = 0; read < 5; read++) {
                    HttpResponse<String> response =
                            node.send("GET", "/connections/c?provider_config_key=v&refresh_token=true", "");
                    if (auth.startsWith("then")) {
                        assertThat(response.statusCode()).as(auth).isEqualTo(424);
                        assertThat(body(response).at("/error/payload/reason").asString())
                                .isEqualTo("transient");
                        assertThat(body(response).at("/error/payload/retry_at").isString())
                                .isTrue();
                    } else {
                        assertThat(first).as(auth).isEqualTo(200);
                        assertThat(response.body()).as(auth).contains("\"new\"").contains("rt-c-1");
                    }
                }

                assertThat(own.calls.get()).as(auth + number).isEqualTo(calls);
                assertThat(node.text("SELECT version::text || coalesce(failure_kind, '-') FROM connections"))
                        .as(auth)
                        .isEqualTo(auth.startsWith("then") ? "2transient" : "2-");
            } finally {
                own.close();
            }
        });
    }

    @Test
    void whatIsWaitedForIsNeverInThePast() {
        vendor.instead = parameters -> Optional.of(TokenVendor.Reply.of(503, "{}"));
        Latchkey node = node(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
        for (int i = 0; i < 8; i++) {
            vendor.connection(node, "v", "c" + i, PAST);
            for (HttpResponse<String> response : List.of(
                    node.send("GET", "/connections/c" + i + "?provider_config_key=v", ""),
                    node.send("GET", "/connections/c" + i + "?provider_config_key=v", ""),
                    node.get(
                            "/proxy/x",
                            Map.of(
                                    "Authorization",
                                    "Bearer " + node.key,
                                    "Provider-Config-Key",
                                    "v",
                                    "Connection-Id",
                                    "c" + i)),
                    refresh(node, "c" + i))) {
                assertThat(Instant.parse(
                                body(response).at("/error/payload/retry_at").asString()))
                        .as(response.body())
                        .isAfter(Instant.now().minusSeconds(1));
            }
        }
    }

    @Test
    void whatEndsAndCannotBeRenewedIsAnnouncedBeforeAndAtItsEnd() throws Exception {
        Latchkey node = node(Map.of());
        node.call("POST", "/connections", """
                {"provider_config_key": "v", "connection_id": "c", "credentials": {"type": "OAUTH2", "access_token": "at",
                 "expires_at": "%s"}}""".formatted(Instant.now().plusSeconds(6)), 201);
        node.call("GET", "/connections/c?provider_config_key=v", "", 200);

        Awaiting.until("its end is announced", () -> events(node, "expiring_soon", "c") == 1);
        assertThat(events(node, "needs_authorization", "c")).isZero();
        Awaiting.until("its end is reported", () -> events(node, "needs_authorization", "c") == 1);

        HttpResponse<String> read = node.send("GET", "/connections/c?provider_config_key=v", "");
        assertThat(read.statusCode()).isEqualTo(424);
        assertThat(body(read).at("/error/payload/reason").asString()).isEqualTo("rejected");
        HttpResponse<String> proxied = node.get(
                "/proxy/x",
                Map.of("Authorization", "Bearer " + node.key, "Provider-Config-Key", "v", "Connection-Id", "c"));
        assertThat(proxied.statusCode()).isEqualTo(424);
        assertThat(vendor.calls).hasValue(0);
        assertThat(node.call("GET", "/connections/health?state=needs_authorization", "", 200)
                        .toString())
                .contains("\"c\"");
        assertThat(events(node, "needs_authorization", "c")).isEqualTo(1);
    }
}
