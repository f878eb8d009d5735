package dev.latchkey.catalogue.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogoTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final Path ICONS = Path.of("src/main/resources/icons.tsv");

    /** {@code icons.tsv} is extracted from the Simple Icons artifact: what the definitions name, and nothing else. */
    @Test
    void carriesTheIconsThatDefinitionsName() throws Exception {
        String expected = extract();
        if (Boolean.getBoolean("latchkey.write")) {
            Files.writeString(ICONS, expected);
        }

        assertThat(Files.readString(ICONS))
                .as("run: mvn test -pl catalogue -Dtest=LogoTest -Dlatchkey.write=true")
                .isEqualTo(expected);
    }

    private static String extract() throws IOException {
        Map<String, JsonNode> known = new TreeMap<>();
        JsonMapper.shared()
                .readTree(simpleIcons("data/simple-icons.json"))
                .forEach(one -> known.put(one.path("slug").asString(), one));
        List<String> lines = new ArrayList<>();
        lines.add(
                "# From Simple Icons (CC0-1.0): slug, colour, path. Trademarks belong to their owners. Written by LogoTest.");
        for (String slug : new TreeSet<>(CATALOGUE.all().stream()
                .map(Provider::icon)
                .flatMap(Optional::stream)
                .toList())) {
            JsonNode icon = Objects.requireNonNull(known.get(slug), slug + " is no icon of Simple Icons");
            // Some icons are under a licence of their own: a monogram is drawn for these.
            assertThat(icon.at("/license/type").asString("CC0-1.0")).as(slug).isEqualTo("CC0-1.0");
            Matcher path = Pattern.compile(" d=\"([^\"]+)\"")
                    .matcher(new String(simpleIcons("icons/" + slug + ".svg"), StandardCharsets.UTF_8));
            assertThat(path.find()).isTrue();
            lines.add(slug + "\t" + icon.path("hex").asString().toLowerCase(java.util.Locale.ROOT) + "\t"
                    + path.group(1));
        }
        return String.join("\n", lines) + "\n";
    }

    private static byte[] simpleIcons(String name) throws IOException {
        String place = "META-INF/resources/webjars/simple-icons/" + System.getProperty("simple-icons.version", "16.2.0")
                + "/" + name;
        try (InputStream stream = LogoTest.class.getClassLoader().getResourceAsStream(place)) {
            return Objects.requireNonNull(stream, place).readAllBytes();
        }
    }

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
            assertThat(root.getElementsByTagName("path").getLength())
                    .as(provider.id())
                    .isEqualTo(provider.icon().isPresent() ? 1 : 0);
            Matcher tile = Pattern.compile("<rect [^>]*fill=\"#([0-9a-f]{6})\"").matcher(svg);
            assertThat(tile.find()).isTrue();
            String ink = svg.contains("fill=\"#fff\"") ? "ffffff" : "000000";
            assertThat(Logo.contrast(tile.group(1), ink)).as(provider.id()).isGreaterThanOrEqualTo(4.5);
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
