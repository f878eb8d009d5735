package dev.latchkey.server.connections;

import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A token of the client credentials grant. */
final class ClientCredentialsForm implements CredentialForm<Credentials.ClientCredentials> {
    @Override
    public Set<String> types() {
        return Set.of("OAUTH2_CC");
    }

    @Override
    public List<String> required() {
        return List.of("client_id", "client_secret");
    }

    @Override
    public boolean importsResponse() {
        return true;
    }

    @Override
    public void store(Credentials.ClientCredentials it, ObjectNode json) {
        json.put("type", "OAUTH2_CC").put("token", it.token().reveal());
        StoredValues.put(json, it.expiresAt());
        json.put("client_id", it.clientId())
                .put("client_secret", it.clientSecret().reveal());
        StoredValues.put(json, it.raw());
    }

    @Override
    public Credentials.ClientCredentials read(StoredValues values) {
        return new Credentials.ClientCredentials(
                values.required("token"),
                values.expiry(),
                values.text("client_id").orElse(""),
                values.secretOrEmpty("client_secret"),
                values.raw());
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        values.bounded("client_id", 255);
        return new Credentials.ClientCredentials(
                values.secretOrEmpty("token"),
                values.due("token"),
                values.input().required("client_id"),
                values.required("client_secret"),
                values.raw());
    }
}
