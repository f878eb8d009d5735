package dev.latchkey.catalogue.build;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Extracts from the Simple Icons artifact what the definitions name: a product carries the few that it uses, not thousands. */
final class Icons {
    private static final Pattern PATH = Pattern.compile(" d=\"([^\"]+)\"");
    private static final String ARTIFACT = "/META-INF/maven/org.webjars.npm/simple-icons/pom.properties";

    private Icons() {}

    /** @throws CatalogueException where a definition names an icon that does not exist, or that is not free to use */
    static String of(Catalogue catalogue) throws IOException {
        Map<String, JsonNode> known = new HashMap<>();
        JsonMapper.shared()
                .readTree(resource("data/simple-icons.json"))
                .forEach(icon -> known.put(icon.path("slug").asString(), icon));
        Map<String, String> lines = new TreeMap<>();
        List<Problem> problems = new ArrayList<>();
        for (Provider provider : catalogue.all()) {
            if (provider.about().icon().isPresent()) {
                String slug = provider.about().icon().get();
                Optional<String> line = line(slug, Optional.ofNullable(known.get(slug)));
                if (line.isPresent()) {
                    lines.put(slug, line.get());
                } else {
                    problems.add(
                            new Problem(
                                    provider.id() + ".yaml",
                                    0,
                                    "'" + slug
                                            + "' is not an icon of Simple Icons under CC0; without 'icon' a monogram is drawn"));
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new CatalogueException(problems);
        }
        return "# From Simple Icons (CC0-1.0): slug, colour, path. Trademarks belong to their owners. Written by the build.\n"
                + String.join("\n", lines.values()) + "\n";
    }

    private static Optional<String> line(String slug, Optional<JsonNode> icon) throws IOException {
        // Some icons are under a licence of their own.
        if (icon.isEmpty()
                || !icon.get().at("/license/type").asString("CC0-1.0").equals("CC0-1.0")) {
            return Optional.empty();
        }
        Matcher path = PATH.matcher(resource("icons/" + slug + ".svg"));
        return path.find()
                ? Optional.of(slug + "\t" + icon.get().path("hex").asString().toLowerCase(java.util.Locale.ROOT) + "\t"
                        + path.group(1))
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
        InputStream stream = Icons.class.getResourceAsStream(name);
        if (stream == null) {
            throw new IOException(name + " is not on the class path");
        }
        return stream;
    }
}
