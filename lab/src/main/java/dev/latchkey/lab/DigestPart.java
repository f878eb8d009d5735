package dev.latchkey.lab;

/** HTTP Digest (RFC 7616). */
record DigestPart() implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.account();
    }

    @Override
    public Playing on(Stage stage) {
        return new DigestCheck(stage.provider, stage.account, stage.clock);
    }
}
