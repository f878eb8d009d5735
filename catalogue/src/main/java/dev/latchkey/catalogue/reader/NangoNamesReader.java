package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.NangoNames;
import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads what Nango calls the values of a definition. */
final class NangoNamesReader {
    private NangoNamesReader() {}

    /** @param docs the page of the definition */
    static NangoNames read(Section section, URI docs) {
        return new NangoNames(
                section.text("definition"),
                aliases(section, "config"),
                aliases(section, "credentials"),
                section.texts("ignored"),
                section.map("base", NangoNamesReader::base),
                differences(section, docs));
    }

    private static Map<String, NangoNames.Alias> aliases(Section section, String key) {
        Map<String, NangoNames.Alias> found = new LinkedHashMap<>();
        section.section(key).ifPresent(all -> all.keys().forEach(name -> found.put(name, alias(all, name))));
        return found;
    }

    /** The name of a field; or also the form of its value here and there: {@code {field: domain, here: "*.okta.com"}}. */
    private static NangoNames.Alias alias(Section all, String name) {
        if (!all.isMap(name)) {
            return new NangoNames.Alias(all.required(name), NangoNames.Form.BARE, NangoNames.Form.BARE);
        }
        Section one = all.sectionOrEmpty(name);
        return new NangoNames.Alias(one.required("field"), form(one, "here"), form(one, "there"));
    }

    private static NangoNames.Form form(Section section, String key) {
        List<String> parts = List.of(section.text(key).orElse("*").split("\\*", -1));
        if (parts.size() != 2) {
            section.problem(key, "'" + key + "' must have one * in place of the part that both forms share");
            return NangoNames.Form.BARE;
        }
        return new NangoNames.Form(parts.get(0), parts.get(parts.size() - 1));
    }

    /** A list, each with its page; or names with the reason, whose page is the definition's. */
    private static List<NangoNames.Difference> differences(Section section, URI docs) {
        if (section.isMap("differs")) {
            return section.entries("differs").entrySet().stream()
                    .map(one -> new NangoNames.Difference(List.of(one.getKey()), one.getValue(), docs))
                    .toList();
        }
        return section.sections("differs").stream()
                .map(NangoNamesReader::difference)
                .flatMap(Optional::stream)
                .toList();
    }

    /** That the vendor's page is named is what keeps the list of differences from being one of habits. */
    private static Optional<NangoNames.Difference> difference(Section section) {
        List.of("what", "why", "page").forEach(section::needs);
        Optional<URI> page = section.address("page");
        Optional<String> why = section.text("why");
        List<String> what = section.texts("what");
        return page.flatMap(it -> why.map(reason -> new NangoNames.Difference(what, reason, it)));
    }

    private static NangoNames.Base base(Section section) {
        List<String> when = section.texts("when");
        List<String> unless = section.texts("unless");
        if (when.isEmpty() == unless.isEmpty()) {
            section.problem("when", "'base' needs either 'when' or 'unless': the beginnings of paths");
        }
        Stream.concat(when.stream(), unless.stream())
                .filter(path -> !path.startsWith("/") || path.endsWith("/"))
                .forEach(path -> section.problem(
                        "when", "a path begins with a slash and does not end with one, unlike '" + path + "'"));
        return new NangoNames.Base(TemplateReader.url(section, "url"), when, unless);
    }

    /** An alias leads to a field, and hides none. */
    static void check(Section section, Provider provider) {
        check(section, provider, "config", provider.nango().config());
        check(section, provider, "credentials", provider.nango().credentials());
    }

    private static void check(Section section, Provider provider, String key, Map<String, NangoNames.Alias> aliases) {
        aliases.forEach((name, alias) -> {
            if (!provider.fields().containsKey(alias.field())) {
                section.problem(
                        "nango", "'" + key + "." + name + "' names a field '" + alias.field() + "' that is not there");
            }
            Optional.ofNullable(provider.fields().get(name))
                    .ifPresent(field -> section.problem(
                            "nango", "'" + key + "." + name + "' is a field of this definition already"));
        });
    }
}
