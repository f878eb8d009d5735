package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey apply} and {@code latchkey export --yaml}: an environment as code. */
class ApplyCommandTest {
    private static final String WHOLE = """
            environment:
              name: dev
              return_urls: [https://app.example.com/done]
              confirm_user: always
            branding:
              product_name: Acme
              colors: { light: "#112233" }
              logo: { file: logo.svg }
            providers:
              - { file: acme.yaml }
              - id: beta
                name: Beta
                api_docs: https://beta.example
                auth: { kind: none }
            integrations:
              - unique_key: github
                provider: github
                credentials: { type: OAUTH2, client_id: "${GITHUB_ID}", client_secret: "${GITHUB_SECRET}" }
                scopes: [repo, user]
                webhook_secret: { file: hook-secret }
              - unique_key: acme
                provider: acme
                custom: { region: eu }
              - unique_key: try-slack
                provider: slack
                lab: true
            webhooks:
              - url: http://127.0.0.1:9/hooks
                role: primary
                events: { connection.created: false }
            keys:
              - name: backend
                scopes: [environment:connections:read, environment:proxy]
                secret_file: backend.key
            """;

    private static Latchkey one;
    private static Latchkey other;

    @TempDir
    Path folder;

    private final Map<String, String> variables =
            new HashMap<>(Map.of("GITHUB_ID", "the-client", "GITHUB_SECRET", "the-secret-of-github"));

    private record Ran(int status, String out, String err) {}

