package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.tokens.TokenAnswer;
import java.time.Instant;

/** Of an MCP server. */
record McpKind(Auth.Mcp auth) implements Kind {
    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.OAuth2> held() {
        return Credentials.OAuth2.class;
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.OAuth2 old ? OAuth2CodeKind.again(old, granted, false) : current;
    }
}
