package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A database's address and login. */
final class DatastoreLoginForm implements CredentialForm<Credentials.DatastoreLogin> {
    @Override
    public Set<String> types() {
        return Set.of(DatastoreJson.TYPE);
    }

    @Override
    public void store(Credentials.DatastoreLogin it, ObjectNode json) {
        DatastoreJson.store(it.address(), json);
    }

    @Override
    public Credentials.DatastoreLogin read(StoredValues values) {
        return new Credentials.DatastoreLogin(DatastoreJson.read(values.json()));
    }

    @Override
    public void answer(Credentials.DatastoreLogin it, Connection connection, ObjectNode json) {
        json.removeAll();
        json.setAll(DatastoreJson.answer(it.address()));
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return DatastoreFields.imported(values.input(), values.provider())
                .<Credentials>map(it -> it)
                .orElseGet(Credentials.None::new);
    }
}