    @BeforeAll
    static void start() {
        one = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "127.0.0.1"));
        other = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "127.0.0.1"));
    }

    @AfterAll
    static void stop() {
        one.close();
        other.close();
    }

    @BeforeEach
    void begin() throws IOException {
        Files.writeString(folder.resolve("acme.yaml"), """
                id: acme
                name: Acme
                api_docs: https://acme.example
                auth: { kind: api_key }
                fields:
                  apiKey: { scope: secret, title: API key }
                  region: { scope: integration, title: Region }
                verify: none
                api: { base: https://api.acme.example, headers: { x-key: "${secret.apiKey}", x-region: "${app.region}" } }
                """);
        Files.writeString(folder.resolve("hook-secret"), "the-secret-of-webhooks\n");
        Files.writeString(
                folder.resolve("logo.svg"),
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><path d=\"M0 0h1\"/></svg>");
        for (Latchkey server : List.of(one, other)) {
            Path empty = folder.resolve("empty.yaml");
            Files.writeString(empty, """
                    environment: { return_urls: [], confirm_user: links, callback_url: null }
                    branding: { product_name: null, colors: null, texts: null, logo: null, theme: null }
                    providers: []
                    integrations: []
                    webhooks: []
                    keys: []
                    """);
            Ran ran = run(server, "-f", empty.toString(), "--prune", "--delete-connections");
            assertThat(ran.status()).as(ran.err()).isZero();
        }
    }

    private Ran run(Latchkey server, String... arguments) {
        List<String> all = new ArrayList<>(List.of("apply"));
        all.addAll(List.of(arguments));
        return command(server, all);
    }

    private Ran command(Latchkey server, List<String> arguments) {
        Map<String, String> environment = new HashMap<>(variables);
        environment.put("LATCHKEY_HOST", server.address.toString());
        environment.put("LATCHKEY_SECRET_KEY", server.key);
        environment.put("LATCHKEY_ACCOUNT_KEY", server.accountKey);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = LatchkeyCommand.line(environment)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments.toArray(String[]::new));
        return new Ran(status, out.toString(), err.toString());
    }

    private String export(Latchkey server) {
        Ran ran = command(server, List.of("export", "--yaml"));
        assertThat(ran.status()).as(ran.err()).isZero();
        return ran.out();
    }

    private String file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("integrations.yaml"), yaml).toString();
    }

    private Ran applied(String yaml, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of("-f", file(yaml)));
        all.addAll(List.of(options));
        return run(one, all.toArray(String[]::new));
    }

    @Test
    void aDryRunChangesNothingAndApplyingTwiceChangesNothingMore() throws IOException {
        String before = export(one);
        long audited = one.count("SELECT count(*) FROM audit_log");

        Ran tried = applied(WHOLE, "--dry-run", "--exit-code");

        assertThat(tried.status()).as(tried.err()).isEqualTo(3);
        assertThat(tried.out())
                .contains(
                        "+ integration github\n",
                        "    credentials.client_secret: ${GITHUB_SECRET}\n",
                        "    webhook_secret: file hook-secret\n",
                        "~ environment settings\n",
                        "    confirm_user: links -> always\n",
                        "+ provider acme\n",
                        "+ webhook endpoint http://127.0.0.1:9/hooks\n",
                        "+ key backend\n")
                .contains("7 to add, 2 to change, 0 to delete, 0 unchanged.");
        assertThat(export(one)).isEqualTo(before);
        assertThat(one.count("SELECT count(*) FROM audit_log")).isEqualTo(audited);
        assertThat(folder.resolve("backend.key")).doesNotExist();

        Ran done = applied(WHOLE);

        assertThat(done.status()).as(done.err()).isZero();
        assertThat(one.call("GET", "/integrations/github?include=credentials", "", 200)
                        .at("/data/credentials/client_secret")
                        .asString())
                .isEqualTo("the-secret-of-github");
        assertThat(done.out() + done.err()).doesNotContain("the-secret", "the-client");
        String key = Files.readString(folder.resolve("backend.key")).strip();
        assertThat(one.sendAs("Bearer " + key, "GET", "/integrations", "").statusCode())
                .isEqualTo(403);
        long after = one.count("SELECT count(*) FROM audit_log");

        Ran again = applied(WHOLE, "--prune");

        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.out()).contains("0 to add, 0 to change, 0 to delete, 9 unchanged.");
        assertThat(one.count("SELECT count(*) FROM audit_log")).isEqualTo(after);
        assertThat(applied(WHOLE, "--dry-run", "--exit-code").status()).isZero();
    }

    @Test
    void aChangeIsShownMemberByMemberWithoutASecret() throws IOException {
        assertThat(applied(WHOLE).err()).contains("key backend is added.");
        variables.put("GITHUB_SECRET", "the-secret-after");

        Ran changed = applied(WHOLE.replace("[repo, user]", "[repo]")
                .replace("region: eu", "region: us")
                .replace("environment:proxy]", "environment:connect_sessions:write]")
                .replace("#112233", "#112244")
                .replace("name: Beta", "name: Gamma"));

        assertThat(changed.status()).as(changed.err()).isZero();
        assertThat(changed.out()).contains("""
                        ~ provider beta
                            name: Beta -> Gamma
                        ~ integration github
                            scopes: repo,user -> repo
                            credentials.client_secret: changed to ${GITHUB_SECRET}
                        ~ integration acme
                            custom.region: eu -> us
                        """, """
                        ~ branding
                            colors.light: #112233 -> #112244
                        """, """
                        ~ key backend
                            scopes: ["environment:connections:read","environment:proxy"] -> ["environment:connections:read","environment:connect_sessions:write"]
                        """).doesNotContain("the-secret");
        String key = Files.readString(folder.resolve("backend.key")).strip();
        assertThat(one.sendAs("Bearer " + key, "POST", "/connect/sessions", "{\"tags\": {\"a\": \"b\"}}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(one.call("GET", "/integrations/github?include=credentials", "", 200)
                        .at("/data/credentials/client_secret")
                        .asString())
                .isEqualTo("the-secret-after");
    }

    @Test
    void aPruneKeepsWhatHasConnectionsAndSectionsThatAreNotMentioned() throws IOException {
        assertThat(applied(WHOLE).err()).contains("key backend is added.");
        one.call("POST", "/connections", """
                {"provider_config_key": "github", "connection_id": "c1",
                 "credentials": {"type": "OAUTH2", "access_token": "at"}}""", 201);
        String rest = "integrations: []\nproviders: []\n";

        Ran pruned = applied(rest, "--prune");

        assertThat(pruned.status()).as(pruned.err()).isZero();
        assertThat(pruned.out())
                .contains(
                        "! integration github",
                        "- integration acme",
                        "- integration try-slack",
                        "- provider acme",
                        "- provider beta",
                        "0 to add, 0 to change, 4 to delete");
        one.call("GET", "/connections/c1?provider_config_key=github", "", 200);
        assertThat(one.call("GET", "/environment/webhooks", "", 200).path("data"))
                .hasSize(1);
        assertThat(one.send("DELETE", "/integrations/github?only_unused=true", "")
                        .statusCode())
                .isEqualTo(409);

        Ran all = applied(rest, "--prune", "--delete-connections");

        assertThat(all.out()).contains("- integration github with its connections");
        one.call("GET", "/connections/c1?provider_config_key=github", "", 400);
        assertThat(applied("keys: []", "--prune").out()).contains("- key backend", "! key");
        one.call("GET", "/environment", "", 200);
    }

    @Test
    void whatIsWrongIsSaidBeforeAnythingIsChanged() throws IOException {
        String before = export(one);
        variables.remove("GITHUB_SECRET");
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put(WHOLE, "integrations[0].credentials.client_secret needs the environment variable GITHUB_SECRET");
        wrong.put("integration: []", "integration is no section");
        wrong.put("integrations: {}", "integrations must be a list");
        wrong.put(
                "integrations: [{unique_key: a, provider: github, credentials: {client_secret: typed-here}}]",
                "integrations[0].credentials.client_secret is a secret: write ${NAME}");
        wrong.put("integrations: [{provider: github}]", "integrations[0] has no unique_key");
        wrong.put("keys: [{name: a}, {name: a}]", "name a stands twice");
        wrong.put("webhooks: [{url: {file: missing}}]", "which cannot be read");
        wrong.put("a: 1\na: 2", "is not valid YAML");
        wrong.forEach((yaml, message) -> {
            Ran ran = tried(yaml);
            assertThat(ran.status()).as(yaml).isEqualTo(2);
            assertThat(ran.err()).contains(message).doesNotContain("typed-here");
            assertThat(ran.out()).isEmpty();
        });
        Map<String, String> refused = Map.of(
                "environment: {name: prod}", "for the environment prod, and the key is of dev",
                "environment: {confirm_user: perhaps}", "must be always, links or never",
                "integrations: [{unique_key: a, provider: nothing-like-it}]", "there is no such provider",
                "integrations: [{unique_key: a, provider: github, lap: true}]", "unknown: lap",
                "webhooks: [{url: 'ftp://x'}]", "url",
                "providers: [{id: q}]", "providers[0]",
                "keys: [{name: new}]", "'secret_file' must name the file",
                "keys: [{name: new, scopes: [all], secret_file: new.key}]", "there is no such scope");
        refused.forEach((yaml, message) -> {
            Ran ran = tried(yaml + "\n");
            assertThat(ran.status()).as(yaml).isEqualTo(1);
            assertThat(ran.err()).contains(message);
        });
        assertThat(export(one)).isEqualTo(before);
    }

    private Ran tried(String yaml) {
        try {
            return applied(yaml);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Each kind of authentication with each setting of integrations that its definitions have: nothing is lost on the way. */
    @Test
    void whatIsExportedMakesTheSameEnvironmentElsewhereWhateverTheProvider() throws Exception {
        assertThat(applied(WHOLE).err()).contains("key backend is added.");
        Map<String, Provider> kinds = new LinkedHashMap<>();
        for (Provider provider : Catalogue.load().all()) {
            List<String> fields = fields(provider);
            kinds.putIfAbsent(provider.auth().facts().mode() + fields, provider);
        }
        kinds.values().forEach(provider -> create(provider));

        String exported = export(one);

        assertThat(exported).doesNotContain("the-secret", "typed-secret", "BEGIN PRIVATE KEY");
        Pattern reference = Pattern.compile("\\$\\{(\\w+)}");
        reference.matcher(exported).results().forEach(found -> variables.put(found.group(1), secret(found.group(1))));
        Path file = Files.writeString(
                folder.resolve("exported.yaml"),
                exported.replace("- name: \"backend\"", "- name: \"backend\"\n  secret_file: other.key"));
        Ran moved = run(other, "-f", file.toString());
        assertThat(moved.status()).as(moved.out() + moved.err()).isZero();
        assertThat(export(other)).isEqualTo(exported);
        Ran again = run(other, "-f", file.toString(), "--prune");
        assertThat(again.out()).contains("0 to add, 0 to change, 0 to delete");
        for (Provider provider : kinds.values()) {
            String path = "/integrations/of-" + provider.id() + "?include=credentials";
            JsonNode here = other.call("GET", path, "", 200).at("/data/credentials");
            assertThat(masked(here))
                    .isEqualTo(masked(one.call("GET", path, "", 200).at("/data/credentials")));
        }
        assertThat(kinds).hasSizeGreaterThan(15);
    }

    private static JsonNode masked(JsonNode credentials) {
        if (credentials instanceof ObjectNode object) {
            object.remove("private_key");
        }
        return credentials;
    }

    private String secret(String variable) {
        return variable.endsWith("PRIVATE_KEY")
                ? PRIVATE_KEY
                : variable.equals("GITHUB_CLIENT_SECRET")
                        ? "the-secret-of-github"
                        : variable.equals("GITHUB_WEBHOOK_SECRET") ? "the-secret-of-webhooks" : "typed-secret";
    }

    private static List<String> fields(Provider provider) {
        return provider.fields().values().stream()
                .filter(field -> field.scope() == Field.Scope.INTEGRATION)
                .map(Field::id)
                .sorted()
                .toList();
    }

    private static final String PRIVATE_KEY = privateKey();

    private static String privateKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return "-----BEGIN PRIVATE KEY-----\n"
                    + Base64.getMimeEncoder()
                            .encodeToString(
                                    generator.generateKeyPair().getPrivate().getEncoded())
                    + "\n-----END PRIVATE KEY-----";
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void create(Provider provider) {
        String mode = provider.auth().facts().mode();
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("unique_key", "of-" + provider.id())
                .put("provider", provider.id());
        body.put("on_missing_scopes", "refuse").put("forward_webhooks", false).put("webhook_secret", "typed-secret");
        boolean installed = provider.auth().facts().installedApp().isPresent();
        if (installed || provider.auth().facts().needsClient()) {
            ObjectNode credentials = body.putObject("credentials").put("type", mode);
            if (installed) {
                credentials
                        .put("app_id", "12")
                        .put("app_link", "https://apps.example/12")
                        .put("private_key", PRIVATE_KEY);
            }
            if (!installed || mode.equals("CUSTOM")) {
                credentials.put("client_id", "id-" + provider.id()).put("client_secret", "typed-secret");
                body.put("scopes", "a,b");
            }
        } else if (mode.equals("AWS_SIGV4")) {
            body.putObject("credentials")
                    .put("type", mode)
                    .put("access_key_id", "AKIA")
                    .put("secret_access_key", "typed-secret");
        }
        List<String> fields = fields(provider);
        if (!fields.isEmpty()) {
            ObjectNode custom = body.putObject("custom");
            fields.forEach(name -> custom.put(name, "v-" + name));
        }
        one.call("POST", "/integrations", body.toString(), 200);
    }
}
