package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;

/** An MCP server. One whose endpoints are known is a vendor of the code grant like any other. */
record McpPart(Auth.Mcp auth) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return isByHand() ? card.app() : "any client that registers itself";
    }

    @Override
    public boolean registersClients() {
        return !isByHand();
    }

    @Override
    public boolean rotates() {
        return auth.known().map(OAuth2CodePart::new).map(Part::rotates).orElse(true);
    }

    @Override
    public Playing on(Stage stage) {
        return auth.known()
                .<Playing>map(code -> new CodeVendor(stage, code))
                .orElseGet(() -> new McpVendor(stage, this));
    }

    /** Whether the operator registers a client beforehand. */
    boolean isByHand() {
        return auth.registration() == Auth.Mcp.Registration.STATIC;
    }
}
