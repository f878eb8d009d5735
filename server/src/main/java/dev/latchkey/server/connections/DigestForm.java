package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A user name and a password for HTTP Digest. */
final class DigestForm implements CredentialForm<Credentials.Digest> {
    private static final String TYPE = "DIGEST";

    @Override
    public Set<String> types() {
        return Set.of(TYPE);
    }

    @Override
    public void store(Credentials.Digest it, ObjectNode json) {
        json.put("type", TYPE)
                .put("username", it.username())
                .put("password", it.password().reveal());
    }

    @Override
    public Credentials.Digest read(StoredValues values) {
        return new Credentials.Digest(values.text("username").orElse(""), values.secretOrEmpty("password"));
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.Digest(values.input().required("username"), values.required("password"));
    }
}
