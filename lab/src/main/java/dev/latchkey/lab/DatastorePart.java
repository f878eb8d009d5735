package dev.latchkey.lab;

import java.util.Optional;

/** A database. It speaks no HTTP, so the lab does not play it: {@link Vendor#unplayed}. */
record DatastorePart() implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.account();
    }

    @Override
    public Playing on(Stage stage) {
        return (request, captured) -> Optional.empty();
    }
}
