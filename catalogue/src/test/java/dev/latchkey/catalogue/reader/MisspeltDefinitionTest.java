package dev.latchkey.catalogue.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The problems of a definition with a slip: they name the word that was meant, and nothing that only follows from the slip. */
class MisspeltDefinitionTest {
    private static List<String> problems(String auth, String more) {
        return Catalogue.problems("acme.yaml", """
                        id: acme
                        name: Acme
                        api_docs: https://acme.example/docs
                        fields: { region: { scope: connection }, key: { scope: secret } }
                        auth: %s
                        api: { base: "https://${config.region}.acme.example", headers: { x-key: "${secret.key}" } }
                        %s
                        """.formatted(auth, more)).stream()
                .map(Problem::message)
                .toList();
    }

    @Test
    void aMisspeltKindIsOneProblemThatNamesTheKinds() {
        List<String> wrong = new ArrayList<>();
        for (String kind : AuthReader.KINDS.keySet()) {
            String misspelt = kind.substring(0, kind.length() - 1);
            List<String> said =
                    problems("{ kind: " + misspelt + ", exchange: { url: https://acme.example }, x: y }", "");

            if (said.size() != 1
                    || !said.getFirst().contains("'" + kind + "'")
                    || !said.getFirst().endsWith("kinds are " + String.join(", ", AuthReader.KINDS.keySet()))) {
                wrong.add(misspelt + ": " + said);
            }
        }

        assertThat(wrong).isEmpty();
        assertThat(problems("{ kind: oauth2 }", "").getFirst())
                .contains("did you mean 'oauth2_client' or 'oauth2_code'?");
    }

    @Test
    void whatIsWrongBesidesTheKindIsSaidAtOnce() {
        assertThat(problems("{ kind: password }", "colour: blue"))
                .hasSize(2)
                .anyMatch(said -> said.contains("'colour'"));
        assertThat(problems("{ clientauth: basic }", "colour: blue"))
                .hasSize(2)
                .anyMatch(said -> said.equals("'kind' is missing"));
        assertThat(Catalogue.problems(
                        "acme.yaml", "{ id: acme, name: Acme, api_docs: https://acme.example, auht: {} }"))
                .extracting(Problem::message)
                .hasSize(2)
                .contains("'auth' is missing")
                .anyMatch(said -> said.startsWith("'auht' is not known here; did you mean 'auth'? known are "));
    }

    @Test
    void aMisspeltKeyIsCorrectedInEveryBlock() {
        List<String> wrong = new ArrayList<>();
        List<Slip> slips = Slip.everywhere();
        for (Slip slip : slips) {
            List<String> said = slip.said();
            if (said.stream()
                    .noneMatch(
                            message -> message.startsWith("'" + slip.misspelt() + "' is not known here; did you mean '")
                                    && message.replaceFirst("\\?.*", "").contains("'" + slip.key() + "'"))) {
                wrong.add(slip.misspelt() + " in " + slip.definition() + ": " + said);
            }
        }

        assertThat(wrong).isEmpty();
        assertThat(slips).hasSizeGreaterThan(500);
    }

    @Test
    void listsAllKeysWhereOneIsUnknown() {
        assertThat(problems(
                        "{ kind: oauth2_code, authorize: { url: https://a.example }, exchange: { url: https://a.example }, token: { acces: x } }",
                        ""))
                .containsExactly(
                        "'acces' is not known here; did you mean 'access'? known are access, errors, expires_at, "
                                + "expires_in, keep_access, keep_refresh, refresh, refresh_expires_in, root, ttl, unit");
    }

    /** No request carries a fragment, so that a definition with one means something that does not happen. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            { kind: oauth2_code, authorize: { url: "https://a.example/#x" }, exchange: { url: "https://a.example/" } }                      |
            { kind: oauth2_code, authorize: { url: "https://a.example/?x=1#x" }, exchange: { url: "https://a.example/" } }                  |
            { kind: oauth2_code, authorize: { url: "https://a.example/" }, exchange: { url: "https://a.example/#x" } }                      | 'url' has a fragment
            { kind: oauth2_code, authorize: { url: "https://a.example/#x", fragment: x }, exchange: { url: "https://a.example/" } }         | 'url' has a fragment already
            { kind: oauth2_code, authorize: { url: "https://a.example/", pushed: "https://a.example/#x" }, exchange: { url: "https://a.example/" } } | 'pushed' has a fragment
            { kind: exchange, steps: [ { id: a, call: "GET https://a.example/${secret.key}#x" } ] }                                         | 'call' has a fragment
            { kind: plugin_install, install: "https://a.example/#x" }                                                                       | 'install' has a fragment
            { kind: mcp, server: "https://a.example/#x" }                                                                                   | 'server' has a fragment
            """)
    void refusesAFragmentThatWouldNotBeSent(String auth, String problem) {
        List<String> said = problems(auth, "");

        if (problem == null) {
            assertThat(said).isEmpty();
        } else {
            assertThat(said).anyMatch(message -> message.startsWith(problem));
        }
    }

    /** Else {@code https://vendor.${config.x}#/} would pass for a label of the vendor's host. */
    @Test
    void aFragmentEndsTheHost() {
        assertThat(problems("{ kind: none }", "help: https://a.example")).isEmpty();
        assertThat(dev.latchkey.catalogue.template.Template.parse(
                                "https://a.${config.region}#x", dev.latchkey.catalogue.template.Template.Position.PAGE)
                        .hosts())
                .hasSize(1);
    }
}
