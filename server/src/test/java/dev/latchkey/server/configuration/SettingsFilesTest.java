package dev.latchkey.server.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.commands.LatchkeyCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Settings from variables, from the files that they name, and from {@code latchkey.yaml}. */
class SettingsFilesTest {
    private static final String UUID = "8f14e45f-ceea-467f-a9f1-0d5c2a1b3c4d";

    @TempDir
    private Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private Map<String, String> settingsFile(String yaml) throws IOException {
        return Map.of("LATCHKEY_CONFIG", file("latchkey.yaml", yaml).toString());
    }

    private static String line(Map<String, String> variables, String... arguments) {
        var out = new StringWriter();
        LatchkeyCommand.line(variables).setOut(new PrintWriter(out, true)).execute(arguments);
        return out.toString();
    }

    /** A value that the setting takes, from its own folder where it names something. */
    private String valid(Setting setting) throws IOException {
        return switch (setting) {
            case PORT -> "4100";
            case PUBLIC_URL -> "https://connect.example.com";
            case DATA_DIR, PROVIDERS_DIR, DRIVERS_DIR -> folder.toString();
            case DATABASE_URL -> "postgresql://u:pa55word@localhost/db";
            case DATABASE_DIRECT_URL -> "postgresql://u:pa55word-too@localhost/db";
            case DATABASE_CONNECTIONS, CONNECTIONS_PER_ADDRESS, RATE_LIMIT, FLOW_RATE_LIMIT -> "77";
            case ENCRYPTION_KEY, ENCRYPTION_KEY_PREVIOUS -> "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyMzI=";
            case ENCRYPTION_KMS, ENCRYPTION_KMS_PREVIOUS ->
                "vault:https://vault.example.com:8200/v1/transit/keys/latchkey";
            case ENCRYPTION_KMS_CREDENTIALS, ENCRYPTION_KMS_CREDENTIALS_PREVIOUS -> "hvs.pa55word";
            case SECRET_KEY, ACCOUNT_KEY -> UUID;
            case WEBHOOK_SIGNING_KEY -> "a-key-of-your-receivers";
            case DASHBOARD_PASSWORD -> "correct horse battery";
            case OIDC_ISSUER -> "https://login.example.com";
            case OIDC_CLIENT_ID, OIDC_CLIENT_SECRET -> "client-7";
            case METRICS -> "open";
            case TRUST_FORWARDED -> "true";
            case LAB, REFRESH_AHEAD -> "false";
            case EGRESS_ALLOW, PROXY_HOSTS -> "api.example.com";
            case EGRESS_NO_PROXY -> "*.intern.example";
            case EGRESS_PROXY -> "http://latchkey:s3cret-of-the-proxy@proxy.example.com:3128";
            case EGRESS_CA -> file("ca.pem", "-----BEGIN CERTIFICATE-----").toString();
            case SHUTDOWN_DELAY, PROXY_MAX_WAIT, HEADER_TIMEOUT, IDLE_TIMEOUT, STALL_TIMEOUT -> "9";
            case LOG_LEVEL -> "warn";
            case LOG_FORMAT -> "json";
            case LOG_DAYS, WEBHOOK_DAYS -> "30";
            case MANAGEMENT_PORT -> "4199";
            case OTLP_ENDPOINT -> "http://collector:4318";
            case OTLP_HEADERS -> "api-key=c0llector-secret%21";
            case OTLP_SERVICE -> "latchkey-eu";
            case OTLP_ATTRIBUTES -> "deployment.environment.name=production,k8s.pod.name=latchkey-0";
            case TRACE_SAMPLE -> "0.25";
            case TRACE_VENDORS -> "true";
        };
    }

