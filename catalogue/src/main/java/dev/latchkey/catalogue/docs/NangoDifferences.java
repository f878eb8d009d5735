package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.NangoNames;
import dev.latchkey.catalogue.model.Provider;

/** What definitions do otherwise than Nango's of the same id, and why: one list for those who move. */
final class NangoDifferences {
    static final String FILE = "nango-differences.md";

    private NangoDifferences() {}

    static String page(Catalogue catalogue) {
        StringBuilder text = new StringBuilder("# Where definitions differ from Nango's of the same id\n\n")
                .append("Written from the definitions (`nango`) by the build; do not edit. [Coming from"
                        + " Nango](../nango.md).\n\n")
                .append("## Another kind of authentication\n\n")
                .append("Both kinds are taken under the id: an integration is of the kind of its `credentials.type`, a"
                        + " connection of the")
                .append(" kind of its credentials.\n\n")
                .append("| provider | here | Nango's kind, as defined in |\n|---|---|---|\n");
        catalogue
                .all()
                .forEach(provider -> provider.nango()
                        .definition()
                        .flatMap(catalogue::find)
                        .ifPresent(other -> text.append("| ")
                                .append(link(provider))
                                .append(" | ")
                                .append(provider.auth().facts().words())
                                .append(" | ")
                                .append(link(other))
                                .append(", ")
                                .append(other.auth().facts().words())
                                .append(" |\n")));
        text.append("\n## Other requests\n\n| provider | what | why | the vendor's page |\n|---|---|---|---|\n");
        catalogue
                .all()
                .forEach(provider -> provider.nango()
                        .differs()
                        .forEach(one -> text.append("| ")
                                .append(link(provider))
                                .append(" | ")
                                .append(words(one))
                                .append(" | ")
                                .append(one.why())
                                .append(" | [")
                                .append(one.page().getHost())
                                .append("](")
                                .append(one.page())
                                .append(") |\n")));
        return text.toString();
    }

    private static String link(Provider provider) {
        return "[`" + provider.id() + "`](" + provider.id() + ".md)";
    }

    static String words(NangoNames.Difference one) {
        return String.join(", ", one.what()).replace('_', ' ');
    }
}
