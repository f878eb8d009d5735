package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A token of the client credentials grant. */
final class OAuth2ClientForm implements CredentialForm<Credentials.OAuth2Client> {
    @Override
    public Set<String> types() {
        return Set.of("OAUTH2_CC");
    }

    @Override
    public void store(Credentials.OAuth2Client it, ObjectNode json) {
        json.put("type", "OAUTH2_CC").put("token", it.token().reveal());
        StoredValues.put(json, it.expiresAt());
        json.put("client_id", it.clientId())
                .put("client_secret", it.clientSecret().reveal());
        StoredValues.put(json, it.raw());
    }

    @Override
    public Credentials.OAuth2Client read(StoredValues values) {
        return new Credentials.OAuth2Client(
                values.required("token"),
                values.expiry(),
                values.text("client_id").orElse(""),
                values.secretOrEmpty("client_secret"),
                values.raw());
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.OAuth2Client(
                values.secretOrEmpty("token"),
                values.due("token"),
                values.input().required("client_id"),
                values.required("client_secret"),
                values.raw());
    }
}
