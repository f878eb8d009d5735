package dev.latchkey.server.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.Modules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern VARIABLE = Pattern.compile("LATCHKEY_[A-Z][A-Z_]*[A-Z]");

    /** What commands, the client and the launcher read. */
    @Test
    void everyVariableThatTheSourcesNameIsInTheReadme() throws IOException {
        var named = new TreeSet<>(variables(Files.readString(ROOT.resolve("latchkey"))));
        for (String module : Modules.all()) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    named.addAll(variables(Files.readString(file)));
                }
            }
        }

        assertThat(named).contains("LATCHKEY_HOST", "LATCHKEY_JAVA_HOME");
        assertThat(documented()).as("the variables in docs/settings.md").containsAll(named);
    }

    /** No variable that is read no longer. */
    @Test
    void everyVariableOfTheGuidesIsRead() throws IOException {
        var code = new StringBuilder(Files.readString(ROOT.resolve("latchkey")));
        for (String module : List.of("client", "server")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    code.append(Files.readString(file));
                }
            }
        }
        Set<String> settings = Arrays.stream(Setting.values())
                .flatMap(setting -> Stream.of(setting.variable(), setting.fileVariable()))
                .collect(Collectors.toSet());
        Set<String> known = Stream.concat(settings.stream(), variables(code.toString()).stream())
                .collect(Collectors.toSet());
        assertThat(documented()).isNotEmpty();
        try (Stream<Path> guides = Files.walk(ROOT.resolve("docs"))) {
            for (Path guide : Stream.concat(guides, Stream.of(ROOT.resolve("README.md")))
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList()) {
                assertThat(variables(Files.readString(guide)))
                        .as(guide.toString())
                        .isSubsetOf(known);
            }
        }
    }

    private static Set<String> documented() throws IOException {
        return variables(Files.readString(ROOT.resolve("docs/settings.md")));
    }

    private static Set<String> variables(String text) {
        return VARIABLE.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
    }

    @Test
    void servesTheLabWithTheEmbeddedDatabaseOnly() {
        assertThat(Configuration.fromEnvironment(Map.of()).lab()).isTrue();
        assertThat(Configuration.fromEnvironment(Map.of("LATCHKEY_DATABASE_URL", "postgresql://u:p@localhost/db"))
                        .lab())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:3003, true",
        "http://127.0.0.1:3003, true",
        "http://127.8.9.1, true",
        "http://[::1]:3003, true",
        "https://latchkey.localhost, true",
        "https://latchkey.test, false",
        "https://localhost.example.com, false",
        "https://127.0.0.1.example.com, false",
        "http://192.0.2.7:3003, false",
        "http://0.0.0.0:3003, false",
        "http://2130706433:3003, false",
        "http://[2001:db8::1]:3003, false",
    })
    void servesTheLabAtALoopbackAddressOnlyUnlessItIsAskedFor(String publicUrl, boolean lab) {
        Map<String, String> settings = Map.of("LATCHKEY_PUBLIC_URL", publicUrl);

        assertThat(Configuration.fromEnvironment(settings).lab()).isEqualTo(lab);
        assertThat(Configuration.fromEnvironment(
                                Map.of("LATCHKEY_PUBLIC_URL", publicUrl, "LATCHKEY_LAB", Boolean.toString(!lab)))
                        .lab())
                .isEqualTo(!lab);
    }

    @ParameterizedTest
    @CsvSource({
        "LATCHKEY_PORT, many, LATCHKEY_PORT must be a number",
        "LATCHKEY_PORT, 70000, LATCHKEY_PORT must be a number",
        "LATCHKEY_PUBLIC_URL, connect.example.com, LATCHKEY_PUBLIC_URL must be an address",
        "LATCHKEY_PUBLIC_URL, https://u:p@example.com, LATCHKEY_PUBLIC_URL must be an address",
        "LATCHKEY_SECRET_KEY, short, LATCHKEY_SECRET_KEY must be a UUID v4",
        "LATCHKEY_ACCOUNT_KEY, short, LATCHKEY_ACCOUNT_KEY must be a UUID v4",
        "LATCHKEY_MANAGEMENT_PORT, 0, LATCHKEY_MANAGEMENT_PORT must be a number from 1",
        "LATCHKEY_MANAGEMENT_PORT, 3003, LATCHKEY_MANAGEMENT_PORT must differ from LATCHKEY_PORT",
        "LATCHKEY_OTLP_ENDPOINT, ftp://collector, LATCHKEY_OTLP_ENDPOINT must be an address",
        "LATCHKEY_OTLP_ENDPOINT, http://u:p@collector, LATCHKEY_OTLP_ENDPOINT must be an address",
        "LATCHKEY_OTLP_ATTRIBUTES, production, LATCHKEY_OTLP_ATTRIBUTES must be entries such as name=value",
        "LATCHKEY_TRACE_SAMPLE, 25, LATCHKEY_TRACE_SAMPLE must be a number from 0 to 1",
        "LATCHKEY_TRACE_VENDORS, yes, LATCHKEY_TRACE_VENDORS must be true or false",
        "LATCHKEY_HEADER_TIMEOUT, 0, LATCHKEY_HEADER_TIMEOUT must be a number of seconds from 1",
        "LATCHKEY_STALL_TIMEOUT, soon, LATCHKEY_STALL_TIMEOUT must be a number of seconds",
        "LATCHKEY_CONNECTIONS_PER_ADDRESS, 0, LATCHKEY_CONNECTIONS_PER_ADDRESS must be a number of connections",
        "LATCHKEY_DATABASE_DIRECT_URL, postgresql://u:p@h/d, LATCHKEY_DATABASE_DIRECT_URL is of no use without LATCHKEY_DATABASE_URL",
        "LATCHKEY_LAB, yes, LATCHKEY_LAB must be true or false",
        "LATCHKEY_EGRESS_CA, /nowhere/at/all.pem, LATCHKEY_EGRESS_CA must name a file",
        "LATCHKEY_PROVIDERS_DIR, /nowhere/at/all, LATCHKEY_PROVIDERS_DIR must name a folder",
    })
    void saysWhatToWriteInsteadOfAWrongValue(String name, String value, String sentence) {
        assertThatThrownBy(() -> Configuration.fromEnvironment(Map.of(name, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(sentence);
    }

    @Test
    void showsNoSecretWhenPrinted() {
        Configuration configuration = Configuration.fromEnvironment(Map.of(
                "LATCHKEY_DATABASE_URL", "postgresql://u:pa55word@localhost/db",
                "LATCHKEY_SECRET_KEY", "8f14e45f-ceea-467f-a9f1-0d5c2a1b3c4d"));

        assertThat(configuration.toString()).doesNotContain("pa55word").doesNotContain("8f14e45f");
    }
}
