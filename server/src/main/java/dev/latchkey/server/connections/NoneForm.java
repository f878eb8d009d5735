package dev.latchkey.server.connections;

import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Nothing. */
final class NoneForm implements CredentialForm<Credentials.None> {
    static final String TYPE = "NONE";

    @Override
    public Set<String> types() {
        return Set.of(TYPE);
    }

    @Override
    public Set<String> importedTypes() {
        return Set.of("NONE", "INSTALL_PLUGIN");
    }

    @Override
    public void store(Credentials.None it, ObjectNode json) {
        json.put("type", TYPE);
    }

    @Override
    public Credentials.None read(StoredValues values) {
        return new Credentials.None();
    }

    @Override
    public void answer(Credentials.None it, Connection connection, ObjectNode json) {
        json.remove("type");
    }

    @Override
    public ObjectNode importable(JsonNode read, Optional<String> appId) {
        return CredentialForm.super.importable(read, appId).put("type", TYPE);
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        if (!type.equals("NONE")) {
            // The plug-in's own, which the integration has here.
            values.input().json().properties().forEach(member -> values.input().allow(member.getKey()));
        }
        return new Credentials.None();
    }
}
