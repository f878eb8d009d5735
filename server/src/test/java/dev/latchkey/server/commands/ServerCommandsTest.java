package dev.latchkey.server.commands;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.configuration.Version;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** The command line against running servers. */
class ServerCommandsTest {
    private static Latchkey latchkey;

    @TempDir
    Path folder;

    /** What a command printed. */
    private record Ran(int status, String out, String err) {
        JsonNode json() {
            return Json.MAPPER.readTree(out);
        }
    }

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.labIntegration("github", "gh");
        latchkey.call("POST", "/integrations", """
                {"provider": "slack", "unique_key": "slack", "credentials": {"type": "OAUTH2", "client_id": "cid", "client_secret": "cs-secret", "scopes": "chat:write"}}""", 200);
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "slack", "connection_id": "team-1", "metadata": {"plan": "pro"}, "tags": {"team": "one"},
                 "credentials": {"type": "OAUTH2", "access_token": "at-secret", "refresh_token": "rt-secret", "expires_at": "2036-01-01T00:00:00.000Z"}}""", 201);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static Ran run(Latchkey server, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--host", server.address.toString(), "--key", server.key));
        return plain(all.toArray(String[]::new));
    }

    private static Ran ofAccount(Latchkey server, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--host", server.address.toString(), "--key", server.accountKey));
        return plain(all.toArray(String[]::new));
    }

    private static Ran plain(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = LatchkeyCommand.line(Map.of())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Ran(status, out.toString(), err.toString());
    }

    @Test
    void listsAndShowsConnectionsWithoutTheirSecretsUnlessAsked() {
        Ran list = run(latchkey, "connections", "list", "-i", "slack");
        assertThat(list.status()).isZero();
        assertThat(list.out()).contains("CONNECTION", "team-1", "slack");

        Ran shown = run(latchkey, "connections", "get", "team-1", "-i", "slack");
        assertThat(shown.json().at("/credentials/type").asString()).isEqualTo("OAUTH2");
        assertThat(shown.out()).doesNotContain("at-secret", "rt-secret");

        Ran secrets = run(latchkey, "connections", "get", "team-1", "-i", "slack", "--credentials");
        assertThat(secrets.out()).contains("at-secret", "rt-secret");

        Ran json = run(latchkey, "connections", "list", "--search", "team-1", "--json");
        assertThat(json.json().get(0).path("provider_config_key").asString()).isEqualTo("slack");
    }

    @Test
    void printsItsVersionItsCommitAndItsJava() {
        for (String option : List.of("--version", "-V")) {
            assertThat(plain(option))
                    .isEqualTo(new Ran(
                            0,
                            "Latchkey " + Version.CURRENT + "\nCommit " + Version.COMMIT + "\nJava "
                                    + Runtime.version() + ", " + System.getProperty("os.name") + " "
                                    + System.getProperty("os.arch") + "\n",
                            ""));
        }
        assertThat(Version.COMMIT).matches("[0-9a-f]{40,64}|unknown");
    }

    @Test
    void saysWhatTheServerRefusesAndEndsWithOne() {
        Ran unknown = run(latchkey, "connections", "get", "nobody", "-i", "slack");
        assertThat(unknown.status()).isEqualTo(1);
        assertThat(unknown.err()).startsWith("latchkey: ").doesNotContain("Exception");

        Ran unreachable = plain("connections", "list", "--host", "http://127.0.0.1:1", "--key", latchkey.key);
        assertThat(unreachable.status()).isEqualTo(1);
        assertThat(unreachable.err()).contains("No server responds at http://127.0.0.1:1");

        Ran wrong =
                plain("integrations", "create", "nope", "--host", latchkey.address.toString(), "--key", latchkey.key);
        assertThat(wrong.err()).contains("provider");
    }

    @Test
    void aSessionPrintsALinkAndItsQrCodeAndWaitsUntilTheUserHasConnected() throws Exception {
        CompletableFuture<Ran> running = CompletableFuture.supplyAsync(
                () -> run(latchkey, "sessions", "create", "--user", "waited-for", "-i", "gh", "--json"));
        // What it printed is only known at its end: the session's user is found by a session of the test's own.
        await().atMost(Duration.ofSeconds(30)).until(() -> sessions() > 0);
        String token = latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "waited-for"}, "allowed_integrations": ["gh"]}""", 201)
                .at("/data/token")
                .asString();
        assertThat(new LabUser()
                        .connect(URI.create(latchkey.address + "/oauth/connect/gh?connect_session_token=" + token))
                        .statusCode())
                .isEqualTo(200);

        Ran ran = running.get(60, TimeUnit.SECONDS);

        assertThat(ran.status()).isZero();
        assertThat(ran.out()).contains("connect_link", "\"connected\"").contains("gh ");
        assertThat(run(latchkey, "sessions", "create", "--user", "u", "--no-wait")
                        .out())
                .contains("/connect/?session_token=", "\u2588");
    }

    private static int sessions() {
        return latchkey.sql(
                "UPDATE connect_sessions SET expires_at = expires_at WHERE request->'end_user'->>'id' = 'waited-for'");
    }

    @Test
    void everyCommandTakesHelp() {
        assertThat(withSubcommands(LatchkeyCommand.line(Map.of()))
                        .filter(line -> !line.getCommandSpec().mixinStandardHelpOptions()
                                && !line.getCommandSpec().helpCommand())
                        .map(line -> line.getCommandSpec().qualifiedName()))
                .isEmpty();
    }

    private static Stream<CommandLine> withSubcommands(CommandLine line) {
        return Stream.concat(
                Stream.of(line), line.getSubcommands().values().stream().flatMap(ServerCommandsTest::withSubcommands));
    }

    @Test
    void aRefreshIsDoneAtOnce() {
        String token = latchkey.sessionNamed("renewed", "gh");
        new LabUser().connect(URI.create(latchkey.address + "/oauth/connect/gh?connect_session_token=" + token));

        assertThat(run(latchkey, "connections", "refresh", "renewed", "-i", "gh")
                        .out())
                .contains("renewed has a new credential");
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "without-refresh",
                 "credentials": {"type": "OAUTH2", "access_token": "at"}}""", 201);
        assertThat(run(latchkey, "connections", "refresh", "without-refresh", "-i", "gh")
                        .out())
                .contains("without-refresh was not refreshed");
        assertThat(run(latchkey, "connections", "delete", "without-refresh", "-i", "gh")
                        .status())
                .isZero();
        assertThat(run(latchkey, "connections", "delete", "renewed", "-i", "gh").out())
                .contains("renewed is deleted");
    }

    @Test
    void whatIsExportedIsSealedAndArrivesInAnotherServerWhole() throws Exception {
        Path file = folder.resolve("all.latchkey");
        String passphrase = passphrase("correct horse battery");
        String own = Files.writeString(folder.resolve("taken-along.json"), """
                        {"id": "taken-along", "name": "Taken along", "api_docs": "https://a.example", "auth": {"kind": "none"}}""").toString();
        assertThat(run(latchkey, "providers", "add", own).status()).isZero();

        Ran exported = run(latchkey, "export", file.toString(), "--passphrase-file", passphrase);

        assertThat(exported.status()).as(exported.out() + exported.err()).isZero();
        assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                .doesNotContain("at-secret", "cs-secret", "team-1");
        assertThat(run(latchkey, "export", file.toString(), "--passphrase-file", passphrase)
                        .status())
                .isEqualTo(2);
        try (Latchkey other = Latchkey.start()) {
            Ran refused = run(other, "import", file.toString(), "--passphrase-file", passphrase("something else"));
            assertThat(refused.status()).isEqualTo(1);
            assertThat(refused.err()).contains("the passphrase is wrong, or it was altered");

            Ran imported = run(other, "import", file.toString(), "--passphrase-file", passphrase);

            assertThat(imported.status()).as(imported.out() + imported.err()).isZero();
            assertThat(other.call("GET", "/providers/taken-along", "", 200)
                            .at("/data/own")
                            .asBoolean())
                    .isTrue();
            assertSame(other);
        }
    }

    @Test
    void anExportThatBreaksOffLeavesNoFile() {
        Path file = folder.resolve("half.latchkey");

        assertThatThrownBy(() -> SealedFile.write(file, "correct horse".toCharArray(), sink -> {
                    sink.accept(
                            new Item.Integration(Json.MAPPER.createObjectNode().put("unique_key", "gh")));
                    throw new ServerApi.Refused(0, "unreachable", "gone");
                }))
                .isInstanceOf(ServerApi.Refused.class);

        assertThat(file).doesNotExist();
    }

    /** Our own server speaks the API that Nango's does. */
    @Test
    void movesInFromNangoResumesAndReports() throws Exception {
        Path state = folder.resolve("state");
        try (Latchkey here = Latchkey.start()) {
            String[] command = {
                "migrate",
                "nango",
                "--host",
                latchkey.address.toString(),
                "--key",
                latchkey.key,
                "--to",
                here.address.toString(),
                "--to-key",
                here.key,
                "--state",
                state.toString()
            };
            List<String> dry = new ArrayList<>(List.of(command));
            dry.add("--dry-run");

            Ran tried = plain(dry.toArray(String[]::new));
            assertThat(tried.out()).contains("to copy");
            assertThat(here.call("GET", "/connections", "", 200)
                            .get("connections")
                            .size())
                    .isZero();

            Ran copied = plain(command);
            assertThat(copied.status()).as(copied.out() + copied.err()).isZero();
            assertSame(here);

            Ran again = plain(command);
            assertThat(again.out()).startsWith("0 copied");
        }
    }

    private static void assertSame(Latchkey other) {
        JsonNode connection =
                other.call("GET", "/connections/team-1?provider_config_key=slack&refresh_token=true", "", 200);
        assertThat(connection.at("/credentials/access_token").asString()).isEqualTo("at-secret");
        assertThat(connection.at("/credentials/refresh_token").asString()).isEqualTo("rt-secret");
        assertThat(connection.at("/metadata/plan").asString()).isEqualTo("pro");
        assertThat(connection.at("/tags/team").asString()).isEqualTo("one");
        assertThat(other.call("GET", "/integrations/slack?include=credentials", "", 200)
                        .at("/data/credentials/client_secret")
                        .asString())
                .isEqualTo("cs-secret");
        assertThat(other.call("GET", "/integrations/gh", "", 200)
                        .at("/data/lab")
                        .asBoolean())
                .isTrue();
    }

    private String passphrase(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "pass", ""), text + "\n")
                .toString();
    }

    @Test
    void theDoctorSaysWhatToFix() {
        assertThat(examine(Map.of("LATCHKEY_PORT", "many")))
                .anyMatch(line -> line.startsWith("BAD") && line.contains("LATCHKEY_PORT"));
        assertThat(examine(Map.of(
                        "LATCHKEY_DATABASE_URL", latchkey.settings.get("LATCHKEY_DATABASE_URL"),
                        "LATCHKEY_PORT", latchkey.settings.get("LATCHKEY_PORT"),
                        "LATCHKEY_DATA_DIR", latchkey.settings.get("LATCHKEY_DATA_DIR"),
                        "LATCHKEY_PUBLIC_URL", "http://connect.example.invalid")))
                .anyMatch(line -> line.startsWith("ok") && line.contains("PostgreSQL"))
                .anyMatch(line -> line.startsWith("ok") && line.contains("clock"))
                .anyMatch(line -> line.startsWith("ok") && line.contains("Latchkey answers"))
                .anyMatch(line -> line.startsWith("ok") && line.contains("The encryption key decrypts them"))
                .anyMatch(line -> line.startsWith("note")
                        && line.contains("way out")
                        && line.contains("127.0.0.1 does not answer on port 1")
                        && !line.contains("localhost"))
                .anyMatch(line -> line.startsWith("BAD") && line.contains("must be https"));
        assertThat(examine(Map.of(
                        "LATCHKEY_DATABASE_URL",
                        latchkey.settings.get("LATCHKEY_DATABASE_URL"),
                        "LATCHKEY_ENCRYPTION_KEY",
                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")))
                .anyMatch(line -> line.startsWith("BAD") && line.contains("not the one that this database"));
        assertThat(examine(Map.of("LATCHKEY_DATABASE_URL", "postgresql://u:pa55word@127.0.0.1:1/db")))
                .anyMatch(line -> line.startsWith("BAD") && line.contains("cannot be used"))
                .noneMatch(line -> line.contains("pa55word"));
    }

    @Test
    void theDoctorNamesWhatAnOlderVersionConnectedWithoutProofOrExternalIdUntilThatIsDecided() {
        Map<String, String> settings = Map.of(
                "LATCHKEY_DATABASE_URL", latchkey.settings.get("LATCHKEY_DATABASE_URL"),
                "LATCHKEY_DATA_DIR", latchkey.settings.get("LATCHKEY_DATA_DIR"));
        for (String provider : List.of("github-app", "aws", "github")) {
            latchkey.labIntegration(provider, "old-" + provider);
            // As rows of an older version: what is stored of their credentials is not looked at.
            latchkey.sql(
                    "INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, config, created_at,"
                            + " updated_at) SELECT environment_id, ('017f22e2-79b0-7cc3-98c4-' || substr(md5(random()::text), 1, 12))::uuid, id, 'old', '\\x00', '{}', now() - interval '1 year',"
                            + " now() FROM integrations WHERE unique_key = 'old-" + provider + "'");
            latchkey.sql("UPDATE integrations SET lab = false WHERE unique_key = 'old-" + provider + "'");
        }

        assertThat(examine(settings))
                .anyMatch(line -> line.startsWith("BAD  installations") && line.contains("1 of old-github-app in dev"))
                .anyMatch(line -> line.startsWith("BAD  external IDs") && line.contains("1 of old-aws in dev"))
                .noneMatch(line -> line.contains("old-github in dev"));

        latchkey.sql(
                "UPDATE integrations SET settings = settings || '{\"accept_unproven_installations\": \"true\"}' WHERE unique_key = 'old-github-app'");
        latchkey.sql("UPDATE connections SET config = '{\"externalId\": \"latchkey-1\"}' WHERE connection_id = 'old'");
        assertThat(examine(settings))
                .anyMatch(line -> line.startsWith("ok   installations"))
                .anyMatch(line -> line.startsWith("ok   external IDs"));
        latchkey.sql("DELETE FROM connections WHERE connection_id = 'old'");
        latchkey.sql("DELETE FROM integrations WHERE unique_key LIKE 'old-%'");
    }

    private static List<String> examine(Map<String, String> environment) {
        StringWriter out = new StringWriter();
        LatchkeyCommand.line(environment)
                .setOut(new PrintWriter(out, true))
                .execute("doctor", latchkey.address.getAuthority(), "127.0.0.1:1");
        return out.toString().lines().toList();
    }

    @Test
    void aKeyIsMadeShownOnceAndRevoked() {
        assertThat(run(latchkey, "keys", "create", "by a key of the environment")
                        .err())
                .contains("environment:api_keys:write");
        Ran made = ofAccount(latchkey, "keys", "create", "reporting", "-s", "environment:connections:list");
        String key = made.out().strip();

        assertThat(made.status()).isZero();
        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "").statusCode())
                .isEqualTo(200);
        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/integrations", "").statusCode())
                .isEqualTo(403);
        Ran list = ofAccount(latchkey, "keys", "list");
        assertThat(list.out())
                .contains("reporting", "environment:connections:list")
                .doesNotContain(key);
        String id = ofAccount(latchkey, "keys", "list", "--json").json().values().stream()
                .filter(one -> one.path("name").asString().equals("reporting"))
                .map(one -> one.path("id").asString())
                .findFirst()
                .orElseThrow();
        assertThat(ofAccount(latchkey, "keys", "revoke", id).out()).contains("opens nothing any more");
        assertThat(latchkey.sendAs("Bearer " + key, "GET", "/connections", "").statusCode())
                .isEqualTo(401);
        assertThat(ofAccount(latchkey, "keys", "create", "odd", "-s", "environment:everything")
                        .err())
                .contains("scopes.0: there is no such scope");
        String ofProd = ofAccount(latchkey, "keys", "create", "elsewhere", "--environment", "prod")
                .out()
                .strip();
        assertThat(latchkey.sendAs("Bearer " + ofProd, "GET", "/environment", "")
                        .body())
                .contains("\"name\":\"prod\"");
    }

    @Test
    void addsReplacesAndRemovesADefinition() throws IOException {
        String definition = """
                id: mine
                name: Mine
                api_docs: https://developers.acme.example
                auth: { kind: none }
                """;
        String file = Files.writeString(folder.resolve("mine.yaml"), definition).toString();
        String wrong = Files.writeString(folder.resolve("wrong.yaml"), definition + "colour: blue\n")
                .toString();

        assertThat(run(latchkey, "providers", "add", file).out()).contains("mine is added");
        assertThat(run(latchkey, "providers", "add", file).out()).contains("mine is changed");
        assertThat(run(latchkey, "providers", "list", "mine").out()).containsPattern("mine +Mine +NONE +(true|yes)");
        Ran refused = run(latchkey, "providers", "add", wrong);
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err()).contains("wrong.yaml: ", "colour: line 5: 'colour' is not known here");
        assertThat(run(latchkey, "providers", "add", folder.resolve("no.yaml").toString())
                        .status())
                .isEqualTo(2);
        assertThat(run(latchkey, "providers", "remove", "mine").out()).contains("mine is removed");
        assertThat(run(latchkey, "providers", "remove", "mine").status()).isEqualTo(1);
    }

    @Test
    void listsProvidersWithAServerAndWithout() {
        Ran served = run(latchkey, "providers", "list", "gitlab");
        Ran shipped = plain("providers", "list", "gitlab");

        assertThat(served.status()).isZero();
        assertThat(served.out()).contains("gitlab", "OAUTH2").isEqualTo(shipped.out());
        assertThat(plain("providers", "list", "--json").json().size()).isGreaterThan(400);
        assertThat(plain("providers", "list", "there-is-none").status()).isEqualTo(1);
    }

    @Test
    void completesInTheShell() {
        assertThat(plain("generate-completion").out()).contains("connections", "keys", "migrate");
        for (String command : new String[] {"keys", "providers", "sessions"}) {
            assertThat(plain("generate-completion").out()).contains("_picocli_latchkey_" + command + "_");
        }
    }

    @Test
    void whatIsPausedIsRefusedUntilItIsResumed() {
        String read = "/connections/team-1?provider_config_key=slack";
        for (String[] what :
                new String[][] {{"connections", "team-1", "-i", "slack"}, {"integrations", "slack"}, {"environment"}}) {
            List<String> pause = new ArrayList<>(List.of(what));
            pause.add(1, "pause");
            pause.addAll(List.of("--reason", "by hand"));
            List<String> resume = new ArrayList<>(List.of(what));
            resume.add(1, "resume");

            Ran paused = run(latchkey, pause.toArray(String[]::new));

            assertThat(paused.status()).as(paused.err()).isZero();
            assertThat(latchkey.send("GET", read, "").statusCode()).isEqualTo(423);
            if (what[0].equals("connections")) {
                assertThat(run(latchkey, "connections", "list", "--paused").out())
                        .contains("team-1");
            }
            assertThat(run(latchkey, resume.toArray(String[]::new)).status()).isZero();
            assertThat(latchkey.send("GET", read, "").statusCode()).isEqualTo(200);
        }
        Ran withoutReason = run(latchkey, "environment", "pause");
        assertThat(withoutReason.status()).isEqualTo(2);
    }

    @Test
    void anAlteredAuditLogIsSaidWithAStatusOfItsOwn() {
        try (Latchkey server = Latchkey.start()) {
            server.sql(
                    "UPDATE api_keys SET scopes = scopes || '{account:*,environment:api_keys:write}' WHERE name = 'first key'");
            server.labIntegration("github", "gh");
            server.labIntegration("github", "gh2");
            String anchor = run(server, "audit", "anchor").out().strip();

            Ran whole = run(server, "audit", "verify", "--anchor", anchor);
            assertThat(whole.status()).as(whole.out() + whole.err()).isZero();
            assertThat(whole.out()).contains("is whole");
            assertThat(run(server, "audit", "list").out())
                    .contains("added an integration")
                    .contains("gh2");
            assertThat(run(server, "audit", "verify", "--anchor", "1:abc").status())
                    .isEqualTo(1);

            server.sql(
                    "ALTER TABLE audit_log DISABLE TRIGGER audit_log_only_grows; UPDATE audit_log SET target = 'other' WHERE number = 2");
            Ran altered = run(server, "audit", "verify");
            assertThat(altered.status()).isEqualTo(1);
            assertThat(altered.out()).contains("altered at row 2");
            assertThat(run(server, "audit", "verify", "--json")
                            .json()
                            .at("/fault/number")
                            .asInt())
                    .isEqualTo(2);
        }
    }

    @Test
    void aKeyIsNarrowedPausedAndResumed() {
        try (Latchkey server = Latchkey.start()) {
            server.sql(
                    "UPDATE api_keys SET scopes = scopes || '{environment:api_keys:write}' WHERE name = 'first key'");
            JsonNode made = run(
                            server,
                            "keys",
                            "create",
                            "narrow",
                            "--expires",
                            "2036-01-01T00:00:00Z",
                            "--allow",
                            "203.0.113.0/24,127.0.0.0/8,::1",
                            "--json")
                    .json();
            String id = made.path("id").asString();
            String bearer = "Bearer " + made.path("secret_key").asString();
            assertThat(made.path("expires_at").asString()).startsWith("2036-01-01");
            assertThat(server.sendAs(bearer, "GET", "/integrations", "").statusCode())
                    .isEqualTo(200);

            assertThat(run(server, "keys", "change", id, "--allow", "203.0.113.7")
                            .status())
                    .isZero();
            assertThat(server.sendAs(bearer, "GET", "/integrations", "").statusCode())
                    .isEqualTo(403);
            assertThat(run(server, "keys", "change", id, "--allow", "any", "--expires", "never")
                            .status())
                    .isZero();
            assertThat(run(server, "keys", "pause", id, "--reason", "leaked").status())
                    .isZero();
            assertThat(server.sendAs(bearer, "GET", "/integrations", "").statusCode())
                    .isEqualTo(423);
            assertThat(run(server, "keys", "list").out()).contains("leaked");
            assertThat(run(server, "keys", "resume", id).status()).isZero();
            assertThat(server.sendAs(bearer, "GET", "/integrations", "").statusCode())
                    .isEqualTo(200);
        }
    }
}
