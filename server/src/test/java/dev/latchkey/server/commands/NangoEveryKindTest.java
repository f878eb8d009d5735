package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.NangoNames;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.EveryKind;
import dev.latchkey.server.journeys.EveryKind.Journey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.waiting.Awaiting;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A connection of every kind of credentials that Nango knows moves here: the dry run says so, its callers read what they read at Nango, it
 * calls the vendor, and it is refreshed. The vendors are the lab's; what Nango answers has the members of its own types, under its names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NangoEveryKindTest {
    /** Each system's own; which scopes were granted is only known of an authorization. */
    private static final Set<String> OWN = Set.of(
            "id", "errors", "health", "granted_scopes", "missing_scopes", "updated_at", "last_fetched_at", "logo");

    private static final Pattern TEMPORARY = Pattern.compile(
            "^/(getConnection/credentials|getToken|credentials)/(access_key_id|secret_access_key|session_token|expires_at): ");

    private static final NangoTypes TYPES = types();

    @TempDir
    static Path folder;

    private Latchkey latchkey;
    private FakeNango nango;
    private final Receiver backend = new Receiver();
    private String key = "";
    private String exported = "";
    private JsonNode promised = Json.MAPPER.createObjectNode();
    private JsonNode happened = Json.MAPPER.createObjectNode();
    private Map<String, JsonNode> readThere = Map.of();
    private Map<String, JsonNode> readHere = Map.of();

    private static NangoTypes types() {
        try {
            return NangoTypes.read();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<Journey> journeys() {
        return EveryKind.ofEveryMode(TYPES.modes());
    }

    @BeforeAll
    void migrate() throws Exception {
        latchkey = EveryKind.start(
                folder, Map.of("LATCHKEY_EGRESS_ALLOW", backend.host(), "LATCHKEY_RATE_LIMIT", "1000000"));
        nango = new FakeNango();
        key = environment("moved");
        EveryKind kinds = new EveryKind(latchkey);
        for (Journey journey : journeys()) {
            kinds.integrate(journey);
            HttpResponse<String> end = kinds.connect(journey, latchkey.sessionNamed(id(journey), journey.key()));
            assertThat(end.body()).as(journey.toString()).doesNotContain("\"error\":");
            putIntoNango(journey);
            // The vendor is the lab here, too: what exists is kept.
            assertThat(latchkey.sendAs("Bearer " + key, "POST", "/integrations", """
                {"provider": "%s", "unique_key": "%s", "lab": true}\
                """.formatted(
                                            journey.provider(), journey.key()))
                            .statusCode())
                    .isEqualTo(200);
        }
        promised = run("--dry-run");
        happened = run();
        nango.vendors = exchange ->
                Json.MAPPER.readTree(calledBy(latchkey.key, exchange).body());
        readThere = NangoClients.read(nango.address(), FakeNango.KEY, places());
        readHere = NangoClients.read(latchkey.address.toString(), key, places());
        exported = export();
    }

    @AfterAll
    void stop() {
        backend.close();
        nango.close();
        latchkey.close();
    }

    private String environment(String name) {
        return Json.MAPPER
                .readTree(latchkey.sendAs(
                                "Bearer " + latchkey.accountKey,
                                "POST",
                                "/environments",
                                "{\"name\": \"" + name + "\"}")
                        .body())
                .at("/data/secret_key")
                .asString();
    }

    private static String id(Journey journey) {
        return "of " + journey.provider();
    }

    private void putIntoNango(Journey journey) {
        ObjectNode integration =
                (ObjectNode) latchkey.call("GET", "/integrations/" + journey.key() + "?include=credentials", "", 200)
                        .path("data");
        // One that is here already keeps its date.
        integration.retain("unique_key", "provider", "display_name", "logo", "forward_webhooks", "credentials");
        nango.integration(integration.toString());
        latchkey.call("POST", "/connections/metadata", """
            {"provider_config_key": "%s", "connection_id": "%s", "metadata": {"plan": "pro"}}\
            """.formatted(journey.key(), id(journey)), 201);
        ObjectNode connection = (ObjectNode) latchkey.call("GET", path(journey) + "&refresh_token=true", "", 200);
        connection.remove(List.of("health", "paused", "granted_scopes", "missing_scopes", "id"));
        Provider provider = EveryKind.provider(journey.provider());
        connection.set(
                "credentials",
                TYPES.only(theirNames(
                        (ObjectNode) connection.get("credentials"),
                        provider.nango().credentials())));
        connection.set(
                "connection_config",
                theirNames(
                        (ObjectNode) connection.get("connection_config"),
                        provider.nango().config()));
        nango.connection(connection.toString());
    }

    /** Of what answers have under both names, Nango's. */
    private static ObjectNode theirNames(ObjectNode both, Map<String, NangoNames.Alias> aliases) {
        aliases.forEach((theirs, alias) -> {
            if (both.has(theirs) && !alias.field().equals(theirs)) {
                both.remove(alias.field());
            }
        });
        return both;
    }

    private static String path(Journey journey) {
        return "/connections/" + id(journey).replace(" ", "%20") + "?provider_config_key=" + journey.key();
    }

    private JsonNode run(String... more) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> line = new ArrayList<>(List.of("migrate", "nango", "--json", "--host", nango.address()));
        line.addAll(List.of(
                "--key",
                FakeNango.KEY,
                "--signing-key",
                FakeNango.KEY,
                "--to",
                latchkey.address.toString(),
                "--to-key",
                key));
        line.addAll(List.of("--state", folder.resolve("state").toString()));
        line.addAll(List.of(more));
        LatchkeyCommand.line(Map.of())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(line.toArray(String[]::new));
        assertThat(out.toString()).as(err.toString()).isNotBlank();
        return Json.MAPPER.readTree(out.toString());
    }

    private static List<Map<String, Object>> places() {
        return journeys().stream()
                .map(journey -> Map.<String, Object>of(
                        "key", journey.key(),
                        "id", id(journey),
                        "calls", answersCalls(EveryKind.provider(journey.provider()))))
                .toList();
    }

    /** A credential in the body cannot prove a call without a body. */
    private static boolean answersCalls(Provider provider) {
        return provider.api().base().isPresent() && provider.api().body().isEmpty();
    }

    private HttpResponse<String> calledBy(String as, HttpExchange exchange) {
        return latchkey.get(
                exchange.getRequestURI().toString(),
                Map.of(
                        "Authorization",
                        "Bearer " + as,
                        "Provider-Config-Key",
                        exchange.getRequestHeaders().getFirst("Provider-Config-Key"),
                        "Connection-Id",
                        exchange.getRequestHeaders().getFirst("Connection-Id")));
    }

    @Test
    void everyKindThatNangoKnowsIsPlayed() {
        assertThat(journeys().stream()
                        .map(journey -> EveryKind.provider(journey.provider())
                                .auth()
                                .facts()
                                .mode())
                        .collect(Collectors.toSet()))
                .isEqualTo(TYPES.modes())
                .hasSizeGreaterThan(15);
    }

    @Test
    void theDryRunPromisesWhatHappens() {
        assertThat(happened.path("failed")).isEmpty();
        assertThat(promised.path("to copy"))
                .isEqualTo(happened.path("copied"))
                // And the signing key, and the form of provider webhooks.
                .hasSize(journeys().size() + 2);
        for (String part : List.of("left", "failed", "changes")) {
            assertThat(promised.path(part)).as(part).isEqualTo(happened.path(part));
        }
    }

    @ParameterizedTest
    @MethodSource("journeys")
    void callersWithAnyVersionOfItsClientReadTheSame(Journey journey) {
        String place = journey.key() + "/" + id(journey);
        List<String> reported = new ArrayList<>();
        happened.path("changes").path("connection " + place).forEach(one -> reported.add(one.asString()));
        // Its keys are made here, which shows that the role trusts this server's account; the report says so.
        boolean madeHere = EveryKind.provider(journey.provider()).auth() instanceof Auth.AwsRole;
        for (String client : NangoClients.ALL) {
            JsonNode there = Objects.requireNonNull(readThere.get(client)).path(place);
            assertThat(there.at("/getConnection/connection_id").asString())
                    .as(client)
                    .isEqualTo(id(journey));
            List<String> differences = new ArrayList<>();
            compare("", there, Objects.requireNonNull(readHere.get(client)).path(place), differences);
            if (madeHere) {
                assertThat(differences)
                        .as(client)
                        .isNotEmpty()
                        .allMatch(one -> TEMPORARY.matcher(one).find());
            } else {
                assertThat(differences).as(client).isEmpty();
            }
        }
        if (madeHere) {
            assertThat(reported).contains("credentials.session_token is another here");
        } else {
            assertThat(reported).isEmpty();
        }
    }

    /** By the key that signed there, which its callers have: {@code --signing-key} brought it along. */
    @Test
    void itsCallersVerifyWebhooksWithTheKeyThatTheyHave() throws Exception {
        String hook = Json.MAPPER
                .readTree(latchkey.sendAs(
                                "Bearer " + key,
                                "POST",
                                "/environment/webhooks",
                                "{\"url\": \"" + backend.url("/hook") + "\"}")
                        .body())
                .at("/data/id")
                .asString();
        latchkey.sendAs("Bearer " + key, "POST", "/environment/webhooks/" + hook + "/test", "");
        Receiver.Request delivered = Awaiting.await()
                .until(() -> backend.requests().stream().findFirst(), Optional::isPresent)
                .orElseThrow();
        List<String> methods = new ArrayList<>();
        for (String client : NangoClients.ALL) {
            NangoClients.verify(
                            client, latchkey.address.toString(), FakeNango.KEY, delivered.headers(), delivered.body())
                    .properties()
                    .forEach(method -> {
                        methods.add(client + " " + method.getKey());
                        assertThat(method.getValue().toString())
                                .as(client + " " + method.getKey())
                                .isEqualTo("[true,false]");
                    });
        }
        assertThat(methods)
                .contains(
                        "nango-node-042 verifyWebhookSignature",
                        "nango-node-060 verifyWebhookSignature",
                        "@nangohq/node verifyWebhookSignature",
                        "@nangohq/node verifyIncomingWebhookRequest");
    }

    private static void compare(String path, JsonNode there, JsonNode here, List<String> differences) {
        if (there.isObject() && here.isObject()) {
            there.properties().stream()
                    .filter(member -> !OWN.contains(member.getKey()) || path.contains("/credentials"))
                    .forEach(member -> compare(
                            path + "/" + member.getKey(), member.getValue(), here.path(member.getKey()), differences));
        } else if (!there.equals(here)
                && !(moment(there).isPresent() && moment(there).equals(moment(here)))) {
            differences.add(path + ": " + there + " there, " + (here.isMissingNode() ? "missing" : here) + " here");
        }
    }

    private static Optional<Instant> moment(JsonNode node) {
        try {
            return node.isString() ? Optional.of(Instant.parse(node.asString())) : Optional.empty();
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    @ParameterizedTest
    @MethodSource("journeys")
    void itCallsTheVendorAndIsRefreshed(Journey journey) {
        Provider provider = EveryKind.provider(journey.provider());
        JsonNode before = moved(journey, "");
        call(journey, provider);
        boolean renews = switch (provider.auth().facts().renewal()) {
            case NEVER, FORCED -> false;
            case WITH_REFRESH_TOKEN -> before.at("/credentials/refresh_token").isString();
            case ALWAYS, MADE_AGAIN -> true;
        };
        if (renews) {
            latchkey.call("POST", "/lab/api/" + provider.id() + "/expire", "", 200);
            assertThat(moved(journey, "&force_refresh=true").path("errors")).isEmpty();
            call(journey, provider);
        }
    }

    /** Before a test lets tokens end at their vendors, which refuse them then. @return the key of where they arrived */
    private String export() {
        latchkey.labIntegration("github", "own-client");
        latchkey.call("POST", "/connections", """
            {"provider_config_key": "own-client", "connection_id": "mine", "connection_config": {"oauth_scopes_override": ["a"]},
             "credentials": {"type": "OAUTH2", "access_token": "at", "config_override": {"client_id": "i", "client_secret": "s"}}}\
            """, 201);
        String other = environment("exported");
        String file = folder.resolve("exported").toString();
        assertThat(ours(latchkey.key, "export", file)).isZero();

        assertThat(ours(other, "import", file)).isZero();
        return other;
    }

    /** {@code latchkey export} and {@code import} write and read the same form. */
    @Test
    void anExportOfThemArrivesWhole() {
        JsonNode mine = connection(exported, "/connections/mine?provider_config_key=own-client");
        assertThat(mine.at("/credentials/config_override").toString())
                .isEqualTo("{\"client_id\":\"i\",\"client_secret\":\"s\"}");
        assertThat(mine.at("/connection_config/oauth_scopes_override").toString())
                .isEqualTo("[\"a\"]");
        for (Journey journey : journeys()) {
            JsonNode before = connection(latchkey.key, path(journey));
            JsonNode after = connection(exported, path(journey));
            List<String> differences = new ArrayList<>();
            compare("", before, after, differences);
            if (EveryKind.provider(journey.provider()).auth() instanceof Auth.AwsRole) {
                differences.removeIf(one -> TEMPORARY.matcher(one).find());
            }
            assertThat(differences).as(journey.toString()).isEmpty();
        }
    }

    private int ours(String as, String... line) {
        StringWriter out = new StringWriter();
        int status = LatchkeyCommand.line(Map.of(
                        "LATCHKEY_HOST",
                        latchkey.address.toString(),
                        "LATCHKEY_SECRET_KEY",
                        as,
                        "LATCHKEY_PASSPHRASE",
                        "correct horse battery"))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(out, true))
                .execute(line);
        assertThat(status).as(out.toString()).isZero();
        return status;
    }

    private JsonNode connection(String as, String path) {
        HttpResponse<String> answer = latchkey.sendAs("Bearer " + as, "GET", path + "&refresh_token=true", "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.MAPPER.readTree(answer.body());
    }

    private JsonNode moved(Journey journey, String more) {
        return connection(key, path(journey) + more);
    }

    private void call(Journey journey, Provider provider) {
        if (!answersCalls(provider)) {
            return;
        }
        Map<String, String> headers = Map.of(
                "Authorization",
                "Bearer " + key,
                "Provider-Config-Key",
                journey.key(),
                "Connection-Id",
                id(journey),
                "Content-Type",
                "application/json");
        if (provider.auth() instanceof Auth.Mcp mcp && mcp.known().isEmpty()) {
            HttpResponse<String> tool = latchkey.sendWith(
                    headers,
                    "/proxy/mcp",
                    HttpRequest.BodyPublishers.ofString(
                            "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\":"
                                    + " \"whoami\"}}"));
            assertThat(tool.body()).contains("Ada Lovelace");
        }
        HttpResponse<String> answer = latchkey.get("/proxy/me", headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("Ada Lovelace");
    }
}
