package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** An API key. */
final class ApiKeyForm implements CredentialForm<Credentials.ApiKey> {
    @Override
    public Set<String> types() {
        return Set.of("API_KEY");
    }

    @Override
    public void store(Credentials.ApiKey it, ObjectNode json) {
        json.put("type", "API_KEY").put("apiKey", it.apiKey().reveal());
    }

    @Override
    public Credentials.ApiKey read(StoredValues values) {
        return new Credentials.ApiKey(values.required("apiKey"));
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.ApiKey(values.required("apiKey"));
    }
}