    @ParameterizedTest
    @EnumSource
    void everySettingIsTheSameFromAVariableAndFromTheFile(Setting setting) throws IOException {
        // What it needs beside it.
        var needed = new HashMap<String, String>();
        if (setting.name().startsWith("OIDC")) {
            for (Setting one : List.of(Setting.OIDC_ISSUER, Setting.OIDC_CLIENT_ID, Setting.OIDC_CLIENT_SECRET)) {
                needed.put(one.variable(), valid(one));
            }
        }
        if (setting == Setting.DATABASE_DIRECT_URL) {
            needed.put(Setting.DATABASE_URL.variable(), valid(Setting.DATABASE_URL));
        }
        Map<String, String> variable = new HashMap<>(needed);
        variable.put(setting.variable(), valid(setting));
        Map<String, String> inFile = new HashMap<>(needed);
        inFile.remove(setting.variable());
        inFile.putAll(settingsFile(setting.key() + ": '" + valid(setting) + "'\n"));
        Map<String, String> byItsVariablesName = new HashMap<>(inFile);
        byItsVariablesName.put(
                "LATCHKEY_CONFIG",
                file("other.yaml", setting.variable() + ": '" + valid(setting) + "'\n")
                        .toString());

        assertThat(Configuration.fromEnvironment(inFile)).isEqualTo(Configuration.fromEnvironment(variable));
        assertThat(Configuration.fromEnvironment(byItsVariablesName))
                .isEqualTo(Configuration.fromEnvironment(variable));
        if (needed.isEmpty()) {
            assertThat(Configuration.fromEnvironment(variable)).isNotEqualTo(Configuration.fromEnvironment(Map.of()));
        }
    }

