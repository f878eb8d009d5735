package dev.latchkey.server.dashboard;

import gg.jte.models.runtime.JteModel;
import java.util.Optional;

/** The response of a page's handler. */
sealed interface Reply {
    /** A page, or a part of one that htmx puts in place. */
    record Html(JteModel model, int status) implements Reply {}

    /**
     * @param notice shown once, on the page that follows
     * @param once what only the page that follows may show, such as a new key; kept from everyone else
     */
    record See(String address, Optional<String> notice, Optional<ShownOnce.Content> once) implements Reply {}

    /** The handler has already sent the response. */
    record Answered() implements Reply {}

    static Reply html(JteModel model) {
        return new Html(model, 200);
    }

    static Reply see(String address) {
        return new See(address, Optional.empty(), Optional.empty());
    }

    static Reply see(String address, String notice) {
        return new See(address, Optional.of(notice), Optional.empty());
    }

    /** The page at the address shows something once: {@link Visit#once}. */
    static Reply once(String address, String content) {
        return new See(address, Optional.empty(), Optional.of(new ShownOnce.Content(content)));
    }
}
