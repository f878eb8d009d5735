package dev.latchkey.lab;

/** An API that requires no credential. */
record NoAuthPart() implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return "no credential";
    }

    @Override
    public Playing on(Stage stage) {
        return (request, captured) -> Caller.first(true);
    }
}
