package dev.latchkey.server.connections;

import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A token of OAuth 1.0a. */
final class OAuth1TokenForm implements CredentialForm<Credentials.OAuth1Token> {
    @Override
    public Set<String> types() {
        return Set.of("OAUTH1");
    }

    @Override
    public List<String> required() {
        return List.of("oauth_token", "oauth_token_secret");
    }

    @Override
    public boolean importsResponse() {
        return true;
    }

    @Override
    public void store(Credentials.OAuth1Token it, ObjectNode json) {
        json.put("type", "OAUTH1")
                .put("oauth_token", it.token().reveal())
                .put("oauth_token_secret", it.tokenSecret().reveal());
        StoredValues.put(json, it.raw());
    }

    @Override
    public Credentials.OAuth1Token read(StoredValues values) {
        return new Credentials.OAuth1Token(
                values.required("oauth_token"), values.required("oauth_token_secret"), values.raw());
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.OAuth1Token(
                values.required("oauth_token"), values.required("oauth_token_secret"), values.raw());
    }
}
