package dev.latchkey.catalogue.build;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Extracts what the definitions name from two sets of logos under CC0: a product carries the few that it uses, not thousands. */
final class Icons {
    private static final String HEAD = """
            # Written by the build. Trademarks belong to their owners.
            # A line of Simple Icons (CC0-1.0): slug, colour, path. A line of SVG Logos (CC0-1.0): slug, width, height, content.
            """;

    private Icons() {}

    /** @throws CatalogueException where a definition names an icon that does not exist, or that is not free to use */
    static String of(Catalogue catalogue, Path logoFile) throws IOException {
        SimpleIcons simple = SimpleIcons.read();
        SvgLogos logos = SvgLogos.read(logoFile);
        TreeMap<String, String> lines = new TreeMap<>();
        List<Problem> problems = new ArrayList<>();
        for (Provider provider : catalogue.all()) {
            if (provider.about().icon().isPresent()) {
                String icon = provider.about().icon().get();
                Optional<String> line = SvgLogos.names(icon) ? logos.line(icon) : simple.line(icon);
                line.ifPresentOrElse(
                        found -> lines.put(icon, found),
                        () -> problems.add(new Problem(
                                provider.id() + ".yaml",
                                0,
                                "'" + icon
                                        + "' is not an icon of Simple Icons under CC0, nor 'logos:' and a logo in src/main/logos/svg-logos.tsv (its ./extract adds one);"
                                        + " without 'icon' a monogram is drawn")));
            }
        }
        if (!problems.isEmpty()) {
            throw new CatalogueException(problems);
        }
        return HEAD + String.join("\n", lines.values()) + "\n";
    }
}