    private static Stream<Setting> secrets() {
        return Arrays.stream(Setting.values()).filter(Setting::isSecret);
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void everySecretMayBeInAFileAndIsNeverShown(Setting secret) throws IOException {
        var variables = new HashMap<String, String>();
        if (secret == Setting.OIDC_CLIENT_SECRET) {
            variables.putAll(Map.of("LATCHKEY_OIDC_ISSUER", "https://a.example", "LATCHKEY_OIDC_CLIENT_ID", "id"));
        }
        if (secret == Setting.DATABASE_DIRECT_URL) {
            variables.put("LATCHKEY_DATABASE_URL", "postgresql://u:p@localhost:6432/db");
        }
        var direct = new HashMap<>(variables);
        direct.put(secret.variable(), valid(secret));
        variables.put(
                secret.fileVariable(), file("secret", valid(secret) + "\n").toString());

        assertThat(Configuration.fromEnvironment(variables)).isEqualTo(Configuration.fromEnvironment(direct));
        assertThat(line(variables, "config", "show"))
                .contains(secret.variable(), folder.resolve("secret").toString())
                .doesNotContain(valid(secret));
        assertThat(line(direct, "config", "show", "--json")).doesNotContain(valid(secret));
        assertThat(Sources.read(variables).of(secret).toString()).doesNotContain(valid(secret));

        variables.put(secret.variable(), valid(secret));
        assertThatThrownBy(() -> Configuration.fromEnvironment(variables))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("are both set")
                .hasMessageNotContaining(valid(secret));
    }

    @Test
    void saysWhichFileOfASecretCannotBeRead() throws IOException {
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of("LATCHKEY_SECRET_KEY_FILE", "/nowhere/at/all")))
                .hasMessage("LATCHKEY_SECRET_KEY_FILE must name a file that can be read; '/nowhere/at/all' cannot.");
        Path empty = file("empty", " \n");
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of("LATCHKEY_SECRET_KEY_FILE", empty.toString())))
                .hasMessageContaining("which is empty");
    }

    @Test
    void aVariableGoesBeforeTheFile() throws IOException {
        var variables = new HashMap<>(
                settingsFile("port: 4100\nrate_limit: 5\negress_allow:\n  - a.example\n  - b.example:8443\n"));
        variables.put("LATCHKEY_PORT", "4200");

        Configuration configuration = Configuration.fromEnvironment(variables);

        assertThat(configuration.port()).isEqualTo(4200);
        assertThat(configuration.limits().rateLimit()).contains(5);
        assertThat(configuration.egress().allowed()).containsExactly("a.example", "b.example:8443");
        assertThat(line(variables, "config", "show"))
                .containsPattern("LATCHKEY_PORT +4200, from LATCHKEY_PORT")
                .containsPattern("LATCHKEY_RATE_LIMIT +5, from .*latchkey.yaml")
                .containsPattern("LATCHKEY_METRICS +default: key");
    }

    private static Stream<Setting> withStandardNames() {
        return Arrays.stream(Setting.values())
                .filter(setting -> setting.standardVariable().isPresent());
    }

    @ParameterizedTest
    @MethodSource("withStandardNames")
    void theStandardsVariableHoldsWhereTheSettingIsNotGiven(Setting setting) throws IOException {
        String standard = setting.standardVariable().orElseThrow();
        Map<String, String> own = Map.of(setting.variable(), valid(setting));

        assertThat(Configuration.fromEnvironment(Map.of(standard, valid(setting))))
                .isEqualTo(Configuration.fromEnvironment(own));
        assertThat(Configuration.fromEnvironment(Map.of(standard, "=", setting.variable(), valid(setting))))
                .isEqualTo(Configuration.fromEnvironment(own));
        assertThat(line(Map.of(standard, valid(setting)), "config", "show")).contains(", from " + standard);
    }

    @Test
    void namesTheStandardsVariableWhoseValueIsWrongAndNoSecret() {
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")))
                .hasMessage("LATCHKEY_OTLP_ENDPOINT must be an address such as http://collector:4318."
                        + " It is in OTEL_EXPORTER_OTLP_ENDPOINT.");
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of("LATCHKEY_OTLP_HEADERS", "c0llector-secret")))
                .hasMessage("LATCHKEY_OTLP_HEADERS must be entries such as name=value, separated by commas.");
    }

    @Test
    void refusesAFileThatItDoesNotUnderstand() throws IOException {
        assertThat(line(settingsFile("publik_url: https://a.example\n"), "config", "check"))
                .contains("'publik_url', which is no setting; did you mean 'public_url'?");
        assertThat(line(settingsFile("port: {a: 1}\n"), "config", "check")).contains("port must be one value");
        assertThat(line(settingsFile("- port\n"), "config", "check")).contains("must have lines such as");
        assertThat(line(settingsFile("secret_key: \"" + UUID + "\n"), "config", "check"))
                .contains("is not valid YAML")
                .doesNotContain(UUID);
        assertThat(line(settingsFile("rate_limit: many\n"), "config", "check"))
                .contains(
                        "LATCHKEY_RATE_LIMIT must be a number of requests in a minute, or off, not 'many'. It is in ");
        assertThat(line(Map.of("LATCHKEY_CONFIG", "/nowhere/at/all.yaml"), "config", "check"))
                .contains("cannot be read");
        assertThat(line(settingsFile("# nothing\n"), "config", "check")).contains("the settings are valid.");
    }

    @Test
    void warnsAboutVariablesThatNothingReads() {
        Map<String, String> variables = Map.of("LATCHKEY_PUBLIC_ULR", "https://a.example", "LATCHKEY_HOST", "http://a");

        assertThat(SettingsTable.warnings(variables))
                .containsExactly("LATCHKEY_PUBLIC_ULR is no setting; did you mean 'LATCHKEY_PUBLIC_URL'?");
        assertThat(line(variables, "config", "check"))
                .contains("note: LATCHKEY_PUBLIC_ULR")
                .contains("ok: ");
    }

    @Test
    void readsLevelsOfLoggers() {
        Configuration.Records records = Configuration.fromEnvironment(
                        Map.of("LATCHKEY_LOG_LEVEL", "warn, dev.latchkey.server.refresh=DEBUG"))
                .records();

        assertThat(records.levels())
                .isEqualTo(Map.of(
                        "",
                        Configuration.Records.Level.WARN,
                        "dev.latchkey.server.refresh",
                        Configuration.Records.Level.DEBUG));
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of("LATCHKEY_LOG_LEVEL", "loud")))
                .hasMessageContaining("has the levels error, warn, info, debug and off, not 'loud'");
    }

    @Test
    void theDocumentationHasTheTable() throws IOException {
        assertThat(Files.readString(Path.of("../docs/settings.md")))
                .as("docs/settings.md: run ./latchkey config docs")
                .contains(line(Map.of(), "config", "docs"));
    }
}
