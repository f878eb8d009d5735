package dev.latchkey.catalogue.build;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Simple Icons: one glyph and one colour for each brand. Some icons are under a licence of their own, and are not taken. */
record SimpleIcons(Map<String, JsonNode> bySlug) {
    private static final String FREE = "CC0-1.0";
    private static final String ARTIFACT = "/META-INF/maven/org.webjars.npm/simple-icons/pom.properties";
    private static final Pattern PATH = Pattern.compile(" d=\"([^\"]+)\"");

    static SimpleIcons read() throws IOException {
        Map<String, JsonNode> bySlug = new HashMap<>();
        JsonMapper.shared()
                .readTree(resource("data/simple-icons.json"))
                .forEach(icon -> bySlug.put(icon.path("slug").asString(), icon));
        return new SimpleIcons(bySlug);
    }

    Optional<String> line(String slug) throws IOException {
        JsonNode icon = bySlug.get(slug);
        if (icon == null || !icon.at("/license/type").asString(FREE).equals(FREE)) {
            return Optional.empty();
        }
        Matcher path = PATH.matcher(resource("icons/" + slug + ".svg"));
        return path.find()
                ? Optional.of(
                        String.join("\t", slug, icon.path("hex").asString().toLowerCase(Locale.ROOT), path.group(1)))
                : Optional.empty();
    }

    private static String resource(String name) throws IOException {
        Properties artifact = new Properties();
        try (InputStream stream = open(ARTIFACT)) {
            artifact.load(stream);
        }
        try (InputStream stream =
                open("/META-INF/resources/webjars/simple-icons/" + artifact.getProperty("version") + "/" + name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static InputStream open(String name) throws IOException {
        InputStream stream = SimpleIcons.class.getResourceAsStream(name);
        if (stream == null) {
            throw new IOException(name + " is not on the class path");
        }
        return stream;
    }
}
