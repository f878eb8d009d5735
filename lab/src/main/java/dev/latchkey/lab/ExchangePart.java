package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;

/** Secrets that are exchanged for a token. */
record ExchangePart(Auth.Exchange auth) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.account();
    }

    @Override
    public Playing on(Stage stage) {
        return new ExchangeVendor(stage, this);
    }
}
