package dev.latchkey.server.connections;

import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** An API key. */
final class KeyForm implements CredentialForm<Credentials.Key> {
    @Override
    public Set<String> types() {
        return Set.of("API_KEY");
    }

    @Override
    public List<String> required() {
        return List.of("apiKey");
    }

    @Override
    public void store(Credentials.Key it, ObjectNode json) {
        json.put("type", "API_KEY").put("apiKey", it.apiKey().reveal());
    }

    @Override
    public Credentials.Key read(StoredValues values) {
        return new Credentials.Key(values.required("apiKey"));
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.Key(values.required("apiKey"));
    }
}
