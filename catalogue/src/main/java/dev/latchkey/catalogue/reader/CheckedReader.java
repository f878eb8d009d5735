package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Checked;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Reads when, and by which pages, a definition was compared with its vendor. */
final class CheckedReader {
    private CheckedReader() {}

    static Optional<Checked> read(Section section) {
        section.needs("on");
        List<URI> pages = section.texts("pages").stream()
                .map(page -> page(section, "pages", page))
                .flatMap(Optional::stream)
                .toList();
        List<Checked.Account> accounts = section.sections("accounts").stream()
                .map(CheckedReader::account)
                .flatMap(Optional::stream)
                .toList();
        if (pages.isEmpty() && accounts.isEmpty()) {
            section.problem(
                    "pages", "'pages' must name the vendor's pages that were read, or 'accounts' those of others");
        }
        List<String> own = section.texts("own");
        Optional<String> note = section.text("note");
        return section.scalar("on", Shape.DAY)
                .flatMap(day -> section.guarded("on", () -> Scalars.day("on", day)))
                .map(on -> new Checked(on, pages, accounts, own, note));
    }

    private static Optional<Checked.Account> account(Section section) {
        section.needs("by");
        section.needs("page");
        Optional<String> by = section.text("by");
        return section.text("page")
                .flatMap(page -> page(section, "page", page))
                .flatMap(page -> by.map(name -> new Checked.Account(name, page)));
    }

    private static Optional<URI> page(Section section, String key, String page) {
        return section.guarded(key, () -> Scalars.page(key, page));
    }
}
