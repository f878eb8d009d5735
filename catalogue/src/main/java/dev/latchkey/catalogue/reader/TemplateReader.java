package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.List;

/** Reads the templates of the {@code auth} block that every definition has, or that are the same in most. */
final class TemplateReader {
    private TemplateReader() {}

    static Text url(Section section, String key) {
        return address(section, key, Template.Position.URL);
    }

    /** Of a page that a browser opens. */
    static Text page(Section section, String key) {
        return address(section, key, Template.Position.PAGE);
    }

    private static Text address(Section section, String key, Template.Position position) {
        section.needs(key);
        return section.template(key, position).orElse(new Text(List.of()));
    }

    /** @param absent the template where the definition has none */
    static Text text(Section section, String key, String absent) {
        if (!section.has(key)) {
            return section.parse(key, absent, Template.Position.PLAIN)
                    .map(Text::of)
                    .orElseThrow();
        }
        return section.template(key, Template.Position.PLAIN).orElse(new Text(List.of()));
    }
}
