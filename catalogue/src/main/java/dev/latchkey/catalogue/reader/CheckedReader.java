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
        section.needs("pages");
        List<URI> pages = section.texts("pages").stream()
                .map(page -> section.guarded("pages", () -> Scalars.page("pages", page)))
                .flatMap(Optional::stream)
                .toList();
        if (pages.isEmpty()) {
            section.problem("pages", "'pages' must name the vendor's pages that were read");
        }
        Optional<String> note = section.text("note");
        return section.scalar("on", Shape.DAY)
                .flatMap(day -> section.guarded("on", () -> Scalars.day("on", day)))
                .map(on -> new Checked(on, pages, note));
    }
}
