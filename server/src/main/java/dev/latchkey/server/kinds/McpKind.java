package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.mcp.McpException;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Of an MCP server. */
public record McpKind(Auth.Mcp auth) implements BrowserKind {
    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.OAuth2> held() {
        return Credentials.OAuth2.class;
    }

    @Override
    public Set<String> importedTypes() {
        return Set.of(facts().mode(), "OAUTH2");
    }

    @Override
    public TokenAnswer renew(Makers makers, Credentials current, ValuesOf values, Progress progress) {
        if (!(current instanceof Credentials.OAuth2 held)) {
            return mint(makers, values);
        }
        try {
            return new CodeRefresh(makers.mcp().again(auth, values), makers).send(held, values, progress);
        } catch (McpException e) {
            String reason = String.valueOf(e.getMessage());
            return e.isPassing()
                    ? new TokenAnswer.Unavailable(reason, Optional.empty())
                    // It was found before: a response in its place (of a firewall, a maintenance page) ends no
                    // grant,
                    // and says nothing of other users' servers.
                    : new TokenAnswer.Rejected("mcp_discovery_failed", reason, false);
        }
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.OAuth2 old ? CodeRefresh.merged(old, granted, false) : current;
    }

    /** RFC 7009, at the endpoint that the server names: revoking the refresh token revokes all tokens issued from it. */
    @Override
    public Optional<Revocation> revocation(Credentials deleted) {
        if (!(deleted instanceof Credentials.OAuth2 token)) {
            return Optional.empty();
        }
        Map<String, String> parameters = token.refreshToken()
                .map(it -> Map.of("token", it.reveal(), "token_type_hint", "refresh_token"))
                .orElseGet(() -> Map.of("token", token.accessToken().reveal(), "token_type_hint", "access_token"));
        return Optional.of((makers, values) -> makers.mcp()
                .revocation(auth, values)
                .map(place -> makers.tokens().post(place.url(), place.how(), parameters, values)));
    }
}
