package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A token of OAuth 1.0a. */
final class OAuth1Form implements CredentialForm<Credentials.OAuth1> {
    @Override
    public Set<String> types() {
        return Set.of("OAUTH1");
    }

    @Override
    public void store(Credentials.OAuth1 it, ObjectNode json) {
        json.put("type", "OAUTH1")
                .put("oauth_token", it.token().reveal())
                .put("oauth_token_secret", it.tokenSecret().reveal());
        StoredValues.put(json, it.raw());
    }

    @Override
    public Credentials.OAuth1 read(StoredValues values) {
        return new Credentials.OAuth1(
                values.required("oauth_token"), values.required("oauth_token_secret"), values.raw());
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.OAuth1(
                values.required("oauth_token"), values.required("oauth_token_secret"), values.raw());
    }
}
