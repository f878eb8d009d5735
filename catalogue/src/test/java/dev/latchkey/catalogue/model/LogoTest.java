package dev.latchkey.catalogue.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import java.io.StringReader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class LogoTest {
    private static final Catalogue CATALOGUE = Catalogue.load();

    @Test
    void drawsEveryProvider() throws Exception {
        for (Provider provider : CATALOGUE.all()) {
            String svg = Logo.svg(provider);

            var root = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg)))
                    .getDocumentElement();
            assertThat(root.getElementsByTagName("title").item(0).getTextContent())
                    .isEqualTo(provider.name());
            boolean drawn = provider.about().icon().isPresent();
            assertThat(root.getElementsByTagName("text").getLength())
                    .as("a monogram for %s", provider.id())
                    .isEqualTo(drawn ? 0 : 1);
            if (!provider.about().icon().orElse("").startsWith("logos:")) {
                assertThat(root.getElementsByTagName("path").getLength())
                        .as(provider.id())
                        .isEqualTo(drawn ? 1 : 0);
                assertLegible(provider, svg);
            }
        }
    }

    private static void assertLegible(Provider provider, String svg) {
        Matcher tile = Pattern.compile("<rect [^>]*fill=\"#([0-9a-f]{6})\"").matcher(svg);
        assertThat(tile.find()).isTrue();
        String ink = svg.contains("fill=\"#fff\"") ? "ffffff" : "000000";
        assertThat(Logo.contrast(tile.group(1), ink)).as(provider.id()).isGreaterThanOrEqualTo(4.5);
    }

    /** A logo is shown on our own pages: it draws, and does nothing else. */
    @Test
    void drawsNothingThatCouldActOrLoad() {
        for (Provider provider : CATALOGUE.all()) {
            assertThat(Logo.svg(provider))
                    .as(provider.id())
                    .doesNotContainIgnoringCase("<script", "<foreignObject", "<image", "<style", "javascript:")
                    .doesNotContainPattern("(?i)\\son[a-z]+=")
                    .doesNotContainPattern("href=\"[^#]");
        }
    }

    @Test
    void drawsInitialsWhereThereIsNoIcon() {
        assertThat(Logo.monogram("Zoho Books")).contains(">ZB</text>");
        assertThat(Logo.monogram("Salesforce (sandbox)")).contains(">S</text>");
        assertThat(Logo.monogram("<script>&")).contains(">S</text>").doesNotContain("<script>");
        assertThat(Logo.monogram("(?)")).contains(">?</text>");
        assertThat(colour("Salesforce (JWT bearer)")).isEqualTo(colour("Salesforce"));
    }

    private static String colour(String name) {
        return Logo.monogram(name).replaceFirst("^.*<rect [^>]*fill=\"(#[0-9a-f]{6})\".*$", "$1");
    }
}
