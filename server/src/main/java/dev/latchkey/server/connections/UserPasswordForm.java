package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A user name and a password. */
final class UserPasswordForm implements CredentialForm<Credentials.UserPassword> {
    @Override
    public Set<String> types() {
        return Set.of("BASIC");
    }

    @Override
    public void store(Credentials.UserPassword it, ObjectNode json) {
        json.put("type", "BASIC")
                .put("username", it.username())
                .put("password", it.password().reveal());
    }

    @Override
    public Credentials.UserPassword read(StoredValues values) {
        return new Credentials.UserPassword(values.text("username").orElse(""), values.secretOrEmpty("password"));
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.UserPassword(values.input().required("username"), values.secretOrEmpty("password"));
    }
}
