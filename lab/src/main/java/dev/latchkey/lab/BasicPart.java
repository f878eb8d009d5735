package dev.latchkey.lab;

/** HTTP Basic (RFC 7617). One of the two may be empty, where the vendor takes a key as the user or as the password. */
record BasicPart() implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return "any user name and password, unless it contains “wrong”";
    }

    @Override
    public Playing on(Stage stage) {
        return (request, captured) -> request.basic()
                .filter(pair -> SampleValues.accepts(pair.user() + pair.password()))
                .flatMap(pair -> Caller.first(true));
    }
}
