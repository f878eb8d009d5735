package dev.latchkey.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.template.Patterns;
import dev.latchkey.catalogue.template.Template;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Definitions of people who need not be trusted with the machine: what they write is data, and small. */
class ForeignDefinitionTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final Reach STRANGER = new Reach(
            false,
            port -> port == 443,
            address -> address.getHost().startsWith("127.") ? Optional.of("not public") : Optional.empty());

    private static Provider read(String text) {
        return CATALOGUE.read(text, STRANGER);
    }

    private static String key(String addition) {
        return """
                id: mine
                name: Mine
                api_docs: https://example.com/docs
                auth: { kind: api_key }
                fields: { apiKey: { scope: secret, exposed: true } }
                verify: none
                """ + addition;
    }

    @Test
    void isReadAsYamlAndAsJson() {
        assertThat(read(key("")).auth()).isInstanceOf(Auth.ApiKey.class);
        assertThat(read("""
                        {"id": "mine", "name": "Mine \\ud83d\\ude00\\/", "api_docs": "https://example.com/docs",
                        \t"auth": {"kind": "none"}, "tags": ["crm"]}""").name()).isEqualTo("Mine 😀/");
    }

    /** Found by {@link #whateverIsWrittenIsReadOrRefused}: it was a NoSuchElementException. */
    @Test
    void anInstallationWithoutItsSignedTokenIsRefusedInWords() {
        assertThatThrownBy(() -> read("""
                        id: mine
                        name: Mine
                        api_docs: https://example.com/docs
                        auth: { kind: app_installation, token: { call: "POST https://api.example.com/token", access: token } }
                        """))
                .isInstanceOf(CatalogueException.class)
                .hasMessageContaining("'jwt' is missing");
    }

    @Test
    void mayExtendTheShippedOneWhosePlaceItTakes() {
        Provider mine = read("""
                id: github
                extends: github
                name: GitHub of ours
                api: { base: "https://api.github.example" }
                """);

        assertThat(mine.auth())
                .usingRecursiveComparison()
                .isEqualTo(CATALOGUE.find("github").orElseThrow().auth());
        assertThat(mine.name()).isEqualTo("GitHub of ours");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            api: { base: "http://127.0.0.1:9/" }                           | 7 | api.base          | must begin with https://
            api: { base: "https://127.0.0.1/api" }                         | 7 | api.base          | not public
            api: { base: "https://example.com", ports: ["8443"] }          | 7 | api.ports         | port 8443 is not open
            api: { headers: { "x\\r\\ny": a } }                            | 7 | api.headers.*     | a header's name
            api: { headers: { Transfer-Encoding: chunked } }               | 7 | api.headers.Transfer-Encoding | Latchkey's own to send
            api: { headers: { host: example.com } }                        | 7 | api.headers.host  | Latchkey's own to send
            on_delete: { call: "POST https://example.com", headers: { content-length: "0" } } | 7 | on_delete.headers.content-length | Latchkey's own to send
            on_delete: { call: "POST https://example.com", text: a, content_type: "a/b\\r\\nc: d" } | 7 | on_delete.content_type | must be one
            api: { base: "https://example.com/${replace(secret.apiKey, 'a')}" } | 7 | api.base     | does not take 2 arguments
            api: { rate: { requests: "1", per: 999999999d } }              | 7 | api.rate.per      | longer than a hundred years
            unknown: 1                                                     | 7 | unknown           | 'unknown' is not known here
            """)
    void reportsLineAndKeysOfWhatItMayNot(String addition, int line, String path, String message) {
        String text = key(addition);

        assertThatThrownBy(() -> read(text))
                .asInstanceOf(type(CatalogueException.class))
                .satisfies(e -> assertThat(e.problems()).anySatisfy(problem -> {
                    assertThat(problem.message()).contains(message);
                    assertThat(problem.line()).isEqualTo(line);
                    assertThat(String.join(".", problem.path())).matches(path.replace("*", "(?s:.*)"));
                }));
    }

    /** Each of these few characters would fill the memory or the stack. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "((a{1000}){1000}){1000}",
                "(a{500}){500}",
                "((((((((a{9}){9}){9}){9}){9}){9}){9}){9})",
            })
    void compilesNoPatternThatIsLargerThanItLooks(String pattern) {
        assertThatThrownBy(() -> read(key("fields: { a: { check: '" + pattern + "', exposed: true } }")
                        .replaceFirst("fields: \\{ apiKey.*\n", "")))
                .hasMessageContaining("counted repeats");
        assertThatThrownBy(() -> Patterns.compile("a{1000}".repeat(250), 0)).hasMessageContaining("counted repeats");
        assertThatThrownBy(() -> Patterns.compile("(".repeat(500) + ")".repeat(500), 0))
                .hasMessageContaining("counted repeats");
        assertThat(Patterns.compile("^[a-z0-9]{1,63}([.-][a-z0-9]{1,63}){0,8}\\{2\\}$", 0))
                .isNotNull();
    }

    @Test
    void ofDeepNestingItSaysSo() {
        assertThatThrownBy(() -> read(key("tags: " + "[".repeat(20_000)))).hasMessageContaining("too deep");
        assertThatThrownBy(() -> read(key("api: { base: \"https://example.com/${" + "upper(".repeat(5_000) + "app.name"
                        + ")".repeat(5_000) + "}\" }")))
                .hasMessageContaining("in each other at most");
    }

    @Test
    void aTemplateMakesNothingOfAValueThatDoesNotFitIntoMemory() {
        String many = "a".repeat(1_000);
        Template blown = Template.parse(
                "${replace(replace(replace(config.x, 'a', '" + many + "'), 'a', '" + many + "'), 'a', '" + many + "')}",
                Template.Position.PLAIN);

        assertThatThrownBy(() -> blown.expand(reference -> Optional.of(many))).hasMessageContaining("longer than");
        for (String odd : List.of("take(config.x, '-1')", "part(config.x, 'a', '-1')", "now('yyyy', 'x')")) {
            assertThatThrownBy(() -> Template.parse("${" + odd + "}", Template.Position.PLAIN)
                            .expand(reference -> Optional.of(many)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Whatever is written, the answer is a provider or problems: nothing else is thrown. */
    @Test
    void whateverIsWrittenIsReadOrRefused() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> shipped = new ArrayList<>();
        for (String id :
                List.of("slack", "salesforce", "stripe-api-key", "postgres", "github-app", "docuware", "aws-iam")) {
            try (var stream = Catalogue.class.getResourceAsStream("/providers/" + id + ".yaml")) {
                if (stream != null) {
                    shipped.add(new String(stream.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
                }
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        String[] odd = {
            "",
            "{}",
            "[]",
            "null",
            "-1",
            "99999999999999999999",
            "${",
            "${config.x}",
            "'",
            "? [a]: b",
            "&a",
            "*a",
            "!!x"
        };
        int refused = 0;
        int unexplained = 0;
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder(shipped.get(random.nextInt(shipped.size())));
            for (int change = random.nextInt(1, 4); change > 0; change--) {
                int at = random.nextInt(text.length());
                int end = Math.min(text.length(), at + random.nextInt(12));
                text.replace(at, end, odd[random.nextInt(odd.length)]);
            }
            try {
                read(text.toString());
            } catch (CatalogueException e) {
                unexplained += e.problems().isEmpty() ? 1 : 0;
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", of\n" + text, e);
            }
        }
        assertThat(unexplained).as("refused without a problem, of seed " + seed).isZero();
        assertThat(refused).isGreaterThan(300);
    }
}
