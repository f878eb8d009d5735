package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A token that Latchkey signed. */
final class SignedForm implements CredentialForm<Credentials.Signed> {
    /** WS-Security: each call has a new one, and none is a bearer token. */
    static final String SIGNATURE = "SIGNATURE";

    @Override
    public Set<String> types() {
        return Set.of("JWT", SIGNATURE);
    }

    @Override
    public boolean importsResponse() {
        return true;
    }

    @Override
    public void store(Credentials.Signed it, ObjectNode json) {
        json.put("type", it.type()).put("token", it.token().reveal());
        StoredValues.put(json, it.expiresAt());
    }

    @Override
    public Credentials.Signed read(StoredValues values) {
        return new Credentials.Signed(values.type(), values.secretOrEmpty("token"), values.expiry());
    }

    @Override
    public void answer(Credentials.Signed it, Connection connection, ObjectNode json) {
        StoredValues.putTyped(connection, json);
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.Signed(type, values.secretOrEmpty("token"), values.due("token"));
    }
}
