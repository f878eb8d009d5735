package dev.latchkey.catalogue.reader;

import com.google.re2j.Pattern;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.Patterns;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads where users are sent, and which scopes are requested there. */
final class ScopesReader {
    private ScopesReader() {}

    static Auth.Authorize authorize(Section auth) {
        Section section = auth.sectionOrEmpty("authorize");
        return new Auth.Authorize(
                page(section),
                section.template("pushed", Template.Position.URL),
                section.templates("params", Template.Position.PLAIN),
                section.map("scope", ScopesReader::read).orElse(Scopes.NONE),
                section.entries("groups"),
                section.entries("names"),
                section.text("fragment"),
                section.flag("drop_empty", true),
                section.text("code_param").orElse("code"));
    }

    private static Text page(Section section) {
        Text page = TemplateReader.page(section, "url");
        if (section.has("fragment") && page.alternatives().stream().anyMatch(Template::hasFragment)) {
            section.problem(
                    "fragment",
                    "'url' has a fragment already: write it there (behind the query), or as 'fragment' (in front of it)");
        }
        return page;
    }

    static Scopes read(Section section) {
        Set<String> always = new LinkedHashSet<>(section.texts("always"));
        List<String> defaults = new ArrayList<>(section.texts("default"));
        // What a refresh token comes with is needed wherever a definition names it.
        defaults.stream().filter(Scopes.FOR_REFRESH::contains).forEach(always::add);
        defaults.removeAll(always);
        return new Scopes(
                section.text("param").orElse("scope"),
                section.text("join").orElse(" "),
                List.copyOf(always),
                List.copyOf(defaults),
                section.flag("raw", false),
                known(section),
                section.address("docs"),
                implied(section));
    }

    /** By the pattern of what a response lists, the scopes that are granted with it; {@code $1} is what its first group matched. */
    private static Map<Pattern, List<String>> implied(Section section) {
        Map<Pattern, List<String>> implied = new LinkedHashMap<>();
        section.section("implied")
                .ifPresent(all -> all.keys()
                        .forEach(listed -> all.guarded(listed, () -> Patterns.compile(listed, 0))
                                .ifPresent(pattern -> implied.put(pattern, all.texts(listed)))));
        return implied;
    }

    /** A list of names, or names with what each allows; a name without a description has an empty one. */
    private static List<Scopes.Known> known(Section section) {
        if (!section.isMap("known")) {
            return section.texts("known").stream()
                    .map(name -> new Scopes.Known(name, Optional.empty()))
                    .toList();
        }
        Section all = section.sectionOrEmpty("known");
        return all.keys().stream()
                .map(name -> new Scopes.Known(name, all.text(name).filter(text -> !text.isBlank())))
                .toList();
    }
}
