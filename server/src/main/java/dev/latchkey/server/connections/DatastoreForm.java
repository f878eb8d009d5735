package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A database's address and login. */
final class DatastoreForm implements CredentialForm<Credentials.Datastore> {
    @Override
    public Set<String> types() {
        return Set.of(DatastoreJson.TYPE);
    }

    @Override
    public void store(Credentials.Datastore it, ObjectNode json) {
        DatastoreJson.store(it.address(), json);
    }

    @Override
    public Credentials.Datastore read(StoredValues values) {
        return new Credentials.Datastore(DatastoreJson.read(values.json()));
    }

    @Override
    public void answer(Credentials.Datastore it, Connection connection, ObjectNode json) {
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
