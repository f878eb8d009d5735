package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import java.util.Map;
import java.util.Optional;

/** Client credentials grant (RFC 6749 section 4.4) as a definition describes it; the person who connects enters id and secret. */
public record ClientGrant(
        ClientAuth clientAuth,
        Call exchange,
        Scopes scope,
        TokenShape token,
        Optional<Call.OkWhen> okWhen,
        Auth.Expiry expiry,
        Map<String, JsonPath> learn) {
    /** The same, reading further fields from token responses. */
    ClientGrant learning(Map<String, JsonPath> more) {
        return new ClientGrant(clientAuth, exchange, scope, token, okWhen, expiry, LearnedFields.of(learn, more));
    }
}
