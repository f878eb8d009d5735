package dev.latchkey.server.connections;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** What is kept as it was imported, of a type that has no form of its own. */
final class ImportedForm implements CredentialForm<Credentials.Imported> {
    @Override
    public Set<String> types() {
        return Set.of();
    }

    @Override
    public void store(Credentials.Imported it, ObjectNode json) {
        json.put("type", it.type());
        it.members()
                .json()
                .properties()
                .forEach(entry -> json.set(entry.getKey(), entry.getValue().deepCopy()));
        StoredValues.put(json, it.expiresAt());
    }

    @Override
    public Credentials.Imported read(StoredValues values) {
        ObjectNode members = (ObjectNode) values.json().deepCopy();
        members.remove("type");
        members.remove("expires_at");
        return new Credentials.Imported(values.type(), new Credentials.Raw(members), values.expiry());
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        ObjectNode members = values.input().json().deepCopy();
        members.remove("type");
        members.remove("expires_at");
        members.properties().forEach(entry -> values.input().allow(entry.getKey()));
        return new Credentials.Imported(type, new Credentials.Raw(members), values.expiry());
    }
}
