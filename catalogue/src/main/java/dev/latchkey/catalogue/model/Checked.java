package dev.latchkey.catalogue.model;

import java.net.URI;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/**
 * When a definition was last compared with what its vendor documents, and by which pages.
 *
 * @param pages the vendor's own
 * @param accounts what others write of the vendor's pages; there is a page or an account
 * @param own where the vendor publishes besides the hosts that the definition names, such as {@code github.com/owner}
 * @param note what they say that the definition does not follow, or what they leave open
 */
public record Checked(LocalDate on, List<URI> pages, List<Account> accounts, List<String> own, Optional<String> note) {

    /** @param by who wrote it */
    public record Account(String by, URI page) {}

    /** Whose words a definition rests on. */
    public enum Source {
        VENDOR,
        /** The vendor's pages, and for what they leave open others' accounts. */
        BOTH,
        OTHERS
    }

    public Source source() {
        if (pages.isEmpty()) {
            return Source.OTHERS;
        }
        return accounts.isEmpty() ? Source.VENDOR : Source.BOTH;
    }
}
