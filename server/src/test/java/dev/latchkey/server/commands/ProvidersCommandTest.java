package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.nango.NangoCatalogue;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvidersCommandTest {
    /** Of the guide's table. */
    private static final Map<String, List<String>> ROWS = Map.of(
            "API_KEY", List.of("API_KEY"),
            "OAUTH2", List.of("OAUTH2"),
            "OAUTH2_CC", List.of("OAUTH2_CC"),
            "BASIC", List.of("BASIC"),
            "TWO_STEP", List.of("TWO_STEP"),
            "MCP_OAUTH2, _GENERIC", List.of("MCP_OAUTH2", "MCP_OAUTH2_GENERIC"),
            "OAUTH1, TBA, NONE, SIGNATURE", List.of("OAUTH1", "TBA", "NONE", "SIGNATURE"),
            "APP, CUSTOM, JWT, BILL, AWS_SIGV4, INSTALL_PLUGIN",
                    List.of("APP", "CUSTOM", "JWT", "BILL", "AWS_SIGV4", "INSTALL_PLUGIN"));

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return LatchkeyCommand.line(Map.of())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @Test
    void checksWhatShips() {
        assertThat(run("providers", "check")).isZero();
        assertThat(out.toString()).matches("\\d{3,4} definitions are in order\\.\\R");
    }

    @Test
    void namesFileLineAndKeyOfAMistake() throws IOException {
        Files.writeString(folder.resolve("acme.yaml"), """
                id: acme
                name: Acme
                api_docs: https://developers.acme.example
                auth: { kind: api_key }
                api: { base: https://api.acme.example, haeders: { x-key: "${secret.apiKey}" } }
                """);

        assertThat(run("providers", "check", folder.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("acme.yaml:5: 'haeders' is not known here");
    }

    @Test
    void writesThePagesAndRemovesWhatIsNoMore() throws IOException {
        Files.writeString(folder.resolve("gone.md"), "");

        assertThat(run("providers", "docs", folder.toString())).isZero();
        assertThat(folder.resolve("gone.md")).doesNotExist();
        assertThat(folder.resolve("slack.md")).content().startsWith("# Slack\n");
        assertThat(folder.resolve("README.md")).content().contains("[Slack](slack.md)");
    }

    @Test
    void convertsACatalogueInNangosFormatAndSaysWhatItCannotExpress() throws IOException {
        Path file = folder.resolve("providers.yaml");
        Files.writeString(file, """
                acme:
                    display_name: Acme
                    categories: [crm]
                    auth_mode: OAUTH2
                    authorization_url: https://${connectionConfig.subdomain}.acme.example/authorize
                    authorization_params: { response_type: code, access_type: offline }
                    token_url: https://${connectionConfig.subdomain}.acme.example/token
                    token_params: { grant_type: authorization_code }
                    token_request_auth_method: basic
                    scope_separator: ','
                    default_scopes: [offline]
                    post_connection_script: acmePostConnection
                    proxy: { base_url: 'https://${connectionConfig.subdomain}.acme.example || https://api.acme.example' }
                    docs: https://developers.acme.example
                    connection_config:
                        subdomain: { type: string, title: Subdomain, pattern: '^[a-z]+$', suffix: .acme.example }
                acme-key:
                    display_name: Acme (key)
                    auth_mode: API_KEY
                    proxy:
                        base_url: https://api.acme.example
                        headers: { authorization: 'Basic ${base64(${apiKey}:x)}' }
                        verification: { method: GET, endpoints: [/me] }
                    docs: https://developers.acme.example
                acme-odd: { display_name: Acme (odd), auth_mode: APP }
                """);
        Path to = folder.resolve("converted");

        assertThat(run("providers", "import", file.toString(), "--to", to.toString()))
                .isEqualTo(1);

        assertThat(out.toString())
                .contains("acme: without post_connection_script", "acme-odd: not converted: the kind APP")
                .containsPattern("all +1 +1 +1");
        assertThat(Files.readString(to.resolve("acme-key.yaml"))).contains("Basic ${base64(secret.apiKey + '':x'')}");
        assertThat(Files.readString(to.resolve("acme.yaml"))).contains("client_auth: basic");
        assertThat(run("providers", "check", to.toString())).isZero();
    }

    /** The reference's own catalogue, where npm can bring it; nothing of it stays. */
    @Test
    void convertsNearlyAllOfTheReferencesCatalogue() throws Exception {
        Path file = ReferenceCatalogue.file();

        var all = NangoCatalogue.convert(Files.readString(file));

        assertThat(all).hasSizeGreaterThan(1_000);
        long whole = all.stream().filter(NangoCatalogue.Converted::isWhole).count();
        long converted = all.stream().filter(one -> one.text().isPresent()).count();
        assertThat(converted).isGreaterThan(all.size() * 95L / 100);
        // The guide's figures are these.
        String guide = Files.readString(Path.of("../docs/providers.md")).replaceAll("\\s+", " ");
        assertThat(guide)
                .contains(
                        "Of the %,d entries of `@nangohq/providers` 0.71.10 it converts %d whole and %d in part, and %d not"
                                .formatted(all.size(), whole, converted - whole, all.size() - converted));
        for (Map.Entry<String, List<String>> row : ROWS.entrySet()) {
            var ones = all.stream()
                    .filter(one -> row.getValue().contains(one.mode()))
                    .toList();
            long wholeOnes =
                    ones.stream().filter(NangoCatalogue.Converted::isWhole).count();
            long convertedOnes =
                    ones.stream().filter(one -> one.text().isPresent()).count();
            assertThat(guide)
                    .contains("| %s | %d | %d | %d |"
                            .formatted(
                                    row.getKey(), wholeOnes, convertedOnes - wholeOnes, ones.size() - convertedOnes));
        }
        // What is not converted says why.
        assertThat(all)
                .isNotEmpty()
                .allMatch(one -> one.text().isPresent() || !one.missing().isEmpty());
    }

    @Test
    void saysThatAFolderIsMissing() {
        assertThat(run("providers", "check", folder.resolve("no").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("There is no folder at");
    }
}
