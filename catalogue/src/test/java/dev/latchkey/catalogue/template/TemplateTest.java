package dev.latchkey.catalogue.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            plain                              | plain
            ${config.x}                        | value
            a${config.x}b${'c'}                | avaluebc
            ${config.x + '-' + config.x}       | value-value
            ${base64(config.x)}                | dmFsdWU=
            ${take(config.x, '2')}             | va
            ${sha256('abc', 'hex')}            | ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
            ${hmac('sha256', 'key', 'The quick brown fox jumps over the lazy dog', 'hex')} | f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8
            """)
    void expands(String source, String expected) {
        assertThat(Template.parse(source, Template.Position.PLAIN).expand(values("value")))
                .contains(expected);
    }

    @Test
    void isEmptyWhereAValueIsMissing() {
        Template template = Template.parse("a${config.x}", Template.Position.PLAIN);

        assertThat(template.expand(reference -> Optional.empty())).isEmpty();
        assertThat(template.references()).containsExactly(new Template.Reference("config", List.of("x")));
    }

    /** As the largest definition that is taken could have it: measured in bytes that parsing allocates, which no other load changes. */
    @ParameterizedTest
    @ValueSource(strings = {"", "https://", "https://a.example/", "https://a.example?"})
    void parsingAllocatesAsMuchAsTheTextIsLongHoweverManyValuesItHas(String beginning) {
        String half = beginning + "${config.x}.".repeat(2_700);
        String whole = beginning + "${config.x}.".repeat(5_400);
        for (int i = 0; i < 20; i++) {
            Template.parse(half, Template.Position.URL);
        }

        long ofHalf = allocated(half);
        long ofWhole = allocated(whole);

        assertThat(whole).hasSizeGreaterThan(64_000);
        assertThat(ofWhole).isLessThan(3 * ofHalf).isLessThan(40_000_000);
    }

    private static long allocated(String source) {
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        Template.parse(source, Template.Position.URL);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "${",
                "${}",
                "${nope.x}",
                "${config}",
                "${config.x",
                "${fn(}",
                "${base64()}",
                "${'open}",
                "${config.x config.y}",
                "${config..x}"
            })
    void refusesWhatIsNoTemplate(String source) {
        assertThatThrownBy(() -> Template.parse(source, Template.Position.PLAIN))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** B6: a value can never add a host, userinfo, path step or header. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.com/",
                "evil.com#",
                "evil.com?",
                "a@evil.com",
                "a:80",
                "..",
                ".",
                "a.b",
                "a b",
                "a\r\nb",
                "a%2fb",
                "\u2024\u2024",
                "[::1]",
                "-a",
                "a\\b",
                "\uff41"
            })
    void staysInItsHostLabel(String value) {
        Template template = Template.parse("https://${config.x}.example.com/path", Template.Position.URL);

        assertThatThrownBy(() -> template.expand(values(value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("evil");
    }

    @Test
    void keepsAColonInAPathSegmentAndTheDotsAtAHostsEnd() {
        Template template = Template.parse("https://api.example.${config.x}/bot${config.y}/me", Template.Position.URL);

        assertThat(template.expand(
                        reference -> Optional.of(reference.path().getFirst().equals("x") ? "com.au" : "12:A-b_c@d")))
                .contains("https://api.example.com.au/bot12:A-b_c%40d/me");
        assertThat(template.hosts()).containsExactly(new Template.Reference("config", List.of("x")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a/b        | https://example.com/v/a%2Fb/end?q=a%2Fb
            a?b#c&d=e  | https://example.com/v/a%3Fb%23c%26d%3De/end?q=a%3Fb%23c%26d%3De
            %2e%2e     | https://example.com/v/%252e%252e/end?q=%252e%252e
            ü          | https://example.com/v/%C3%BC/end?q=%C3%BC
            """)
    void encodesForItsPlace(String value, String expected) {
        Template template =
                Template.parse("https://example.com/v/${config.x}/end?q=${config.x}", Template.Position.URL);

        assertThat(template.expand(values(value))).contains(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "javascript:alert(1)",
                "https://u:p@example.com",
                "https://example.com?x=1",
                "https://example.com#x",
                "https://example.com/a/../b",
                "example.com",
                "//example.com"
            })
    void refusesAnAddressThatIsMoreThanOne(String value) {
        Template template = Template.parse("${config.x}/token", Template.Position.URL);

        assertThatThrownBy(() -> template.expand(values(value))).isInstanceOf(IllegalArgumentException.class);
        assertThat(template.expand(values("https://my.example.com/"))).contains("https://my.example.com/token");
    }

    @Test
    void refusesALineBreakInAHeader() {
        Template template = Template.parse("Bearer ${config.x}", Template.Position.HEADER);

        assertThatThrownBy(() -> template.expand(values("a\r\nx-evil: 1"))).hasMessageNotContaining("evil");
    }

    @Test
    void neverLeavesTheHostWhateverTheValue() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Template host =
                Template.parse("https://${config.x}.example.com/a/${config.x}?q=${config.x}", Template.Position.URL);
        Template path = Template.parse("https://example.com/a/${config.x}/b?q=${config.x}", Template.Position.URL);
        String alphabet = "ab./\\@:#?%&=[]\r\n\t \u0000\u202e\u00e9A1-_~;,'\"<>{}$";
        for (int round = 0; round < 20_000; round++) {
            StringBuilder value = new StringBuilder();
            for (int i = random.nextInt(1, 8); i > 0; i--) {
                value.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            for (Template template : List.of(host, path)) {
                Optional<String> expanded;
                try {
                    expanded = template.expand(values(value.toString()));
                } catch (IllegalArgumentException refused) {
                    continue;
                }
                URI url = URI.create(expanded.orElseThrow());
                assertThat(url.getHost()).as("seed %s", seed).endsWith("example.com");
                assertThat(url.getRawUserInfo()).as("seed %s", seed).isNull();
                assertThat(url.normalize()).as("seed %s", seed).isEqualTo(url);
                assertThat(url.getRawPath().chars().filter(c -> c == '/').count())
                        .as("seed %s", seed)
                        .isEqualTo(template == host ? 2 : 3);
            }
        }
    }

    private static Template.Values values(String value) {
        return reference -> Optional.of(value);
    }
}
