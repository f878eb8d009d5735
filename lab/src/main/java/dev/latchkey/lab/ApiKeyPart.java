package dev.latchkey.lab;

/** Any key is valid, unless it contains "wrong". */
record ApiKeyPart() implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return "any key, unless it contains “wrong”";
    }

    @Override
    public Playing on(Stage stage) {
        return stage.credentials::key;
    }
}
