package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Checked;
import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The catalogue as pages for people, in Markdown: one a provider, and a list of all by subject. */
public final class ProviderDocs {
    /** Written by hand, beside the pages. */
    public static final String CHANGELOG = "changelog.md";
    /** Written by {@code latchkey providers drift}, beside the pages. */
    public static final String HEALTH = "health.md";

    private static final Set<String> KEPT = Set.of(CHANGELOG, HEALTH);

    private ProviderDocs() {}

    /** @return contents by file name */
    public static Map<String, String> pages(Catalogue catalogue) {
        Map<String, String> pages = new TreeMap<>();
        catalogue.all().forEach(provider -> pages.put(provider.id() + ".md", new ProviderPage(provider).text()));
        pages.put("README.md", index(catalogue));
        pages.put(NangoDifferences.FILE, NangoDifferences.page(catalogue));
        return pages;
    }

    /** Brings a folder up to date: pages of providers that no longer exist are removed, others are written where they differ. */
    public static void write(Catalogue catalogue, Path folder) throws IOException {
        Map<String, String> pages = pages(catalogue);
        Files.createDirectories(folder);
        List<Path> outdated;
        try (Stream<Path> files = Files.list(folder)) {
            outdated = files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> !pages.containsKey(file.getFileName().toString())
                            && !KEPT.contains(file.getFileName().toString()))
                    .toList();
        }
        for (Path file : outdated) {
            Files.delete(file);
        }
        for (Map.Entry<String, String> page : pages.entrySet()) {
            Path file = folder.resolve(page.getKey());
            if (!Files.exists(file) || !Files.readString(file).equals(page.getValue())) {
                Files.writeString(file, page.getValue());
            }
        }
    }

    private static String index(Catalogue catalogue) {
        Map<String, List<Provider>> bySubject = catalogue.all().stream()
                .collect(Collectors.groupingBy(
                        provider -> provider.about().tags().isEmpty()
                                ? "other"
                                : provider.about().tags().get(0),
                        TreeMap::new,
                        Collectors.toList()));
        StringBuilder text = new StringBuilder("# Providers\n\n")
                .append(
                        "Written from the definitions by the build; do not edit. [How a definition is written](../providers.md).\n\n")
                .append(catalogue.all().size())
                .append(" providers: ")
                .append(kinds(catalogue))
                .append(".\n\n")
                .append(checked(catalogue))
                .append(" [What vendors announced](changelog.md).\n")
                .append(webhooks(catalogue));
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

    private static String webhooks(Catalogue catalogue) {
        long sending = catalogue.all().stream()
                .filter(provider -> provider.webhook().isPresent())
                .count();
        return "\nThe pages of " + sending
                + " say how the vendor's [webhooks](../webhooks.md#what-providers-send) are set up and"
                + " proven. These have none: "
                + catalogue.all().stream()
                        .filter(provider -> provider.about().noWebhooks().isPresent())
                        .map(provider -> "[" + provider.name() + "](" + provider.id() + ".md#webhooks)")
                        .collect(Collectors.joining(", "))
                + ". Of the others nothing is known: their requests need a secret of your choice.\n";
    }

    /** How many rest on whose words: a definition that was read in somebody's account of a vendor's page is none that was compared with it. */
    private static String checked(Catalogue catalogue) {
        Map<Checked.Source, Long> count = catalogue.all().stream()
                .flatMap(provider -> provider.about().checked().stream())
                .collect(Collectors.groupingBy(Checked::source, Collectors.counting()));
        return "Since they were written, " + count.getOrDefault(Checked.Source.VENDOR, 0L)
                + " have been compared with their vendors' own pages, "
                + count.getOrDefault(Checked.Source.BOTH, 0L)
                + " with these and, for what they leave open, with accounts by others, and "
                + count.getOrDefault(Checked.Source.OTHERS, 0L)
                + " with accounts by others alone; each one's page says when, and with which.";
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
