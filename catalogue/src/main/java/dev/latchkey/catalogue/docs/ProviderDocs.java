package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The catalogue as pages for people, in Markdown: one a provider, and a list of all by subject. */
public final class ProviderDocs {
    private ProviderDocs() {}

    /** @return contents by file name */
    public static Map<String, String> pages(Catalogue catalogue) {
        Map<String, String> pages = new TreeMap<>();
        catalogue.all().forEach(provider -> pages.put(provider.id() + ".md", new ProviderPage(provider).text()));
        pages.put("README.md", index(catalogue));
        return pages;
    }

    private static String index(Catalogue catalogue) {
        Map<String, List<Provider>> bySubject = catalogue.all().stream()
                .collect(Collectors.groupingBy(
                        provider -> provider.tags().isEmpty()
                                ? "other"
                                : provider.tags().getFirst(),
                        TreeMap::new,
                        Collectors.toList()));
        StringBuilder text = new StringBuilder("# Providers\n\n")
                .append(
                        "Written from the definitions by `./latchkey providers docs`; do not edit. [How a definition is written](../providers.md).\n\n")
                .append(catalogue.all().size())
                .append(" providers: ")
                .append(kinds(catalogue))
                .append(".\n");
        bySubject.forEach((subject, providers) -> {
            text.append("\n## ").append(subject).append("\n\n");
            providers.forEach(provider -> text.append("- [")
                    .append(provider.name())
                    .append("](")
                    .append(provider.id())
                    .append(".md) `")
                    .append(provider.id())
                    .append("`, ")
                    .append(provider.auth().facts().words())
                    .append('\n'));
        });
        return text.toString();
    }

    private static String kinds(Catalogue catalogue) {
        return catalogue.all().stream()
                .collect(Collectors.groupingBy(
                        provider -> provider.auth().facts().words(), TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(entry -> entry.getValue() + " by " + entry.getKey())
                .collect(Collectors.joining(", "));
    }
}
