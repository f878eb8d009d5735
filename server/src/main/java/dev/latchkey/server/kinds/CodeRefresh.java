package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.GrantRequests;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenEndpoint;
import dev.latchkey.server.tokens.ValuesOf;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Refreshes the token of an authorization code grant, whichever kind the grant is a part of. */
record CodeRefresh(CodeGrant code, Makers makers) {
    TokenAnswer send(Credentials.OAuth2 current, ValuesOf values, Progress progress) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (code.isOurs()) {
            parameters.putAll(GrantRequests.clientCredentials(code, values));
        } else {
            current.refreshToken().ifPresent(token -> {
                parameters.put("grant_type", "refresh_token");
                parameters.put("refresh_token", token.reveal());
            });
        }
        Optional<Call> exchange = isObsolete(code, current) ? code.refresh().exchangeStored() : Optional.empty();
        Call call = exchange.or(code.refresh()::call)
                .orElseGet(() -> code.isOurs() ? code.exchange() : GrantRequests.refreshCall(code));
        TokenAnswer answer = makers.tokens()
                .ask(
                        call,
                        code.client().atRefresh(),
                        parameters,
                        values,
                        new TokenEndpoint.Reading(
                                code.response().token(),
                                code.response().okWhen(),
                                code.response().learn(),
                                progress::received));
        return switch (answer) {
            case TokenAnswer.Granted granted ->
                makers.afterGrant().refreshed(code, granted, values, current, progress::part);
            // The stored token may still work: a failed exchange is no reason to prompt its user.
            case TokenAnswer.Rejected it
            when exchange.isPresent() ->
                new TokenAnswer.Unavailable(
                        "the stored token was not exchanged: " + it.error() + " " + it.description(), Optional.empty());
            case TokenAnswer.Rejected it -> it;
            case TokenAnswer.Misconfigured it -> it;
            case TokenAnswer.Unavailable it -> it;
        };
    }

    /** A stored token that its vendor ends: it has no refresh token, and can be exchanged for one that has. */
    static boolean isObsolete(CodeGrant code, Credentials.OAuth2 stored) {
        return code.refresh().exchangeStored().isPresent()
                && stored.refreshToken().isEmpty();
    }

    /** A missing refresh token keeps the old one; so does a missing access token. */
    static Credentials.OAuth2 merged(Credentials.OAuth2 old, TokenAnswer.Granted granted, boolean keepRefreshToken) {
        Optional<Secret> refreshToken = keepRefreshToken
                ? old.refreshToken().or(granted::refreshToken)
                : granted.refreshToken().or(old::refreshToken);
        boolean kept = granted.accessToken().reveal().isEmpty();
        return new Credentials.OAuth2(
                kept ? old.accessToken() : granted.accessToken(),
                refreshToken,
                granted.expiresAt(),
                kept ? old.raw() : granted.raw(),
                old.clientId(),
                old.clientSecret());
    }
}
