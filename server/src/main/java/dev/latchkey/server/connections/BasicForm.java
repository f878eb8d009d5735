package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A user name and a password. */
final class BasicForm implements CredentialForm<Credentials.Basic> {
    @Override
    public Set<String> types() {
        return Set.of("BASIC");
    }

    @Override
    public void store(Credentials.Basic it, ObjectNode json) {
        json.put("type", "BASIC")
                .put("username", it.username())
                .put("password", it.password().reveal());
    }

    @Override
    public Credentials.Basic read(StoredValues values) {
        return new Credentials.Basic(values.text("username").orElse(""), values.secretOrEmpty("password"));
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.Basic(values.input().required("username"), values.secretOrEmpty("password"));
    }
}
